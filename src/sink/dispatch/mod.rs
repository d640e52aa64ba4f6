//! Passes events from the run to the sinks and recorders: two queues, two threads.
//!
//! One thread writes to standard output and standard error (`writer`), and must wait for their readers. The
//! other writes the files (`recorders`) and waits for no reader: a job log, a report, a trace are complete
//! whatever happens to standard output. Neither ever delays the timers and signals of the run.

mod backlog;
mod dispatch;
mod recorders;
mod writer;

pub(crate) use dispatch::{Dispatch, Drained, OnLoss};
