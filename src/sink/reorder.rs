//! Events in the order of their jobs: events of later jobs wait until all earlier jobs have ended.

use std::collections::BTreeMap;
use std::time::SystemTime;

use crate::event::Event;

/// Whether it is the turn of the next job after this event: a job has ended, or a service runs, which ends
/// only after all others.
fn passes_turn(event: &Event) -> bool {
    match event {
        Event::JobEnded(_) => true,
        Event::JobStarted(start) => start.job.job.service().is_some(),
        _ => false,
    }
}

/// The first job that has not ended, and the events of later jobs.
#[derive(Debug)]
pub(super) struct Reorder {
    first: u64,
    held: BTreeMap<u64, Vec<(SystemTime, Event)>>,
}

impl Reorder {
    /// No job has ended yet.
    pub(super) fn new() -> Self {
        Self {
            first: 1,
            held: BTreeMap::new(),
        }
    }

    /// Adds an event, and calls `handle` with each event whose turn has come.
    pub(super) fn push(
        &mut self,
        at: SystemTime,
        event: Event,
        mut handle: impl FnMut(SystemTime, &Event),
    ) {
        match event.seq() {
            Some(seq) if seq > self.first => {
                // Most jobs have one event, and there may be many jobs.
                let held = self
                    .held
                    .entry(seq)
                    .or_insert_with(|| Vec::with_capacity(1));
                held.push((at, event));
            }
            _ => {
                handle(at, &event);
                let mut ended = event.seq() == Some(self.first) && passes_turn(&event);
                while ended {
                    self.first += 1;
                    let Some(held) = self.held.remove(&self.first) else {
                        break;
                    };
                    ended = held.iter().any(|(_, event)| passes_turn(event));
                    for (at, event) in held {
                        handle(at, &event);
                    }
                }
            }
        }
    }
}
