//! Which jobs an earlier run has done.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::path::Path;

use crate::plan::{Job, Key};

/// Gives every job its key, and knows those that are done.
#[derive(Debug, Default)]
pub(crate) struct CompletedJobs {
    done: HashSet<Key>,
    /// How many jobs of a content came so far.
    seen: HashMap<Key, u32>,
}

impl CompletedJobs {
    /// The jobs with these keys are done.
    pub(crate) fn new(done: HashSet<Key>) -> Self {
        Self {
            done,
            seen: HashMap::new(),
        }
    }

    /// The key of the next job.
    pub(super) fn key(
        &mut self,
        job: &Job,
        cwd: &Path,
        env: &[(OsString, Option<OsString>)],
    ) -> Key {
        let content = Key::of(job, cwd, env);
        let seen = self.seen.entry(content).or_default();
        *seen += 1;
        content.occurrence(*seen - 1)
    }

    /// Whether an earlier run has done it.
    pub(super) fn is_done(&self, key: Key) -> bool {
        self.done.contains(&key)
    }
}
