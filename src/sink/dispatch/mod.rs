//! From the run to everybody who tells of it: two queues, two threads.
//!
//! One thread writes to standard output and standard error (`writer`), and has to wait for whoever
//! reads there. The other one writes the files that tell of the run (`recorders`), and waits for no
//! reader: a job log, a report, a trace are whole whatever becomes of standard output. Neither ever
//! keeps the run from its timers and signals.

mod backlog;
#[expect(
    clippy::module_inception,
    reason = "the chamber is named for its main type"
)]
mod dispatch;
mod recorders;
mod writer;

pub(crate) use dispatch::{Dispatch, Drained, OnLoss};
