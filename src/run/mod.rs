//! The doing: jobs become attempts, attempts become processes, and everything is announced.
//!
//! [`Runner`] is the one owner of the run's truth: one loop selects, decides and announces.
//! An attempt owns only its own process and answers requests. What is decided without a process
//! (`schedule`, `shortage`, `turn`, `cancel`, `backoff`) is a pure state machine, tested without one. The room never
//! prints, and does not know who tells its events.

mod assignment;
mod attempt;
mod backoff;
mod cancel;
mod clock;
mod control;
mod ending;
mod feed;
mod foreground;
mod launch;
mod ledger;
mod limits;
mod log_dir;
mod options;
mod pasts;
mod printing;
mod runner;
mod running;
mod schedule;
mod shortage;
mod signals;
mod stopping;
mod turn;

pub(crate) use cancel::{FailFast, Heard, Policy};
pub(crate) use control::Control;
pub(crate) use feed::Feed;
pub(crate) use foreground::Foreground;
pub(crate) use ledger::Ledger;
pub(crate) use limits::{argument_bytes, cpus, most_jobs, need_files};
pub(crate) use log_dir::{LogDir, LogDirError};
pub(crate) use options::{Options, Output, Telling};
pub(crate) use runner::{Ended, Runner};
pub(crate) use signals::{follow_size, listen, listen_no_more};
