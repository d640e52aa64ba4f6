//! The last lines that running jobs have printed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::process::LastLine;

/// The last line of each running job, by its number. It is no event, but read whenever it is shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct LastLines(Arc<Mutex<HashMap<u64, LastLine>>>);

impl LastLines {
    /// A job has started.
    pub(crate) fn insert(&self, seq: u64, last_line: LastLine) {
        self.lock().insert(seq, last_line);
    }

    /// A job has ended.
    pub(crate) fn remove(&self, seq: u64) {
        self.lock().remove(&seq);
    }

    /// Returns what a running job printed last.
    pub(crate) fn look(&self, seq: u64) -> Option<Vec<u8>> {
        // Reading may wait for the disk: not under the lock.
        let last_line = self.lock().get(&seq).cloned();
        last_line?.look()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, LastLine>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
