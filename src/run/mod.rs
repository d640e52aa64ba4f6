//! The doing: jobs become attempts, attempts become processes, and everything is announced.
//!
//! [`Runner`] is the one owner of the run's truth: one loop selects, decides and announces.
//! An attempt owns only its own process and answers requests. What is decided without a process
//! (`schedule`, `cancel`, `backoff`) is a pure state machine, tested without one. The room never
//! prints, and does not know who tells its events.

mod attempt;
mod backoff;
mod cancel;
mod feed;
mod launch;
mod limits;
mod options;
mod runner;
mod schedule;
mod signals;

pub(crate) use feed::Feed;
pub(crate) use limits::{argument_bytes, cpus, most_jobs};
pub(crate) use options::{Options, Output};
pub(crate) use runner::{Control, Runner};
pub(crate) use signals::listen;
