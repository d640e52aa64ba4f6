//! The live region: a bar, and the jobs that run longest, below what scrolls.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::style::Style;
use crate::event::{Event, JobStart};
use crate::process::TerminalSize;
use crate::sink::console::Console;
use crate::sink::describe;
use crate::sink::sink::{Interest, Sink};

/// Running jobs that have a line, the oldest first; the others are counted.
const MOST: usize = 8;
/// How often it is drawn at the most.
const REFRESH: Duration = Duration::from_millis(100);
/// How soon it is drawn again after output has taken its place.
const REDRAW: Duration = Duration::from_millis(20);
/// A run that is over before needs no bar.
const PATIENCE: Duration = Duration::from_millis(200);
/// What is left of a run can be told after so long; before that it would be a guess.
const EXPERIENCE: Duration = Duration::from_secs(5);
/// The widest bar that is of use.
const WIDEST_BAR: usize = 40;

/// Draws what runs, how much is done, and how long it may take.
pub(crate) struct ProgressBar {
    style: Style,
    total: Option<u64>,
    done: u64,
    /// Of those, the ones that took time: what an earlier run has done, or what was skipped, did not.
    worked: u64,
    failed: u64,
    running: BTreeMap<u64, Running>,
    begun: Instant,
    drawn: Instant,
    /// Whether output has taken its place.
    is_lifted: bool,
    /// Since when prun is stopped.
    paused: Option<Instant>,
    is_over: bool,
}

struct Running {
    start: Arc<JobStart>,
    since: Instant,
}

impl ProgressBar {
    /// With nothing known of the run.
    pub(crate) fn new(style: Style) -> Self {
        let now = Instant::now();
        Self {
            style,
            total: None,
            done: 0,
            worked: 0,
            failed: 0,
            running: BTreeMap::new(),
            begun: now,
            drawn: now,
            is_lifted: true,
            paused: None,
            is_over: false,
        }
    }

    /// The lines for a terminal of so many rows and columns.
    fn lines(&self, now: Instant, (rows, columns): (usize, usize)) -> Vec<String> {
        // A line that fills its row to the last column makes some terminals begin another one.
        let width = columns.saturating_sub(1);
        let most = MOST.min(rows.saturating_sub(3));
        let mut running: Vec<&Running> = self.running.values().collect();
        running.sort_by_key(|running| (running.since, running.start.job.seq));
        let mut lines = vec![self.bar(now, width)];
        for Running { start, since } in running.iter().take(most) {
            let elapsed = clock(now.saturating_duration_since(*since));
            let label = describe::label(&start.job).replace('\t', " ");
            let mut line = format!("{elapsed:>7}  {label}");
            if let Some(last) = start.last_line.look() {
                let last = String::from_utf8_lossy(&last);
                let last = describe::escape(console::strip_ansi_codes(&last).as_bytes());
                line.push_str(&format!(" | {}", last.replace('\t', " ")));
            }
            lines.push(self.style.dim(console::truncate_str(&line, width, "…")));
        }
        if running.len() > most && most > 0 {
            let more = format!("         and {} more", running.len() - most);
            lines.push(self.style.dim(console::truncate_str(&more, width, "…")));
        }
        lines
    }

    fn bar(&self, now: Instant, width: usize) -> String {
        let elapsed = now.saturating_duration_since(self.begun);
        let total = self.total.map(|total| total.max(self.done));
        let mut facts = match total {
            Some(total) => format!("{}/{total}", self.done),
            None => format!("{}/?", self.done),
        };
        if self.failed > 0 {
            facts.push_str(&format!(", {} failed", self.failed));
        }
        facts.push_str(&format!(", {}", clock(elapsed)));
        if let (Some(total), 1..) = (total, self.worked) {
            let left = elapsed.as_secs_f64() * (total - self.done) as f64 / self.worked as f64;
            let left = Duration::try_from_secs_f64(left).unwrap_or(Duration::MAX);
            if self.done < total && elapsed >= EXPERIENCE {
                facts.push_str(&format!(", about {} left", clock(left)));
            }
        }
        let room = width.saturating_sub(console::measure_text_width(&facts) + 3);
        let bar = match total {
            Some(total) if total > 0 && room >= 10 => {
                let length = room.min(WIDEST_BAR);
                let filled = (length as u64 * self.done / total) as usize;
                format!("[{}{}] ", "=".repeat(filled), " ".repeat(length - filled))
            }
            _ => String::new(),
        };
        let line = format!("{bar}{facts}");
        console::truncate_str(&line, width, "…").into_owned()
    }

