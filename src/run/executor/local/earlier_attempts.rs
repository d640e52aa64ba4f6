//! The last attempts of jobs that are tried again.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::event::Attempt;

/// The last attempt of a job, and its time in the queue.
pub(crate) struct EarlierAttempt {
    pub(crate) last: Arc<Attempt>,
    /// From reading the job to its first start.
    pub(crate) queued: Duration,
}

/// The last attempts of jobs whose second or later attempt is in progress. Their output is dropped once
/// the next attempt runs, which reports its own.
#[derive(Default)]
pub(crate) struct EarlierAttempts {
    queued: HashMap<u64, Duration>,
    /// Kept until the next attempt has started.
    lasts: HashMap<u64, Arc<Attempt>>,
}

impl EarlierAttempts {
    /// Adds a job whose next attempt is being started.
    pub(crate) fn insert(&mut self, seq: u64, EarlierAttempt { last, queued }: EarlierAttempt) {
        self.queued.insert(seq, queued);
        self.lasts.insert(seq, last);
    }

    /// Handles the start of the next attempt.
    pub(crate) fn started(&mut self, seq: u64) {
        self.lasts.remove(&seq);
    }

    /// Removes a job whose next attempt could not be started now.
    pub(crate) fn remove(&mut self, seq: u64) -> Option<EarlierAttempt> {
        let earlier = self.lasts.remove(&seq).zip(self.queued.remove(&seq));
        earlier.map(|(last, queued)| EarlierAttempt { last, queued })
    }

    /// Handles the end of the attempt. Returns how long the job was queued before its first one.
    pub(crate) fn ended(&mut self, seq: u64) -> Option<Duration> {
        self.lasts.remove(&seq);
        self.queued.remove(&seq)
    }
}
