//! The jobs that an earlier run has completed.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::Duration;

use crate::os::EnvChange;
use crate::plan::{Job, Key};

/// Computes the key of each job, and knows which are completed.
#[derive(Debug, Default)]
pub(crate) struct CompletedJobs {
    done: HashSet<Key>,
    /// How long jobs took in earlier runs, where the order goes by it.
    times: HashMap<Key, Duration>,
    /// How many jobs with this content were seen so far.
    seen: HashMap<Key, u32>,
    /// The numbers of the completed jobs, where they go by number.
    numbers: HashSet<u64>,
}

impl CompletedJobs {
    /// Creates it from the keys of completed jobs, and the times that jobs took.
    pub(crate) fn new(done: HashSet<Key>, times: HashMap<Key, Duration>) -> Self {
        Self {
            done,
            times,
            ..Self::default()
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

    /// Returns how long the job took in an earlier run, if that is known.
    pub(super) fn time(&self, key: Key) -> Option<Duration> {
        self.times.get(&key).copied()
    }

    /// Whether an earlier run has completed the job.
    pub(super) fn is_done(&self, key: Key, seq: u64) -> bool {
        self.done.contains(&key) || self.numbers.contains(&seq)
    }
}
