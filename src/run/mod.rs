//! Runs jobs: jobs become attempts, attempts become processes, and everything is reported as events.
//!
//! [`Runner`] is the loop: it reads jobs, hands them to an `executor`, which runs them, and handles requests
//! from outside. `context` is the state of the run that both share, and the one place that sends events;
//! `backpressure` is what waits while the sinks are full. An `attempt` owns only its own process and
//! responds to requests. Decisions that need no process are in `policy`, as
//! pure state machines. `feed` supplies the jobs in order, and `resume` knows those that are already
//! done; `signals` and `control` are requests from outside, `limits` the limits of the system, `job_limit`
//! a limit of concurrent jobs that changes, `start_limits` what else keeps jobs from starting (the load and
//! the memory of the machine, a jobserver), and `options` the settings. This module never prints, and does
//! not know who handles its events.

mod attempt;
mod backpressure;
mod context;
mod control;
mod executor;
mod feed;
mod job_limit;
mod limits;
mod options;
mod policy;
mod resume;
mod runner;
mod shared_blocks;
mod signals;
mod start_limits;

pub(crate) use attempt::{Foreground, LogDir, LogDirError};
pub(crate) use control::{Control, ReadLimit};
pub(crate) use executor::{
    RunFolder, RunFolderError, SlurmMode, SlurmRun, SlurmSettings, SubmitWords, SubmitWordsError,
    cluster_limits,
};
pub(crate) use feed::Feed;
pub(crate) use job_limit::JobLimitReader;
pub(crate) use limits::{argument_bytes, cpus, most_jobs, need_files};
pub(crate) use options::{JobOrder, JobOutput, Options, OutputDelivery};
pub(crate) use policy::{Escalation, HaltAfter, HaltMode, HaltRule, MachineRule, Memory};
pub(crate) use resume::CompletedJobs;
pub(crate) use runner::{Ended, Runner};
pub(crate) use signals::{follow_size, listen, listen_no_more};
pub(crate) use start_limits::{
    Jobserver, JobserverForm, JobserverPool, JobserverPoolError, Machine, OuterJobserverError,
    StartLimitSettings, Tokens, outer_jobserver,
};
