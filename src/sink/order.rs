//! Events in the order of their jobs: those of later jobs wait until all earlier ones have ended.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use crate::event::{Attempt, Event, JobEnd, JobRetry};
use crate::process::{Shelf, Spool};

/// So much held output may stay in memory; beyond, it goes to one file.
const MOST_IN_MEMORY: usize = 8 * 1024 * 1024;

/// The first job that has not ended, and the events of those behind it.
#[derive(Debug)]
pub(super) struct Order {
    first: u64,
    held: BTreeMap<u64, Held>,
    in_memory: usize,
    shelf: Shelf,
}

/// The events of one job.
#[derive(Debug, Default)]
struct Held {
    events: Vec<(SystemTime, Event)>,
    in_memory: usize,
}

impl Order {
    /// Nothing has ended.
    pub(super) fn new() -> Self {
        Self {
            first: 1,
            held: BTreeMap::new(),
            in_memory: 0,
            shelf: Shelf::default(),
        }
    }

    /// Takes an event in, and tells every one whose turn has come.
    pub(super) fn take_in(
        &mut self,
        at: SystemTime,
        event: Event,
        mut tell: impl FnMut(SystemTime, &Event),
    ) {
        match event.seq() {
            Some(seq) if seq > self.first => self.hold(seq, at, event),
            _ => {
                tell(at, &event);
                let mut ended = matches!(event, Event::JobEnded(_));
                while ended {
                    self.first += 1;
                    let Some(held) = self.held.remove(&self.first) else {
                        break;
                    };
                    self.in_memory -= held.in_memory;
                    for (at, event) in &held.events {
                        tell(*at, event);
                    }
                    let last = held.events.last();
                    ended = matches!(last, Some((_, Event::JobEnded(_))));
                }
            }
        }
    }

    fn hold(&mut self, seq: u64, at: SystemTime, event: Event) {
        let event = match &event {
            Event::JobEnded(end) => self.shelved(end.last.as_deref()).map(|last| {
                let last = Some(Arc::new(last));
                Event::JobEnded(Arc::new(JobEnd {
                    last,
                    ..JobEnd::clone(end)
                }))
            }),
            Event::JobRetried(retry) => self.shelved(Some(&retry.attempt)).map(|attempt| {
                let attempt = Arc::new(attempt);
                Event::JobRetried(Arc::new(JobRetry {
                    attempt,
                    ..JobRetry::clone(retry)
                }))
            }),
            _ => None,
        }
        .unwrap_or(event);
        let bytes = event.attempt().map_or(0, in_memory);
        self.in_memory += bytes;
        let held = self.held.entry(seq).or_default();
        held.in_memory += bytes;
        held.events.push((at, event));
    }

    /// The attempt without its output in memory, if there is too much of that, or with a file of its
    /// own, of which there must not be many. Where that fails it stays as it is.
    fn shelved(&mut self, attempt: Option<&Attempt>) -> Option<Attempt> {
        let attempt = attempt?;
        let has_file = attempt.stdout.has_file() || attempt.stderr.has_file();
        if !has_file && self.in_memory + in_memory(attempt) <= MOST_IN_MEMORY {
            return None;
        }
        let mut keep = |spool: &Spool| self.shelf.keep(spool).ok().map(Arc::new);
        let (stdout, stderr) = (keep(&attempt.stdout)?, keep(&attempt.stderr)?);
        Some(Attempt {
            stdout,
            stderr,
            ..attempt.clone()
        })
    }
}

fn in_memory(attempt: &Attempt) -> usize {
    attempt.stdout.head().len() + attempt.stderr.head().len()
}
