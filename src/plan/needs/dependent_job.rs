//! Whether a job runs apart from the others, as it must on another machine.

use std::num::NonZeroU32;

use thiserror::Error;

use crate::plan::job::{Job, Origin};

/// A job that does not run apart from the others.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{origin}: `{key}` cannot be used with --on: jobs on a cluster run apart from each other: omit it, or run the jobs without --on"
)]
pub(crate) struct DependentJob {
    origin: Origin,
    /// The key that says so.
    key: &'static str,
}

/// Returns how a job depends on others, or on what it shares with them, if it does.
pub(crate) fn dependence(job: &Job) -> Option<DependentJob> {
    let key = match job {
        _ if !job.needs().is_empty() => "needs",
        _ if job.service().is_some() => "service",
        _ if job.pool().is_some() => "pool",
        _ if job.weight() != NonZeroU32::MIN => "weight",
        _ => return None,
    };
    Some(DependentJob {
        origin: job.origin.clone(),
        key,
    })
}
