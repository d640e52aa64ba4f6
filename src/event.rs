//! The one language between the rooms: what happened, as facts in the past tense, without looks.
//!
//! The runner announces every [`Event`] once and in order. Sinks tell them, and the
//! [summary](crate::summary) is a fold over them, so whoever has the events has the verdict.
//! How the facts are written as JSON stands in `sink/json.rs`; the keys are those of the fields.

mod ending;
mod last_lines;

use std::ffi::OsString;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::{Job, Key};
use crate::process::{ExitInfo, Signal, Spool, TerminalSize};

pub(crate) use ending::{CancelReason, Counts, Outcome, Status};
pub(crate) use last_lines::LastLines;

/// Something that happened in a run. Cheap to clone, since a sink may tell it later.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// The first of all.
    RunStarted {
        /// How many jobs there are, if that is known before they are read.
        total: Option<u64>,
    },
    /// An attempt's process runs.
    JobStarted(Arc<JobStart>),
    /// A running attempt printed something. What was not told so when it ends is in its record.
    JobPrinted(Arc<Print>),
    /// An attempt ended in a way that earns another one.
    JobRetried(Arc<JobRetry>),
    /// A job has its ending: each job that was read gets exactly one.
    JobEnded(Arc<JobEnd>),
    /// Something is odd, and the run goes on.
    Warned(Arc<str>),
    /// The job source was wrong at one place: nothing more was read. Or the system gave no process.
    InputFailed(Arc<str>),
    /// The run ends before its time.
    Stopped(Stop),
    /// prun is about to be stopped; the jobs are.
    Suspended,
    /// It was continued.
    Continued,
    /// Somebody asked what runs.
    Asked(Arc<[RunningJob]>),
    /// What prun had to write could not be written: nothing more was started.
    OutputFailed(OutputLoss),
    /// Every job that was read has its ending.
    RunEnded {
        /// From the start of the run, without the time in which prun was stopped.
        elapsed: Duration,
        /// Those endings.
        counts: Counts,
    },
}

impl Event {
    /// The number of the job that it is about, if it is about one.
    pub(crate) fn seq(&self) -> Option<u64> {
        match self {
            Self::JobStarted(start) => Some(start.job.seq),
            Self::JobPrinted(print) => Some(print.job.seq),
            Self::JobRetried(retry) => Some(retry.job.seq),
            Self::JobEnded(end) => Some(end.job.seq),
            Self::RunStarted { .. }
            | Self::Suspended
            | Self::Continued
            | Self::Warned(_)
            | Self::InputFailed(_)
            | Self::Stopped(_)
            | Self::Asked(_)
            | Self::OutputFailed(_)
            | Self::RunEnded { .. } => None,
        }
    }

    /// The attempt that has ended by it, if one has.
    pub(crate) fn attempt(&self) -> Option<&Attempt> {
        match self {
            Self::JobRetried(retry) => Some(&retry.attempt),
            Self::JobEnded(end) => end.last.as_deref(),
            _ => None,
        }
    }
}

/// The variable that tells every process of a run which run that is.
pub(crate) const RUN_ID: &str = "PRUN_RUN_ID";

/// A job as the run knows it.
#[derive(Debug)]
pub(crate) struct NumberedJob {
    /// Its number in the order of reading, from 1.
    pub(crate) seq: u64,
    /// When it was read, from the start of the run.
    pub(crate) read_at: Duration,
    /// Where its processes run, absolute.
    pub(crate) cwd: Arc<Path>,
    /// What names it in the job log, if there is one.
    pub(crate) key: Option<Key>,
    /// What it is.
    pub(crate) job: Job,
}

impl NumberedJob {
    /// The variables that tell an attempt of it which one it is.
    pub(crate) fn variables(&self, slot: u32, attempt: u32) -> [(&'static str, OsString); 4] {
        let name = self.job.name.as_deref().unwrap_or_default();
        [
            ("PRUN_SEQ", self.seq.to_string().into()),
            ("PRUN_SLOT", slot.to_string().into()),
            ("PRUN_ATTEMPT", attempt.to_string().into()),
            ("PRUN_NAME", name.into()),
        ]
    }
}

/// The start of one attempt.
#[derive(Debug)]
pub(crate) struct JobStart {
    pub(crate) job: Arc<NumberedJob>,
    pub(crate) attempt: u32,
    pub(crate) slot: u32,
    pub(crate) pid: u32,
    /// From the start of the run.
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
    /// Until the next attempt may start.
    pub(crate) delay: Duration,
}

/// A job's ending.
#[derive(Clone, Debug)]
pub(crate) struct JobEnd {
    pub(crate) job: Arc<NumberedJob>,
    pub(crate) status: Status,
    /// Why it was canceled or skipped, if that had a cause outside of the job.
    pub(crate) reason: Option<CancelReason>,
    /// How many attempts were made.
    pub(crate) attempts: u32,
    /// From reading the job to its first start; none if it never started.
    pub(crate) queued: Option<Duration>,
    /// The last attempt, if there was one.
    pub(crate) last: Option<Arc<Attempt>>,
}

/// One try of one job, ended.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    /// From 1.
    pub(crate) number: u32,
    /// Which of the places for running jobs it had, from 1.
    pub(crate) slot: u32,
    /// None if no process could be started.
    pub(crate) pid: Option<u32>,
    /// What was executed.
    pub(crate) argv: Vec<OsString>,
    /// Whether `argv` is a shell's.
    pub(crate) shell: bool,
    /// Why the words themselves could not be executed, if they were tried first and the shell was
    /// left to tell that in its own words and by its own code.
    pub(crate) exec_error: Option<String>,
    pub(crate) started_at: SystemTime,
    /// From the start of the run.
    pub(crate) begun: Duration,
    /// From its start until its end was seen, without the time in which prun was stopped.
    pub(crate) wall: Duration,
    pub(crate) outcome: Outcome,
    /// Everything that it printed; only the end of what was told before.
    pub(crate) stdout: Arc<Spool>,
    /// Empty where both streams went to one pipe.
    pub(crate) stderr: Arc<Spool>,
    /// Whether a process that it left behind still holds its pipe.
    pub(crate) leaked: bool,
    /// How large the terminal was that its output went through, if it went through one.
    pub(crate) terminal: Option<TerminalSize>,
    /// The files that have its output, if it wrote files.
    pub(crate) logs: Option<Logs>,
}

