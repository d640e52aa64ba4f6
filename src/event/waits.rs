//! What jobs wait for.

use std::sync::Arc;

use super::numbered_job::NumberedJob;

/// The jobs that were read and wait for others, and why nothing starts although a slot is free.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waits {
    /// How many jobs wait for others, for a pool or for slots.
    pub(crate) jobs: usize,
    /// The first of them, in the order in which they may start.
    pub(crate) first: Vec<JobWait>,
    /// The limit of the machine that keeps every job from starting, if one does.
    pub(crate) machine: Option<MachineLimit>,
}

/// A job that waits, and for what.
#[derive(Clone, Debug)]
pub(crate) struct JobWait {
    pub(crate) job: Arc<NumberedJob>,
    pub(crate) awaited: Awaited,
}

/// What a job waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Awaited {
    /// These jobs, which it needs: until they have ended, or are ready if they are services.
    Jobs(Vec<Arc<str>>),
    /// A job of the pool of this name to end.
    Pool(Arc<str>),
    /// So many free slots at once.
    Slots(u32),
}

/// A limit of the machine that keeps jobs from starting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum MachineLimit {
    /// More threads are running than this.
    Load { now: f64, limit: f64 },
    /// Less memory is available than this, in bytes.
    Memory { available: u64, limit: u64 },
    /// All tokens of the jobserver are taken.
    Jobserver,
}

impl Waits {
    /// How many of the waiting jobs are in it by name.
    pub(crate) const FIRST: usize = 3;

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.jobs == 0 && self.machine.is_none()
    }
}
