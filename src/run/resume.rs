//! The jobs that an earlier run has completed.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::os::EnvChange;
use crate::plan::{Job, Key};

/// Computes the key of each job, and knows which are completed.
#[derive(Debug, Default)]
pub(crate) struct CompletedJobs {
    done: HashSet<Key>,
    /// How many jobs with this content were seen so far.
    seen: HashMap<Key, u32>,
    /// The numbers of the completed jobs, where they go by number.
    numbers: HashSet<u64>,
}

impl CompletedJobs {
    /// Creates it from the keys of completed jobs.
    pub(crate) fn new(done: HashSet<Key>) -> Self {
        Self {
            done,
            seen: HashMap::new(),
            numbers: HashSet::new(),
        }
    }

    /// Creates it from the numbers of completed jobs, as GNU parallel's job log has them.
    pub(crate) fn numbered(numbers: HashSet<u64>) -> Self {
        Self {
            numbers,
            ..Self::default()
        }
    }

    /// Returns the key of the next job.
    pub(super) fn key(&mut self, job: &Job, cwd: &Path, env: &[EnvChange]) -> Key {
        let content = Key::of(job, cwd, env);
        let seen = self.seen.entry(content).or_default();
        *seen += 1;
        content.occurrence(*seen - 1)
    }

    /// Whether an earlier run has completed the job.
    pub(super) fn is_done(&self, key: Key, seq: u64) -> bool {
        self.done.contains(&key) || self.numbers.contains(&seq)
    }
}
