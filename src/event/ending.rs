//! How attempts and jobs end, and how many ended in which way.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::process::ExitInfo;

/// How an attempt ended.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// By itself.
    Exited(ExitInfo),
    /// Its time was over, and it was ended.
    TimedOut { limit: Duration, exit: ExitInfo },
    /// It was ended because the run was.
    Canceled {
        reason: Option<CancelReason>,
        exit: ExitInfo,
    },
    /// It wanted the terminal, which it may not have, and was ended.
    NeededTerminal { exit: ExitInfo },
    /// No process could be started, and why.
    NotStarted(String),
    /// Its time was over before its program was executed, in words.
    NotStartedInTime { limit: Duration, why: String },
    /// Its exit status cannot be known, and why.
    Lost(String),
}

/// The one word for how a job ended.
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
    /// All of them, in the order in which they are counted.
    pub(crate) const ALL: [Self; 7] = [
        Self::Ok,
        Self::Failed,
        Self::Timeout,
        Self::Signaled,
        Self::SpawnError,
        Self::Canceled,
        Self::Skipped,
    ];

    /// Whether the job itself did not end well; one that the end of the run canceled did not fail.
    pub(crate) fn is_failure(self) -> bool {
        !matches!(self, Self::Ok | Self::Canceled | Self::Skipped)
    }

    /// As records have it.
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

/// What ended or skipped a job from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum CancelReason {
    /// prun itself was told to stop.
    Signal,
    /// Enough jobs have failed.
    FailFast,
    /// The time for the whole run was over.
    Deadline,
    /// Another job ended first.
    Race,
    /// It wanted the terminal, which it may not have.
    NeedsTerminal,
    /// An earlier run has done it.
    Resumed,
}

impl CancelReason {
    /// As records have it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Signal => "signal",
            Self::FailFast => "fail_fast",
            Self::Deadline => "deadline",
            Self::Race => "race",
            Self::NeedsTerminal => "needs_terminal",
            Self::Resumed => "resumed",
        }
    }
}

/// How many jobs ended in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts([u64; Status::ALL.len()]);

impl Counts {
    /// Counts one more job.
    pub(crate) fn add(&mut self, status: Status) {
        self.0[status as usize] += 1;
    }

    /// How many jobs ended so.
    pub(crate) fn of(&self, status: Status) -> u64 {
        self.0[status as usize]
    }

    /// Whether a job was ended or skipped because the run was.
    pub(crate) fn has_unfinished(&self) -> bool {
        self.of(Status::Canceled) + self.of(Status::Skipped) > 0
    }

    /// How many jobs ended.
    pub(crate) fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}
