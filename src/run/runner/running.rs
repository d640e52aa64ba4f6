//! The jobs that run, by their slots.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::event::{JobStart, RunningJob};
use crate::process::{ProcessHandle, Scope, Signal};
use crate::run::policy::Moment;

/// How long a job may take to stop by itself.
const STOP_WAIT: Duration = Duration::from_millis(100);

/// What is known of the running attempts besides what they keep to themselves.
#[derive(Default)]
pub(crate) struct Running {
    /// Slot 1 is at index 0.
    slots: Vec<Option<Place>>,
}

struct Place {
    start: Arc<JobStart>,
    process: ProcessHandle,
}

impl Place {
    fn goes_on(&self) -> bool {
        self.process.returncode().is_none() && self.process.stopped_by().is_none()
    }
}

impl Running {
    /// An attempt's process runs.
    pub(crate) fn insert(&mut self, start: Arc<JobStart>, process: ProcessHandle) {
        let index = start.slot as usize - 1;
        if self.slots.len() <= index {
            self.slots.resize_with(index + 1, || None);
        }
        self.slots[index] = Some(Place { start, process });
    }

    /// The attempt in `slot` is over.
    pub(crate) fn remove(&mut self, slot: u32) {
        if let Some(place) = self.slots.get_mut(slot as usize - 1) {
            *place = None;
        }
    }

    /// How many run.
    pub(crate) fn count(&self) -> usize {
        self.places().count()
    }

    /// The running jobs, oldest first.
    pub(crate) fn list(&self, now: Moment) -> Arc<[RunningJob]> {
        let mut places: Vec<&Place> = self.places().collect();
        places.sort_by_key(|place| place.start.begun);
        let running = places.into_iter().map(|place| RunningJob {
            start: Arc::clone(&place.start),
            elapsed: now.saturating_sub(place.start.begun),
        });
        running.collect()
    }

    /// Sends `signal` to every running job's process group.
    pub(crate) fn signal(&self, signal: Signal) {
        for place in self.places() {
            // One that has just ended is told by its attempt.
            let _ = place.process.send_signal_to(Scope::Group, signal);
        }
    }

    /// Stops every running job's process group, gently (an editor wants to tidy its screen) and
    /// after a moment firmly. Blocks, as prun itself is about to stop.
    pub(crate) fn stop(&self) {
        self.signal(Signal::TSTP);
        let begun = Instant::now();
        while begun.elapsed() < STOP_WAIT && self.places().any(Place::goes_on) {
            std::thread::sleep(STOP_WAIT / 20);
        }
        for place in self.places().filter(|place| place.goes_on()) {
            // One that has just ended is told by its attempt.
            let _ = place.process.send_signal_to(Scope::Group, Signal::STOP);
        }
    }

    fn places(&self) -> impl Iterator<Item = &Place> {
        self.slots.iter().flatten()
    }
}
