//! The doing: jobs become attempts, attempts become processes, and everything is announced.
//!
//! [`Runner`] is the one owner of the run's truth: one loop selects, decides and announces. An `attempt`
//! owns only its own process and answers requests. What is decided without a process is in `policy`, in
//! pure state machines. `feed` has the jobs in their order, and `resume` those that are done already;
//! `signals` and `control` are what comes from outside, `limits` what the system allows, and `options` how
//! it all is to be done. The room never prints, and does not know who tells its events.

mod attempt;
mod control;
mod feed;
mod limits;
mod options;
mod policy;
mod resume;
mod runner;
mod signals;

pub(crate) use attempt::{Foreground, LogDir, LogDirError};
pub(crate) use control::Control;
pub(crate) use feed::Feed;
pub(crate) use limits::{argument_bytes, cpus, most_jobs, need_files};
pub(crate) use options::{JobOutput, Options, OutputDelivery};
pub(crate) use policy::{Escalation, FailFast, Policy};
pub(crate) use resume::CompletedJobs;
pub(crate) use runner::{Ended, Runner};
pub(crate) use signals::{follow_size, listen, listen_no_more};
