//! A job that another prun gave to this one.

use std::path::Path;
use std::time::Duration;

use crate::event::NumberedJob;
use crate::plan::{Job, Key};

/// How often a job was lost with its machine, and what it had done before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LostAttempts {
    /// How often it was lost after it had begun.
    pub(crate) losses: u32,
    /// How many attempts it had.
    pub(crate) attempts: u32,
}

/// A job of the work.
#[derive(Debug)]
pub(crate) struct GivenJob {
    /// Its number in the run to which it belongs, from 1.
    pub(crate) seq: u64,
    /// Its key in the job log of that run, if it has one.
    pub(crate) key: Option<Key>,
    /// What was lost of it.
    pub(crate) lost: LostAttempts,
    /// The job itself: with an absolute working directory, and all changes to the environment.
    pub(crate) job: Job,
}

impl GivenJob {
    /// Returns the job as one of the run to which it belongs.
    pub(crate) fn numbered(self) -> NumberedJob {
        NumberedJob {
            seq: self.seq,
            read_at: Duration::ZERO,
            cwd: self.job.cwd.as_deref().unwrap_or(Path::new("/")).into(),
            key: self.key,
            slot_values: None,
            job: self.job,
        }
    }
}
