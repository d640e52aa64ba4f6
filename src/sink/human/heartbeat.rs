//! A sign of life in logs, for readers and for CI systems that kill silent runs.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::waits;
use crate::event::{Event, JobStart, Waits};
use crate::plan::format_duration;
use crate::sink::ci::Vendor;
use crate::sink::console::Console;
use crate::sink::describe;
use crate::sink::sink::{Interest, Sink};

/// The time without output after which a line is written.
const SILENCE: Duration = Duration::from_secs(60);
/// The maximum number of running jobs to name, oldest first; the others are counted.
const MAX_NAMES: usize = 8;

/// Names the running jobs, and says what others wait for, after a minute without output.
pub(crate) struct Heartbeat {
    vendor: Vendor,
    running: BTreeMap<u64, (Arc<JobStart>, Instant)>,
    last_line: Instant,
    /// What jobs wait for.
    waits: Arc<Waits>,
}

impl Heartbeat {
    pub(crate) fn new(vendor: Vendor) -> Self {
        Self {
            vendor,
            running: BTreeMap::new(),
            last_line: Instant::now(),
            waits: Arc::default(),
        }
    }

    /// Returns the line that names the running jobs, and says what the others wait for.
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
        let running = match running.is_empty() {
            true => None,
            false => Some(format!("running {jobs}: {named}")),
        };
        let parts: Vec<String> = running
            .into_iter()
            .chain(waits::line(&self.waits))
            .collect();
        format!("prun: {}", parts.join("; "))
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
            Event::JobsWaited(waits) => {
                self.waits = Arc::clone(waits);
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
        let has_something = !self.running.is_empty() || !self.waits.is_empty();
        has_something.then(|| self.last_line + SILENCE)
    }

    fn wake(&mut self, console: &mut Console) -> io::Result<()> {
        let now = Instant::now();
        self.last_line = now;
        let line = self.line(now);
        writeln!(console.words()?, "{}", self.vendor.escape_line(&line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::samples::job;
    use crate::event::{Awaited, JobWait, MachineLimit};

    fn after(events: &[Event]) -> Heartbeat {
        let mut heartbeat = Heartbeat::new(Vendor::Plain);
        let mut console = Console::new().unwrap();
        for event in events {
            let at = SystemTime::now();
            heartbeat.handle(event, at, &mut console).unwrap();
        }
        heartbeat
    }

    fn waited(machine: Option<MachineLimit>) -> Event {
        Event::JobsWaited(Arc::new(Waits {
            jobs: 1,
            first: vec![JobWait {
                job: Arc::new(job("deploy")),
                awaited: Awaited::Jobs(vec!["test".into()]),
            }],
            machine,
        }))
    }

    fn started() -> Event {
        Event::JobStarted(Arc::new(JobStart {
            job: Arc::new(job("test")),
            attempt: 1,
            slot: 1,
            host: None,
            pid: 4711,
            begun: Duration::ZERO,
        }))
    }

    #[test]
    fn the_line_names_what_runs_and_says_what_the_others_wait_for() {
        let heartbeat = after(&[started(), waited(None)]);
        let line = heartbeat.line(heartbeat.last_line);
        assert!(line.starts_with("prun: running 1 job: test ("), "{line}");
        assert!(line.ends_with("); waiting: deploy (for test)"), "{line}");
    }

    #[test]
    fn a_run_in_which_all_wait_has_a_line_too() {
        assert_eq!(after(&[]).wakes_at(), None);
        let heartbeat = after(&[waited(Some(MachineLimit::Jobserver))]);
        assert!(heartbeat.wakes_at().is_some());
        assert_eq!(
            heartbeat.line(heartbeat.last_line),
            "prun: waiting for a token of the jobserver; waiting: deploy (for test)"
        );
        assert_eq!(
            after(&[waited(None), Event::JobsWaited(Arc::default())]).wakes_at(),
            None
        );
    }

    #[test]
    fn a_change_of_what_jobs_wait_for_is_no_line_of_the_log() {
        let mut heartbeat = after(&[started()]);
        let before = heartbeat.wakes_at();
        let mut console = Console::new().unwrap();
        let at = SystemTime::now();
        heartbeat.handle(&waited(None), at, &mut console).unwrap();
        assert_eq!(heartbeat.wakes_at(), before);
    }
}
