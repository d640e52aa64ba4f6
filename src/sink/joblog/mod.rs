//! The job log: what became of every job, appended as it happens, for a later run to go on from.
//!
//! `writer` writes it, `line` is what stands in it, `done` says what earlier runs have done by it, and
//! `survivors` which of their processes still run.

mod done;
mod line;
mod survivors;
mod writer;

pub(super) use done::{Done, read};
pub(super) use line::{cause, end};
pub(crate) use writer::JobLog;
