//! Which files are to tell of a run.

use std::path::{Path, PathBuf};

use super::junit::Junit;
use super::record::Recorder;
use super::report::Report;
use super::run_file::{RunFile, RunFileError, place};
use super::trace::Trace;

/// Where they are to be; none is made unless it is named.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunFiles {
    pub(crate) junit: Option<PathBuf>,
    pub(crate) trace: Option<PathBuf>,
    pub(crate) report: Option<PathBuf>,
    /// The job log, which none of them may overwrite.
    pub(crate) log: Option<PathBuf>,
}

impl RunFiles {
    /// Begins them all. A path that cannot be used is found here, before anything runs.
    pub(crate) fn begin(&self) -> Result<Vec<Box<dyn Recorder>>, RunFileError> {
        const JUNIT: &str = "--junit";
        const TRACE: &str = "--trace";
        const REPORT: &str = "--report";
        let mut taken: Vec<PathBuf> = Vec::new();
        taken.extend(self.log.as_ref().and_then(|log| log.canonicalize().ok()));
        for (option, path) in [
            (JUNIT, &self.junit),
            (REPORT, &self.report),
            (TRACE, &self.trace),
        ] {
            let Some(path) = path else { continue };
            let place = place(option, path)?;
            if taken.contains(&place) {
                let why = "another option names the same file";
                return Err(RunFileError::new(option, path, why));
            }
            taken.push(place);
        }
        let mut files: Vec<Box<dyn Recorder>> = Vec::new();
        if let Some(path) = &self.junit {
            files.push(boxed(path, Junit::begin(JUNIT, path)?));
        }
        if let Some(path) = &self.report {
            files.push(boxed(path, Report::begin(REPORT, path)?));
        }
        // Last, as it takes the place of a file that is there at once.
        if let Some(path) = &self.trace {
            files.push(boxed(path, Trace::begin(TRACE, path)?));
        }
        Ok(files)
    }
}

fn boxed<F: super::run_file::Form + 'static>(path: &Path, form: F) -> Box<dyn Recorder> {
    Box::new(RunFile::new(path, form))
}
