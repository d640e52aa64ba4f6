//! How attempts and jobs end, and the number of jobs by status.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::process::ExitInfo;

/// How an attempt ended.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// The process ended by itself.
    Exited(ExitInfo),
    /// It reached its time limit, and was ended.
    TimedOut { limit: Duration, exit: ExitInfo },
    /// It was ended because the run was cancelled.
    Canceled {
        reason: Option<CancelReason>,
        exit: ExitInfo,
    },
    /// It needed the terminal, which it cannot have, and was ended.
    NeededTerminal { exit: ExitInfo },
    /// It is a service, and was ended when all other jobs had ended.
    EndedWithRun { exit: ExitInfo },
    /// It is a service, and ended by itself before the others.
    EndedEarly { exit: ExitInfo },
    /// It is a service that was not ready within its time limit, and was ended.
    NotReady { limit: Duration, exit: ExitInfo },
    /// No process could be started, for this reason.
    NotStarted(String),
    /// It reached its time limit before its program was executed.
    NotStartedInTime { limit: Duration, why: String },
    /// Its exit status is unknown, for this reason.
    Lost(String),
}

/// How a job ended, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum Status {
    Ok,
    Failed,
    Timeout,
    Signaled,
    SpawnError,
    Canceled,
    Skipped,
}

impl Status {
    /// All of them, in the order of [`Counts`].
    pub(crate) const ALL: [Self; 7] = [
        Self::Ok,
        Self::Failed,
        Self::Timeout,
        Self::Signaled,
        Self::SpawnError,
        Self::Canceled,
        Self::Skipped,
    ];

    /// Whether the job failed; one that was canceled with the run did not.
    pub(crate) fn is_failure(self) -> bool {
        !matches!(self, Self::Ok | Self::Canceled | Self::Skipped)
    }

    /// Returns the word that is used in records.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Timeout => "timeout",
            Self::Signaled => "signaled",
            Self::SpawnError => "spawn_error",
            Self::Canceled => "canceled",
            Self::Skipped => "skipped",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a job was canceled, skipped or not run, from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum CancelReason {
    /// prun received a signal.
    Signal,
    /// The limit of failed jobs was reached.
    FailFast,
    /// The deadline of the run was reached.
    Deadline,
    /// Another job ended first (`--race`).
    Race,
    /// It needed the terminal, which it cannot have.
    NeedsTerminal,
    /// It succeeded in an earlier run (`--resume`).
    Resumed,
    /// A job that it needs did not end well.
    Needs,
    /// The machine that ran it was lost, more often than a job is run again.
    Lost,
    /// The engine that ran it (a cluster's scheduler) was told to end it.
    Engine,
}

impl CancelReason {
    /// Returns the word that is used in records.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Signal => "signal",
            Self::FailFast => "fail_fast",
            Self::Deadline => "deadline",
            Self::Race => "race",
            Self::NeedsTerminal => "needs_terminal",
            Self::Resumed => "resumed",
            Self::Needs => "needs",
            Self::Lost => "lost",
            Self::Engine => "engine",
        }
    }
}

/// The number of jobs by status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    by_status: [u64; Status::ALL.len()],
    /// How many of them failed and were allowed to.
    allowed: [u64; Status::ALL.len()],
}

impl Counts {
    /// Counts a job. `is_allowed`: it failed, and was allowed to.
    pub(crate) fn add(&mut self, status: Status, is_allowed: bool) {
        self.by_status[status as usize] += 1;
        self.allowed[status as usize] += u64::from(is_allowed);
    }

    /// Returns the number of jobs with this status.
    pub(crate) fn of(&self, status: Status) -> u64 {
        self.by_status[status as usize]
    }

    /// Returns how many jobs with this status failed and were allowed to.
    pub(crate) fn allowed_of(&self, status: Status) -> u64 {
        self.allowed[status as usize]
    }

    /// Returns the number of failed jobs that were allowed to fail.
    pub(crate) fn allowed(&self) -> u64 {
        self.allowed.iter().sum()
    }

    /// Returns the number of failed jobs that were not allowed to fail.
    pub(crate) fn failures(&self) -> u64 {
        let failed = Status::ALL.into_iter().filter(|status| status.is_failure());
        failed.map(|status| self.of(status)).sum::<u64>() - self.allowed()
    }

    /// Whether jobs were canceled or skipped.
    pub(crate) fn has_unfinished(&self) -> bool {
        self.of(Status::Canceled) + self.of(Status::Skipped) > 0
    }

    /// Returns the number of jobs.
    pub(crate) fn total(&self) -> u64 {
        self.by_status.iter().sum()
    }
}
