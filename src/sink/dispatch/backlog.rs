//! The number of events that are queued and not written yet.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// With this many unwritten events, no new jobs are started. Each event holds at most the output that a
/// job may keep in memory, so this bounds prun's own memory.
const MAX_PENDING: usize = 32;

/// Counts unwritten events.
#[derive(Default)]
pub(super) struct Backlog {
    pending: AtomicUsize,
    capacity: Notify,
}

impl Backlog {
    /// Counts a queued event. Returns whether the backlog is full.
    pub(super) fn add(&self) -> bool {
        self.pending.fetch_add(1, Ordering::AcqRel) >= MAX_PENDING
    }

    /// Counts a written event.
    pub(super) fn remove(&self) {
        if self.pending.fetch_sub(1, Ordering::AcqRel) == MAX_PENDING / 2 + 1 {
            self.capacity.notify_one();
        }
    }

    /// Waits until there is capacity again. Cancel-safe.
    pub(super) async fn capacity(&self) {
        loop {
            let notified = self.capacity.notified();
            if self.pending() <= MAX_PENDING / 2 {
                return;
            }
            notified.await;
        }
    }

    pub(super) fn pending(&self) -> usize {
        self.pending.load(Ordering::Acquire)
    }
}
