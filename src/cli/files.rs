//! The files that a run leaves, as the command line names them.

use std::path::Path;

use super::args::Args;
use crate::run::{LogDir, LogDirError};
use crate::sink::RunFiles;

/// The folder for the jobs' own files, made.
pub(super) fn log_dir(args: &Args, own: &Path) -> Result<Option<LogDir>, LogDirError> {
    let dir = args.log_dir.as_ref();
    dir.map(|dir| LogDir::open(dir, own, args.resume))
        .transpose()
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
