//! The command line, which no user writes: it is recognized before all options.

use std::ffi::OsString;
use std::path::Path;

use super::chunk::run;
use super::error::NotRun;
use super::{journal_file, work_file};
use crate::cli::app::block_on;
use crate::exit::ExitCode;
use crate::run::need_files;

/// The first word.
const ARGUMENT: &str = "--work";

/// Returns the other words, if the first one asks for the jobs of another prun.
pub(crate) fn asked() -> Option<Vec<OsString>> {
    let mut args = std::env::args_os().skip(1);
    (args.next()? == ARGUMENT).then(|| args.collect())
}

/// Runs the work, and writes its journal.
pub(crate) fn start(words: &[OsString]) -> Result<ExitCode, NotRun> {
    let [work, journal] = words else {
        return Err(NotRun::Usage);
    };
    let (work, path) = (work_file::read(Path::new(work))?, Path::new(journal));
    need_files().map_err(|error| NotRun::Start(error.to_string()))?;
    let environment = work.environment()?;
    // Last, since jobs that have a journal are never begun again.
    let journal = journal_file::create(path, &work.header)?;
    block_on(run(work, environment, journal)).map_err(NotRun::Start)
}
