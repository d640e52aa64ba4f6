//! Events in the order of their jobs: those of later jobs wait until all earlier ones have ended.

use std::collections::BTreeMap;
use std::time::SystemTime;

use crate::event::Event;

/// The first job that has not ended, and the events of those behind it.
#[derive(Debug)]
pub(super) struct Reorder {
    first: u64,
    held: BTreeMap<u64, Vec<(SystemTime, Event)>>,
}

impl Reorder {
    /// Nothing has ended.
    pub(super) fn new() -> Self {
        Self {
            first: 1,
            held: BTreeMap::new(),
        }
    }

    /// Takes an event in, and tells every one whose turn has come.
    pub(super) fn take_in(
        &mut self,
        at: SystemTime,
        event: Event,
        mut handle: impl FnMut(SystemTime, &Event),
    ) {
        match event.seq() {
            Some(seq) if seq > self.first => {
                // Most have one event, and there may be many.
                let held = self
                    .held
                    .entry(seq)
                    .or_insert_with(|| Vec::with_capacity(1));
                held.push((at, event));
            }
            _ => {
                handle(at, &event);
                let mut ended = matches!(event, Event::JobEnded(_));
                while ended {
                    self.first += 1;
                    let Some(held) = self.held.remove(&self.first) else {
                        break;
                    };
                    ended = matches!(held.last(), Some((_, Event::JobEnded(_))));
                    for (at, event) in held {
                        handle(at, &event);
                    }
                }
            }
        }
    }
}