/// The files of an attempt's output.
#[derive(Clone, Debug)]
pub(crate) struct Logs {
    pub(crate) stdout: Arc<Path>,
    /// None where both streams went to the other one.
    pub(crate) stderr: Option<Arc<Path>>,
}

impl Attempt {
    /// How its process ended, if it had one.
    pub(crate) fn exit(&self) -> Option<&ExitInfo> {
        match &self.outcome {
            Outcome::Exited(exit) | Outcome::TimedOut { exit, .. } => Some(exit),
            Outcome::Canceled { exit, .. } | Outcome::NeededTerminal { exit } => Some(exit),
            Outcome::NotStarted(_) | Outcome::NotStartedInTime { .. } | Outcome::Lost(_) => None,
        }
    }

    /// The one word for how it ended.
    pub(crate) fn status(&self) -> Status {
        match &self.outcome {
            Outcome::Exited(exit) if exit.success() => Status::Ok,
            Outcome::Exited(exit) if exit.signal.is_some() => Status::Signaled,
            Outcome::Exited(_) | Outcome::NeededTerminal { .. } | Outcome::Lost(_) => {
                Status::Failed
            }
            Outcome::TimedOut { .. } | Outcome::NotStartedInTime { .. } => Status::Timeout,
            Outcome::Canceled { .. } => Status::Canceled,
            Outcome::NotStarted(_) => Status::SpawnError,
        }
    }

    /// The exit code by which a shell would tell of it; 1 if it has none.
    pub(crate) fn shell_code(&self) -> u8 {
        match self.exit().map(|exit| (exit.code, exit.signal)) {
            Some((Some(code), _)) => code as u8,
            Some((None, Some(signal))) => 128_u8.wrapping_add(signal.as_raw() as u8),
            Some((None, None)) | None => 1,
        }
    }

    /// What ended it from outside, if something did.
    pub(crate) fn reason(&self) -> Option<CancelReason> {
        match &self.outcome {
            Outcome::Canceled { reason, .. } => *reason,
            Outcome::NeededTerminal { .. } => Some(CancelReason::NeedsTerminal),
            _ => None,
        }
    }

    /// Why there is no exit status, in words.
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

/// The run ends before its time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stop {
    pub(crate) cause: Cause,
    /// What becomes of the jobs that run.
    pub(crate) end: End,
    /// How many those are.
    pub(crate) running: usize,
    /// How long those may take.
    pub(crate) grace: Duration,
}

/// Why the run ends before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// prun got this signal.
    Signal(Signal),
    /// Enough jobs have failed.
    FailFast,
    /// Its time is over.
    Deadline,
    /// A job ended first, and prun ends by its code.
    Race { code: u8 },
}

/// What becomes of running jobs when the run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum End {
    /// They go on to their own end.
    Awaited,
    /// They are asked to end, and killed after the grace.
    Gentle,
    /// They are killed now.
    Killed,
}

/// A job that runs.
#[derive(Clone, Debug)]
pub(crate) struct RunningJob {
    pub(crate) start: Arc<JobStart>,
    /// Since its start, without the time in which prun was stopped.
    pub(crate) elapsed: Duration,
}

/// How prun's own output was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutputLoss {
    /// Whoever read it went away, which is how a pipe's reader says that it has enough.
    ReaderGone,
    /// It could not be written: no room, an input/output error.
    NotWritten,
    /// What jobs printed could not be written to standard error, whose reader may have gone away. The
    /// run goes on: its standard output is there.
    Stderr,
}

/// Resolves when those who tell the events can take more.
pub(crate) type WhenReady = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Whether those who tell the events can take more.
pub(crate) enum Flow {
    Ready,
    /// The event was taken, but nothing new is to be started until this future is ready.
    Full(WhenReady),
}
