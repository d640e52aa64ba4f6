//! How a job was scheduled among the others, and what became of a service, in a record.

use std::num::NonZeroU32;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::event::{JobEnd, Outcome};
use crate::process::ExitInfo;

/// That a job is a service, and how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(super) enum ServiceEnd {
    EndedWithRun,
    EndedEarly,
    NotReady,
    /// As other jobs do: the status tells it.
    Other,
}

impl ServiceEnd {
    /// How a job ended, if it is a service.
    pub(super) fn of(end: &JobEnd) -> Option<Self> {
        match end.last.as_ref().map(|last| &last.outcome) {
            Some(Outcome::EndedWithRun { .. }) => Some(Self::EndedWithRun),
            Some(Outcome::EndedEarly { .. }) => Some(Self::EndedEarly),
            Some(Outcome::NotReady { .. }) => Some(Self::NotReady),
            _ => end.job.job.service().map(|_| Self::Other),
        }
    }

    /// The outcome of the attempt of the service, with this time limit, if its status does not tell.
    pub(super) fn outcome(self, exit: ExitInfo, limit: Duration) -> Option<Outcome> {
        match self {
            Self::EndedWithRun => Some(Outcome::EndedWithRun { exit }),
            Self::EndedEarly => Some(Outcome::EndedEarly { exit }),
            Self::NotReady => Some(Outcome::NotReady { limit, exit }),
            Self::Other => None,
        }
    }
}

/// The weight of a job in a record that does not tell it.
pub(super) fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

#[cfg(test)]
mod tests;
