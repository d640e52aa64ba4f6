//! The job log: what became of every job, appended as it happens, for a later run to go on from.
//!
//! `writer` writes it, and `line` is what stands in it. `open` opens one that may be there, which
//! `first_line` tells from other files; `done` says what earlier runs have done by it, and `survivors`
//! which of their processes still run. `replay` tells a run again, and `to_event` makes its lines events.

mod done;
pub(super) mod error;
mod first_line;
pub(super) mod open;
pub(super) mod replay;
mod survivors;
mod writer;

pub(crate) use open::{OpenLog, WantedFromLog, open};
pub(crate) use writer::JobLog;
