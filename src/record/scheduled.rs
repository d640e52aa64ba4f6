//! How a job was scheduled among the others, and what became of a service, in a record.

use std::num::NonZeroU32;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::job::JobRecord;
use super::scalar::Str;
use crate::event::{Attempt, CancelReason, JobEnd, Outcome};
use crate::plan::{Need, Pool, Scheduling, Service};
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
    pub(super) fn outcome(self, exit: ExitInfo, limit: std::time::Duration) -> Outcome {
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

impl JobRecord<'_, Str<'_>, Str<'_>> {
    /// How the job was scheduled, if not like most jobs. The numbers of the jobs that it needs, and the
    /// limit of its pool, are not in the record.
    pub(super) fn scheduling(&self) -> Option<Box<Scheduling>> {
        let need = |name: &Str<'_>| Need {
            name: Arc::from(&*name.0),
            seq: 0,
        };
        let scheduling = Scheduling {
            needs: self.needs.iter().map(need).collect(),
            weight: self.weight,
            pool: self.pool.as_ref().map(|name| {
                Arc::new(Pool {
                    name: Arc::from(&*name.0),
                    limit: NonZeroU32::MIN,
                })
            }),
            allow_failure: self.allow_failure,
            service: self.service_end.map(|_| Service {
                ready: None,
                ready_timeout: Service::READY_TIMEOUT,
            }),
        };
        (scheduling != Scheduling::default()).then(|| Box::new(scheduling))
    }

    /// Which job that it needs did not end well, and how, if that is why it did not run to its end.
    pub(super) fn failed_need(&self) -> Option<Arc<str>> {
        let why = self.error.as_ref()?;
        (self.reason == Some(CancelReason::Needs)).then(|| Arc::from(&*why.0))
    }
}

/// The weight of a job in a record that does not tell it.
pub(super) fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}
