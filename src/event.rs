//! What happens in a run: the language between the runner and the sinks.
//!
//! The runner sends every [`Event`] once and in order. Sinks show and write them, and the
//! [summary](crate::summary) is a fold over them, so the events determine the exit code. An event is a
//! fact in the past tense; how it looks, and its form in JSON (see `record`), are not part of it.

mod attempt;
mod ending;
mod last_lines;
mod numbered_job;
#[cfg(test)]
pub(crate) mod samples;
mod waits;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::process::{Signal, Spool};

pub(crate) use attempt::{Attempt, InputBytes, Logs};
pub(crate) use ending::{CancelReason, Counts, Outcome, Status};
pub(crate) use last_lines::LastLines;
pub(crate) use numbered_job::NumberedJob;
pub(crate) use waits::{Awaited, JobWait, MachineLimit, Waits};

/// Something that happened in a run. Cheap to clone, since a sink may handle it later.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// The first event.
    RunStarted {
        /// The number of jobs, if it is known before they are read.
        total: Option<u64>,
    },
    /// All jobs were read, and their number was not known before.
    InputEnded {
        /// The number of jobs.
        total: u64,
    },
    /// The process of an attempt has started.
    JobStarted(Arc<JobStart>),
    /// A running attempt printed something. Output that was not sent this way is in its end.
    JobPrinted(Arc<Print>),
    /// An attempt ended, and another one follows.
    JobRetried(Arc<JobRetry>),
    /// A job ended. Each job that was read has exactly one such event.
    JobEnded(Arc<JobEnd>),
    /// Which jobs wait, and for what, has changed. Sent at most a few times a second.
    JobsWaited(Arc<Waits>),
    /// A warning; the run continues.
    Warned(Arc<str>),
    /// The input is invalid, and nothing more was read; or no process could be started at all.
    InputFailed(Arc<str>),
    /// The run ends early.
    Canceled(Cancellation),
    /// The jobs were stopped (SIGSTOP), and prun is about to be.
    Suspended,
    /// prun was continued.
    Continued,
    /// The running jobs were asked for (SIGUSR1).
    Asked(Arc<[RunningJob]>),
    /// Output of prun could not be written; no more jobs were started.
    OutputFailed(OutputLoss),
    /// The last event: every job that was read has ended.
    RunEnded {
        /// The time since the start of the run, without that in which prun was stopped.
        elapsed: Duration,
        /// The number of jobs by status.
        counts: Counts,
    },
}

impl Event {
    /// Returns the number of the job that it concerns, if any.
    pub(crate) fn seq(&self) -> Option<u64> {
        match self {
            Self::JobStarted(start) => Some(start.job.seq),
            Self::JobPrinted(print) => Some(print.job.seq),
            Self::JobRetried(retry) => Some(retry.job.seq),
            Self::JobEnded(end) => Some(end.job.seq),
            Self::RunStarted { .. }
            | Self::InputEnded { .. }
            | Self::Suspended
            | Self::Continued
            | Self::JobsWaited(_)
            | Self::Warned(_)
            | Self::InputFailed(_)
            | Self::Canceled(_)
            | Self::Asked(_)
            | Self::OutputFailed(_)
            | Self::RunEnded { .. } => None,
        }
    }

    /// Returns the attempt that ended with it, if any.
    pub(crate) fn attempt(&self) -> Option<&Attempt> {
        match self {
            Self::JobRetried(retry) => Some(&retry.attempt),
            Self::JobEnded(end) => end.last.as_deref(),
            _ => None,
        }
    }
}

/// The environment variable with the ID of the run, set for every process of it.
pub(crate) const RUN_ID: &str = "PRUN_RUN_ID";

/// The start of one attempt.
#[derive(Debug)]
pub(crate) struct JobStart {
    pub(crate) job: Arc<NumberedJob>,
    pub(crate) attempt: u32,
    pub(crate) slot: u32,
    /// The name of the machine it runs on, if not this one.
    pub(crate) host: Option<Arc<str>>,
    pub(crate) pid: u32,
    /// Since the start of the run.
    pub(crate) begun: Duration,
}

