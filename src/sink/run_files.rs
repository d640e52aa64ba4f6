//! Which files are to tell of a run.

use std::path::PathBuf;

use super::console::Sink;
use super::junit::Junit;
use super::run_file::{RunFile, RunFileError};

/// Where they are to be; none is made unless it is named.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunFiles {
    pub(crate) junit: Option<PathBuf>,
}

impl RunFiles {
    /// Begins them all. A path that cannot be used is found here, before anything runs.
    pub(crate) fn begin(&self) -> Result<Vec<Box<dyn Sink>>, RunFileError> {
        let mut sinks: Vec<Box<dyn Sink>> = Vec::new();
        if let Some(path) = &self.junit {
            let form = Junit::begin("--junit", path)?;
            sinks.push(Box::new(RunFile::new(path, form)));
        }
        Ok(sinks)
    }
}