    fn draw(&mut self, console: &mut Console) {
        let now = Instant::now();
        self.drawn = now;
        if let Some(TerminalSize { rows, columns }) = Console::size() {
            console.draw(self.lines(now, (rows.into(), columns.into())));
        }
        self.is_lifted = false;
    }

    /// The time in which prun was stopped does not count.
    fn resume(&mut self) {
        let Some(paused) = self.paused.take() else {
            return;
        };
        let pause = paused.elapsed();
        self.begun += pause;
        for running in self.running.values_mut() {
            running.since += pause;
        }
    }
}

/// Minutes and seconds: `0:07`, `1:02:03`.
fn clock(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

impl Sink for ProgressBar {
    fn interest(&self) -> Interest {
        Interest::ALL
    }

    fn keeps_order(&self) -> bool {
        false
    }

    fn handle(&mut self, event: &Event, _at: SystemTime, console: &mut Console) -> io::Result<()> {
        match event {
            Event::RunStarted { total } => self.total = *total,
            Event::JobStarted(start) => {
                let running = Running {
                    start: Arc::clone(start),
                    since: Instant::now(),
                };
                self.running.insert(start.job.seq, running);
            }
            Event::JobRetried(retry) => {
                self.running.remove(&retry.job.seq);
            }
            Event::JobEnded(end) => {
                self.running.remove(&end.job.seq);
                self.done += 1;
                self.worked += u64::from(end.last.is_some());
                self.failed += u64::from(end.status.is_failure());
            }
            Event::Suspended => {
                self.paused = Some(Instant::now());
                console.clear_region();
            }
            Event::Continued => self.resume(),
            Event::RunEnded { .. } => {
                self.is_over = true;
                console.clear_region();
            }
            _ => {}
        }
        self.is_lifted = !console.is_drawn();
        Ok(())
    }

    fn wakes_at(&self) -> Option<Instant> {
        if self.is_over || self.paused.is_some() {
            return None;
        }
        let pause = if self.is_lifted { REDRAW } else { REFRESH };
        Some((self.drawn + pause).max(self.begun + PATIENCE))
    }

    fn wake(&mut self, console: &mut Console) -> io::Result<()> {
        self.draw(console);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::event::{CancelReason, JobEnd, NumberedJob, Status};
    use crate::plan::{Invocation, Job, Origin};

    #[test]
    fn what_an_earlier_run_has_done_tells_nothing_of_the_time_that_is_left() {
        let mut progress = ProgressBar::new(Style::Plain);
        let mut console = Console::new().unwrap();
        let at = SystemTime::now();
        let total = Some(100);
        progress
            .handle(&Event::RunStarted { total }, at, &mut console)
            .unwrap();
        for seq in 1..=90 {
            let origin = Origin {
                source: "test".into(),
                line: seq,
            };
            let job = NumberedJob {
                seq,
                read_at: Duration::ZERO,
                cwd: Path::new("/").into(),
                key: None,
                job: Job {
                    origin,
                    name: None,
                    work: Invocation::Argv(Vec::new()),
                    args: Vec::new(),
                    cwd: None,
                    env: Vec::new(),
                    stdin: None,
                    timeout: None,
                    retries: None,
                },
            };
            let end = Event::JobEnded(Arc::new(JobEnd {
                job: Arc::new(job),
                status: Status::Ok,
                reason: Some(CancelReason::Resumed),
                attempts: 0,
                queued: None,
                last: None,
            }));
            progress.handle(&end, at, &mut console).unwrap();
        }
        let later = progress.begun + Duration::from_secs(10);
        assert!(progress.bar(later, 79).ends_with("90/100, 0:10"));
        (progress.done, progress.worked) = (91, 1);
        let bar = progress.bar(later, 79);
        assert!(bar.ends_with("91/100, 0:10, about 1:30 left"), "{bar}");
    }
}
