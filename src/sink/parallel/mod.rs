//! What GNU parallel writes: its job log, its tree and its table of results, and commands and names of
//! files on the console.
//!
//! `row` is one job in the columns of the log and the table; `joblog` writes the log, and reads which jobs
//! are done; `results` is a tree or a table of the output, and `tree` the paths in it. `console` shows
//! commands (`-v`) and files of output (`--files`).

mod console;
mod joblog;
mod results;
mod row;
mod table;
mod tree;

pub(crate) use console::{CommandEcho, OutputFiles};
pub(crate) use joblog::{LoggedJobs, ParallelLog, ParallelLogError};
pub(crate) use results::{Results, ResultsError, ResultsForm};
pub(crate) use tree::Tree;
