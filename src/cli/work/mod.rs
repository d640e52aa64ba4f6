//! `prun --work FILE JOURNAL`: runs the jobs that another prun has written to a file, and writes a journal.
//!
//! `program` recognizes the command line and says how it ends, `work_file` reads the whole file before
//! anything starts, and `journal_file` creates the journal, once. `chunk` runs the jobs, with the settings
//! that the work has.

mod chunk;
mod error;
mod journal_file;
mod program;
mod work_file;

pub(super) use program::{asked, start};
