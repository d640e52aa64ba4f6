//! How much is handed over and not written yet.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// With so many events unwritten nothing new is started. Each holds at most what a job may keep in
/// memory of its output, so this bounds prun's own memory.
const MOST_PENDING: usize = 32;

/// How many events are unwritten.
#[derive(Default)]
pub(super) struct Backlog {
    pending: AtomicUsize,
    room: Notify,
}

impl Backlog {
    /// An event is handed over; whether there is no room for another one.
    pub(super) fn add(&self) -> bool {
        self.pending.fetch_add(1, Ordering::AcqRel) >= MOST_PENDING
    }

    /// An event was written.
    pub(super) fn remove(&self) {
        if self.pending.fetch_sub(1, Ordering::AcqRel) == MOST_PENDING / 2 + 1 {
            self.room.notify_one();
        }
    }

    /// Waits until there is room again. Cancel-safe.
    pub(super) async fn room(&self) {
        loop {
            let room = self.room.notified();
            if self.pending() <= MOST_PENDING / 2 {
                return;
            }
            room.await;
        }
    }

    pub(super) fn pending(&self) -> usize {
        self.pending.load(Ordering::Acquire)
    }
}
