//! The job log: what became of every job, appended as it happens, for a later run to go on from.
//!
//! `writer` writes it, through `append_file`; `journal` writes one for another prun, with the output. `open` opens one that may be there, which
//! `first_line` tells from other files; `done` says what earlier runs have done by it, and `survivors`
//! which of their processes still run. `replay` tells a run again, and `to_event` makes its lines events.

mod append_file;
mod done;
pub(super) mod error;
mod first_line;
mod journal;
pub(super) mod open;
pub(super) mod replay;
mod survivors;
mod writer;

pub(crate) use journal::{Journal, JournalStart};
pub(crate) use open::{OpenLog, WantedFromLog, open};
pub(crate) use writer::JobLog;
