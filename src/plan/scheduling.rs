//! How a job is scheduled among the others: what it needs from them, and what it takes from the run.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use super::invocation::Invocation;

/// How a job is scheduled. Most jobs have none: they take one slot, and need no other job.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scheduling {
    /// The jobs that must have ended well before it starts, or be ready if they are services.
    pub(crate) needs: Vec<Need>,
    /// How many slots it takes.
    pub(crate) weight: NonZeroU32,
    /// The pool that it belongs to, if any.
    pub(crate) pool: Option<Arc<Pool>>,
    /// Whether its failure neither fails the run nor keeps jobs that need it from starting.
    pub(crate) allow_failure: bool,
    /// How it is run as a service, if it is one.
    pub(crate) service: Option<Service>,
}

/// Another job that a job needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Need {
    /// Its name.
    pub(crate) name: Arc<str>,
    /// Its number in the order of input, from 1.
    pub(crate) seq: u64,
}

impl Need {
    /// Returns a need of the job with this name, whose number is not known yet.
    pub(super) fn unresolved(name: String) -> Self {
        Self {
            name: name.into(),
            seq: 0,
        }
    }
}

/// A set of jobs of which only so many run at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pool {
    /// Its name.
    pub(crate) name: Arc<str>,
    /// How many of its jobs run at once.
    pub(crate) limit: NonZeroU32,
}

/// A job that runs as long as others need it, and is ended when all others have ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Service {
    /// The command that succeeds once the service is ready; without one it is ready when it has started.
    pub(crate) ready: Option<Invocation>,
    /// How long it may take until it is ready; zero means no limit.
    pub(crate) ready_timeout: Duration,
}

impl Service {
    /// How long a service may take until it is ready by default.
    pub(crate) const READY_TIMEOUT: Duration = Duration::from_secs(60);
}

impl Default for Scheduling {
    fn default() -> Self {
        Self {
            needs: Vec::new(),
            weight: NonZeroU32::MIN,
            pool: None,
            allow_failure: false,
            service: None,
        }
    }
}
