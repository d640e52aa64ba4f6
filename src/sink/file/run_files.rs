//! The reports that the command line requests.

use std::path::{Path, PathBuf};

use super::junit::Junit;
use super::report::Report;
use super::run_file::{FileFormat, RunFile, RunFileError};
use super::trace::Trace;
use crate::sink::recorder::Recorder;
use crate::sink::sink::Sink;

/// The paths of the reports; `None` for those not requested.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunFiles {
    pub(crate) junit: Option<PathBuf>,
    pub(crate) trace: Option<PathBuf>,
    pub(crate) report: Option<PathBuf>,
}

/// The open reports.
#[derive(Default)]
pub(crate) struct OpenRunFiles {
    pub(crate) recorders: Vec<Box<dyn Recorder>>,
    /// Reports to standard output, which wait for it.
    pub(crate) sinks: Vec<Box<dyn Sink>>,
}

impl RunFiles {
    /// Opens all of them, so that an unusable path is an error before anything runs.
    pub(crate) fn open(&self) -> Result<OpenRunFiles, RunFileError> {
        let mut open = OpenRunFiles::default();
        if let Some(path) = &self.junit {
            open.add(path, Junit::create("--junit", path)?);
        }
        if let Some(path) = &self.report {
            open.add(path, Report::create("--report", path)?);
        }
        if let Some(path) = &self.trace {
            open.add(path, Trace::create("--trace", path)?);
        }
        Ok(open)
    }
}

impl OpenRunFiles {
    fn add<F: FileFormat + 'static>(&mut self, path: &Path, form: F) {
        let is_output = form.draft().is_output();
        let file = Box::new(RunFile::new(path, form));
        match is_output {
            true => self.sinks.push(file),
            false => self.recorders.push(file),
        }
    }
}
