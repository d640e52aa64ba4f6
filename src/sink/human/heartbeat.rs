//! A sign of life for logs: who kills silent runs, and who reads, should know what still runs.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::event::{Event, JobStart};
use crate::plan::format_duration;
use crate::sink::ci::Vendor;
use crate::sink::console::Console;
use crate::sink::describe;
use crate::sink::sink::{Interest, Sink};

/// Silence that is broken.
const SILENCE: Duration = Duration::from_secs(60);
/// Running jobs that are named, the oldest first; the others are counted.
const MOST: usize = 8;

/// Tells after a minute without a word what runs.
pub(crate) struct Heartbeat {
    vendor: Vendor,
    running: BTreeMap<u64, (Arc<JobStart>, Instant)>,
    last_word: Instant,
}

impl Heartbeat {
    pub(crate) fn new(vendor: Vendor) -> Self {
        Self {
            vendor,
            running: BTreeMap::new(),
            last_word: Instant::now(),
        }
    }

    /// What runs, in one line.
    fn words(&self, now: Instant) -> String {
        let mut running: Vec<_> = self.running.values().collect();
        running.sort_by_key(|(_, since)| *since);
        let named = running.iter().take(MOST).map(|(start, since)| {
            let elapsed = format_duration(now.saturating_duration_since(*since));
            format!("{} ({elapsed})", describe::label(&start.job))
        });
        let mut named = named.collect::<Vec<_>>().join(", ");
        if running.len() > MOST {
            named.push_str(&format!(" and {} more", running.len() - MOST));
        }
        let jobs = match running.len() {
            1 => "1 job runs".to_owned(),
            n => format!("{n} jobs run"),
        };
        format!("prun: {jobs}: {named}")
    }
}

impl Sink for Heartbeat {
    fn interest(&self) -> Interest {
        Interest::ALL
    }

    fn keeps_order(&self) -> bool {
        false
    }

    fn handle(&mut self, event: &Event, _at: SystemTime, _console: &mut Console) -> io::Result<()> {
        match event {
            Event::JobPrinted(_) => {}
            Event::JobStarted(start) => {
                let since = (Arc::clone(start), Instant::now());
                self.running.insert(start.job.seq, since);
                return Ok(());
            }
            Event::JobEnded(end) => {
                self.running.remove(&end.job.seq);
            }
            Event::JobRetried(retry) => {
                self.running.remove(&retry.job.seq);
            }
            _ => {}
        }
        // Each of these is told by a line of its own.
        self.last_word = Instant::now();
        Ok(())
    }

    fn wakes_at(&self) -> Option<Instant> {
        (!self.running.is_empty()).then(|| self.last_word + SILENCE)
    }

    fn wake(&mut self, console: &mut Console) -> io::Result<()> {
        let now = Instant::now();
        self.last_word = now;
        let line = self.words(now);
        writeln!(console.words()?, "{}", self.vendor.words(&line))
    }
}
