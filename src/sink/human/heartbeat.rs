//! A sign of life in logs, for readers and for CI systems that kill silent runs.

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

/// The time without output after which a line is written.
const SILENCE: Duration = Duration::from_secs(60);
/// The maximum number of running jobs to name, oldest first; the others are counted.
const MAX_NAMES: usize = 8;

/// Names the running jobs after a minute without output.
pub(crate) struct Heartbeat {
    vendor: Vendor,
    running: BTreeMap<u64, (Arc<JobStart>, Instant)>,
    last_line: Instant,
}

impl Heartbeat {
    pub(crate) fn new(vendor: Vendor) -> Self {
        Self {
            vendor,
            running: BTreeMap::new(),
            last_line: Instant::now(),
        }
    }

    /// Returns the line that names the running jobs.
    fn line(&self, now: Instant) -> String {
        let mut running: Vec<_> = self.running.values().collect();
        running.sort_by_key(|(_, since)| *since);
        let named = running.iter().take(MAX_NAMES).map(|(start, since)| {
            let elapsed = format_duration(now.saturating_duration_since(*since));
            format!("{} ({elapsed})", describe::label(&start.job))
        });
        let mut named = named.collect::<Vec<_>>().join(", ");
        if running.len() > MAX_NAMES {
            named.push_str(&format!(" and {} more", running.len() - MAX_NAMES));
        }
        let jobs = match running.len() {
            1 => "1 job".to_owned(),
            n => format!("{n} jobs"),
        };
        format!("prun: running {jobs}: {named}")
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
        // Each of these events writes a line.
        self.last_line = Instant::now();
        Ok(())
    }

    fn wakes_at(&self) -> Option<Instant> {
        (!self.running.is_empty()).then(|| self.last_line + SILENCE)
    }

    fn wake(&mut self, console: &mut Console) -> io::Result<()> {
        let now = Instant::now();
        self.last_line = now;
        let line = self.line(now);
        writeln!(console.words()?, "{}", self.vendor.escape_line(&line))
    }
}
