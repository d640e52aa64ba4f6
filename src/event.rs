//! What happens in a run: the language between the runner and the sinks.
//!
//! The runner sends every [`Event`] once and in order. Sinks show and write them, and the
//! [summary](crate::summary) is a fold over them, so the events determine the exit code. An event is a
//! fact in the past tense; how it looks, and its form in JSON (see `record`), are not part of it.

mod ending;
mod last_lines;
mod waits;

use std::ffi::OsString;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::{Job, Key, SlotAssignment};
use crate::process::{ExitInfo, Signal, Spool, TerminalSize};

pub(crate) use ending::{CancelReason, Counts, Outcome, Status};
pub(crate) use last_lines::LastLines;
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

/// A job with what the run knows of it.
#[derive(Debug)]
pub(crate) struct NumberedJob {
    /// Its number in the order of input, from 1.
    pub(crate) seq: u64,
    /// When it was read, since the start of the run.
    pub(crate) read_at: Duration,
    /// The absolute working directory of its processes.
    pub(crate) cwd: Arc<Path>,
    /// Its key in the job log, if there is one.
    pub(crate) key: Option<Key>,
    /// The values of the slots, if they have some.
    pub(crate) slot_values: Option<Arc<[OsString]>>,
    /// The job itself.
    pub(crate) job: Job,
}

impl NumberedJob {
    /// Returns the environment variables that identify an attempt.
    pub(crate) fn variables(
        &self,
        slot: u32,
        attempt: u32,
    ) -> impl Iterator<Item = (&'static str, OsString)> + use<> {
        let name = self.job.name.as_deref().unwrap_or_default();
        let value = self.assignment(slot).slot_value;
        let value = value.map(|value| ("PRUN_SLOT_VALUE", value.to_owned()));
        let variables = [
            ("PRUN_SEQ", self.seq.to_string().into()),
            ("PRUN_SLOT", slot.to_string().into()),
            ("PRUN_ATTEMPT", attempt.to_string().into()),
            ("PRUN_NAME", name.into()),
        ];
        variables.into_iter().chain(value)
    }

    /// Returns what the placeholders of its template are filled with in a slot, besides its values.
    pub(crate) fn assignment(&self, slot: u32) -> SlotAssignment<'_> {
        let index = (slot as usize).checked_sub(1);
        let values = self.slot_values.as_deref();
        SlotAssignment {
            seq: self.seq,
            slot,
            slot_value: values.and_then(|values| Some(values.get(index?)?.as_os_str())),
        }
    }
}

/// The start of one attempt.
#[derive(Debug)]
pub(crate) struct JobStart {
    pub(crate) job: Arc<NumberedJob>,
    pub(crate) attempt: u32,
    pub(crate) slot: u32,
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
    /// Which job that it needs did not end well, and how, if that is the reason: `build: exit 1`.
    pub(crate) failed_need: Option<Arc<str>>,
    /// The number of attempts.
    pub(crate) attempts: u32,
    /// The time from reading the job to its first start; `None` if it never started.
    pub(crate) queued: Option<Duration>,
    /// The last attempt, if any.
    pub(crate) last: Option<Arc<Attempt>>,
}

/// An attempt of a job that has ended.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    /// From 1.
    pub(crate) number: u32,
    /// Its slot, from 1.
    pub(crate) slot: u32,
    /// `None` if no process could be started.
    pub(crate) pid: Option<u32>,
    /// The program that was executed, and its arguments.
    pub(crate) argv: Vec<OsString>,
    /// Whether `argv` runs a shell.
    pub(crate) shell: bool,
    /// Why the command could not be executed without a shell, if that was tried first; the shell then
    /// reported it with its own message and exit code.
    pub(crate) exec_error: Option<String>,
    pub(crate) started_at: SystemTime,
    /// Since the start of the run.
    pub(crate) begun: Duration,
    /// The elapsed time, without that in which prun was stopped.
    pub(crate) wall: Duration,
    pub(crate) outcome: Outcome,
    /// Its output; of what was sent while it ran, only the end.
    pub(crate) stdout: Arc<Spool>,
    /// Empty if both streams went to one pipe.
    pub(crate) stderr: Arc<Spool>,
    /// Whether another process still held its pipe open.
    pub(crate) leaked: bool,
    /// How much input it got, if it had any of its own.
    pub(crate) stdin: Option<InputBytes>,
    /// The size of its output terminal, if it had one.
    pub(crate) terminal: Option<TerminalSize>,
    /// The files with its output, if it went to files.
    pub(crate) logs: Option<Logs>,
}

/// The bytes of the standard input of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InputBytes {
    /// How many there were for it.
    pub(crate) given: u64,
    /// How many of them it did not read; `None` if the system does not tell.
    pub(crate) unread: Option<u64>,
}

/// The files with the output of an attempt.
#[derive(Clone, Debug)]
pub(crate) struct Logs {
    pub(crate) stdout: Arc<Path>,
    /// `None` if both streams went to the other one.
    pub(crate) stderr: Option<Arc<Path>>,
}

impl Attempt {
    /// Returns how its process ended, if it had one.
    pub(crate) fn exit(&self) -> Option<&ExitInfo> {
        match &self.outcome {
            Outcome::Exited(exit)
            | Outcome::TimedOut { exit, .. }
            | Outcome::Canceled { exit, .. }
            | Outcome::NeededTerminal { exit }
            | Outcome::EndedWithRun { exit }
            | Outcome::EndedEarly { exit }
            | Outcome::NotReady { exit, .. } => Some(exit),
            Outcome::NotStarted(_) | Outcome::NotStartedInTime { .. } | Outcome::Lost(_) => None,
        }
    }

    /// Returns its status.
    pub(crate) fn status(&self) -> Status {
        match &self.outcome {
            Outcome::Exited(exit) if exit.success() => Status::Ok,
            Outcome::EndedWithRun { .. } => Status::Ok,
            Outcome::Exited(exit) | Outcome::EndedEarly { exit } if exit.signal.is_some() => {
                Status::Signaled
            }
            Outcome::Exited(_)
            | Outcome::EndedEarly { .. }
            | Outcome::NeededTerminal { .. }
            | Outcome::Lost(_) => Status::Failed,
            Outcome::TimedOut { .. }
            | Outcome::NotReady { .. }
            | Outcome::NotStartedInTime { .. } => Status::Timeout,
            Outcome::Canceled { .. } => Status::Canceled,
            Outcome::NotStarted(_) => Status::SpawnError,
        }
    }

    /// Returns the exit code that a shell would report; 1 if there is none.
    pub(crate) fn shell_code(&self) -> u8 {
        match self.exit().map(|exit| (exit.code, exit.signal)) {
            Some((Some(code), _)) => code as u8,
            Some((None, Some(signal))) => 128_u8.wrapping_add(signal.as_raw() as u8),
            Some((None, None)) | None => 1,
        }
    }

    /// Returns why it was ended from outside, if it was.
    pub(crate) fn reason(&self) -> Option<CancelReason> {
        match &self.outcome {
            Outcome::Canceled { reason, .. } => *reason,
            Outcome::NeededTerminal { .. } => Some(CancelReason::NeedsTerminal),
            _ => None,
        }
    }

    /// Returns why there is no exit status.
    pub(crate) fn error(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::NotStarted(why) | Outcome::Lost(why) => Some(why),
            Outcome::NotStartedInTime { why, .. } => Some(why),
            _ => None,
        }
    }

    /// Whether output could not be kept.
    pub(crate) fn is_truncated(&self) -> bool {
        self.stdout.lost() + self.stderr.lost() > 0
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
