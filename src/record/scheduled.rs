//! How a job was scheduled among the others, and what became of a service, in a record.

use std::num::NonZeroU32;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::scalar::Str;
use crate::event::{Attempt, JobEnd, Outcome};
use crate::process::ExitInfo;

/// How a service ended, where its exit code does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(super) enum ServiceEnd {
    EndedWithRun,
    EndedEarly,
    NotReady,
}

impl ServiceEnd {
    /// How the service of an attempt ended, if it is one.
    pub(super) fn of(attempt: &Attempt) -> Option<Self> {
        match attempt.outcome {
            Outcome::EndedWithRun { .. } => Some(Self::EndedWithRun),
            Outcome::EndedEarly { .. } => Some(Self::EndedEarly),
            Outcome::NotReady { .. } => Some(Self::NotReady),
            _ => None,
        }
    }

    /// The outcome of an attempt of the service, with this time limit.
    pub(super) fn outcome(self, exit: ExitInfo, limit: Duration) -> Outcome {
        match self {
            Self::EndedWithRun => Outcome::EndedWithRun { exit },
            Self::EndedEarly => Outcome::EndedEarly { exit },
            Self::NotReady => Outcome::NotReady { limit, exit },
        }
    }
}

/// The names of the jobs that a job needs.
pub(super) fn needs(end: &JobEnd) -> Vec<Str<'_>> {
    let needs = end.job.job.needs().iter();
    needs.map(|need| Str::from(&*need.name)).collect()
}

/// The pool of a job.
pub(super) fn pool(end: &JobEnd) -> Option<Str<'_>> {
    let pool = end.job.job.scheduling.as_ref()?.pool.as_ref()?;
    Some(Str::from(&*pool.name))
}

/// How many slots a job takes.
pub(super) fn weight(end: &JobEnd) -> NonZeroU32 {
    let scheduling = end.job.job.scheduling.as_ref();
    scheduling.map_or(NonZeroU32::MIN, |scheduling| scheduling.weight)
}

/// The weight of a job in a record that does not tell it.
pub(super) fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}