/// A piece of the output of a running attempt.
#[derive(Debug)]
pub(crate) struct Print {
    pub(crate) job: Arc<NumberedJob>,
    pub(crate) attempt: u32,
    pub(crate) stream: Stream,
    pub(crate) piece: Spool,
}

/// One of the two streams of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

/// An attempt that will be followed by another one.
#[derive(Clone, Debug)]
pub(crate) struct JobRetry {
    pub(crate) job: Arc<NumberedJob>,
    pub(crate) attempt: Arc<Attempt>,
    /// How long until the next attempt may start.
    pub(crate) delay: Duration,
}

/// The end of a job.
#[derive(Clone, Debug)]
pub(crate) struct JobEnd {
    pub(crate) job: Arc<NumberedJob>,
    pub(crate) status: Status,
    /// Why it was canceled or skipped, if the cause was outside of the job.
    pub(crate) reason: Option<CancelReason>,
    /// The job that did not end well, if that is the reason.
    pub(crate) failed_need: Option<Arc<FailedNeed>>,
    /// The number of attempts.
    pub(crate) attempts: u32,
    /// The time from reading the job to its first start; `None` if it never started.
    pub(crate) queued: Option<Duration>,
    /// The last attempt, if any.
    pub(crate) last: Option<Arc<Attempt>>,
}

impl JobEnd {
    /// The end of a job that had no attempt.
    pub(crate) fn unstarted(
        job: Arc<NumberedJob>,
        status: Status,
        reason: Option<CancelReason>,
    ) -> Self {
        Self {
            job,
            status,
            reason,
            failed_need: None,
            attempts: 0,
            queued: None,
            last: None,
        }
    }

    /// Whether it failed, and was allowed to.
    pub(crate) fn is_allowed_failure(&self) -> bool {
        self.status.is_failure() && self.job.job.may_fail()
    }
}

/// A job that did not end well, because of which others did not run to their end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FailedNeed {
    /// Its name.
    pub(crate) name: String,
    /// How it ended, in the words that people read.
    pub(crate) how: String,
}

impl fmt::Display for FailedNeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, how } = self;
        write!(f, "{name}: {how}")
    }
}

/// The early end of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cancellation {
    pub(crate) cause: Cause,
    /// What happens to the running jobs.
    pub(crate) end: End,
    /// The number of running jobs.
    pub(crate) running: usize,
    /// How long they may take to end.
    pub(crate) grace: Duration,
}

/// Why a run ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// prun received this signal.
    Signal(Signal),
    /// The limit of failed jobs was reached.
    FailFast,
    /// The deadline was reached.
    Deadline,
    /// The first job ended (`--race`), and prun exits with its code.
    Race { code: u8 },
}

/// What happens to running jobs when the run is cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum End {
    /// They are waited for.
    Awaited,
    /// They are terminated, and killed after the grace period.
    Gentle,
    /// They are killed.
    Killed,
}

/// A running job.
#[derive(Clone, Debug)]
pub(crate) struct RunningJob {
    pub(crate) start: Arc<JobStart>,
    /// The elapsed time, without that in which prun was stopped.
    pub(crate) elapsed: Duration,
}

/// How output of prun was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutputLoss {
    /// The reader closed its end, which means that it needs no more.
    ReaderGone,
    /// It could not be written: no space left, or an I/O error.
    NotWritten,
    /// Output of jobs could not be written to standard error, whose reader may be gone. The run continues,
    /// since standard output works.
    Stderr,
}

/// Resolves when the sinks can take more events.
pub(crate) type WhenReady = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Whether the sinks can take more events.
pub(crate) enum Flow {
    Ready,
    /// The event was taken, but no new job may start until this future resolves.
    Full(WhenReady),
}
