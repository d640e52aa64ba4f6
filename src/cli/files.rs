//! The files that a run leaves, as the command line names them.

use std::path::Path;

use super::args::{Args, OutputMode};
use super::settings::SettingsError;
use crate::run::LogDir;
use crate::sink::RunFiles;

/// The folder for the jobs' own files, made.
pub(super) fn log_dir(args: &Args, own: &Path) -> Result<Option<LogDir>, SettingsError> {
    let Some(dir) = &args.log_dir else {
        return Ok(None);
    };
    match args.output {
        OutputMode::Raw => Err(SettingsError::LogDirAndOutput("raw")),
        OutputMode::None => Err(SettingsError::LogDirAndOutput("none")),
        OutputMode::Group | OutputMode::Line => Ok(Some(LogDir::open(dir, own)?)),
    }
}

/// The files that tell of the run, not begun yet.
pub(super) fn files(args: &Args) -> RunFiles {
    RunFiles {
        junit: args.junit.clone(),
        trace: args.trace.clone(),
        report: args.report.clone(),
        log: args.joblog.as_ref().or(args.replay.as_ref()).cloned(),
    }
}
