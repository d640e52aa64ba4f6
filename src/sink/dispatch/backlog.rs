//! How much is handed over and not written yet.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

use crate::event::{Attempt, Event};

/// With so many events unwritten nothing new is started. Each holds at most what a job may keep in
/// memory of its output, so this bounds prun's own memory.
const MOST_PENDING: usize = 32;

/// By how much an event counts: those with files of their own by more, since there may be few.
pub(super) fn weight(event: &Event) -> usize {
    let has_file = |attempt: &Attempt| attempt.stdout.has_file() || attempt.stderr.has_file();
    match event.attempt().is_some_and(has_file) {
        true => 4,
        false => 1,
    }
}

/// How many events are unwritten, by their weights.
#[derive(Default)]
pub(super) struct Backlog {
    pending: AtomicUsize,
    room: Notify,
}

impl Backlog {
    /// An event of this weight is handed over; whether there is no room for another one.
    pub(super) fn add(&self, weight: usize) -> bool {
        self.pending.fetch_add(weight, Ordering::AcqRel) >= MOST_PENDING
    }

    /// An event of this weight was written.
    pub(super) fn remove(&self, weight: usize) {
        let before = self.pending.fetch_sub(weight, Ordering::AcqRel);
        if before > MOST_PENDING / 2 && before - weight <= MOST_PENDING / 2 {
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
