//! A job in the columns of GNU parallel's job log.

use std::time::{Duration, UNIX_EPOCH};

use crate::event::{Attempt, JobEnd, Outcome};
use crate::plan::JobInput;
use crate::process::ExitInfo;

/// The names of the columns.
pub(crate) const COLUMNS: [&str; 9] = [
    "Seq",
    "Host",
    "Starttime",
    "JobRuntime",
    "Send",
    "Receive",
    "Exitval",
    "Signal",
    "Command",
];

/// A job that has run.
pub(crate) struct Row {
    pub(crate) seq: u64,
    pub(crate) started: Duration,
    pub(crate) runtime: Duration,
    pub(crate) sent: u64,
    pub(crate) received: u64,
    pub(crate) exit_value: i32,
    pub(crate) signal: i32,
    pub(crate) command: Vec<u8>,
}

impl Row {
    /// Returns the row of a job; `None` if it did not run. `printed` is what it printed before its end.
    pub(crate) fn of(end: &JobEnd, printed: u64) -> Option<Self> {
        let last = end.last.as_deref()?;
        let job = &end.job;
        let (exit_value, signal) = ending(last);
        Some(Self {
            seq: job.seq,
            started: last
                .started_at
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default(),
            runtime: last.wall,
            sent: job.job.stdin.as_ref().map_or(0, JobInput::length),
            received: last.stdout.len().max(printed),
            exit_value,
            signal,
            command: job
                .job
                .invocation
                .as_parallel(&job.job.args, job.seq, last.slot),
        })
    }

    /// Returns its columns as text, but for the command.
    pub(crate) fn columns(&self) -> [String; 8] {
        [
            self.seq.to_string(),
            ":".to_owned(),
            format!("{:.3}", self.started.as_secs_f64()),
            format!("{:.3}", self.runtime.as_secs_f64()),
            self.sent.to_string(),
            self.received.to_string(),
            self.exit_value.to_string(),
            self.signal.to_string(),
        ]
    }
}

/// Returns the exit code and the signal of an attempt; -1 for one that took too long.
fn ending(attempt: &Attempt) -> (i32, i32) {
    let signal = |exit: &ExitInfo| exit.signal.map_or(0, |signal| signal.as_raw());
    match &attempt.outcome {
        Outcome::TimedOut { exit, .. } | Outcome::NotReady { exit, .. } => (-1, signal(exit)),
        Outcome::NotStartedInTime { .. } => (-1, 0),
        Outcome::NotStarted(_) | Outcome::Lost(_) => (127, 0),
        Outcome::Exited(exit)
        | Outcome::Canceled { exit, .. }
        | Outcome::EndedWithRun { exit }
        | Outcome::EndedEarly { exit }
        | Outcome::NeededTerminal { exit } => (exit.code.unwrap_or(0), signal(exit)),
    }
}

/// Whether a status of a row is a failure.
pub(crate) fn is_failure(exit_value: &[u8], signal: &[u8]) -> bool {
    exit_value != b"0" || signal != b"0"
}
