//! What became so far of the jobs that are tried again.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::event::Attempt;

/// What became of a job so far.
pub(crate) struct EarlierAttempt {
    pub(crate) last: Arc<Attempt>,
    /// From reading the job to its first start.
    pub(crate) queued: Duration,
}

/// The pasts of the jobs whose second or later attempt is made. Its output is kept no longer than it
/// may be told: an attempt that runs tells what it prints itself.
#[derive(Default)]
pub(crate) struct EarlierAttempts {
    queued: HashMap<u64, Duration>,
    /// Until the next one has started.
    lasts: HashMap<u64, Arc<Attempt>>,
}

impl EarlierAttempts {
    /// Another attempt of the job is being made.
    pub(crate) fn insert(&mut self, seq: u64, EarlierAttempt { last, queued }: EarlierAttempt) {
        self.queued.insert(seq, queued);
        self.lasts.insert(seq, last);
    }

    /// It runs.
    pub(crate) fn started(&mut self, seq: u64) {
        self.lasts.remove(&seq);
    }

    /// It could not be started now.
    pub(crate) fn take_back(&mut self, seq: u64) -> Option<EarlierAttempt> {
        let past = self.lasts.remove(&seq).zip(self.queued.remove(&seq));
        past.map(|(last, queued)| EarlierAttempt { last, queued })
    }

    /// It has ended. The answer is how long the job was queued before the first one.
    pub(crate) fn ended(&mut self, seq: u64) -> Option<Duration> {
        self.lasts.remove(&seq);
        self.queued.remove(&seq)
    }
}
