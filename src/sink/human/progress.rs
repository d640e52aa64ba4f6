//! The progress bar: a bar and the jobs that have run longest, in the live region below the output.
//!
//! Why this is not indicatif: see `docs/progress-bar.md`.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::style::Style;
use super::waits;
use crate::event::{Event, JobStart, LastLines, Waits};
use crate::process::TerminalSize;
use crate::sink::console::Console;
use crate::sink::describe;
use crate::sink::sink::{Interest, Sink};

/// Maximum number of running jobs with a line, oldest first; the others are counted.
const MAX_JOB_LINES: usize = 8;
/// Interval between two frames.
const FRAME_INTERVAL: Duration = Duration::from_millis(100);
/// Delay before the bar is drawn again after output has cleared it.
const REDRAW_DELAY: Duration = Duration::from_millis(20);
/// Delay before the first frame: a shorter run needs no bar.
const FIRST_FRAME_DELAY: Duration = Duration::from_millis(200);
/// Elapsed time from which on the time left is shown; before that it would be a guess.
const MIN_ELAPSED_FOR_ETA: Duration = Duration::from_secs(5);
/// Maximum width of the bar, in columns.
const MAX_BAR_WIDTH: usize = 40;
/// Minimum width of the bar, in columns; with less space there is no bar.
const MIN_BAR_WIDTH: usize = 10;

/// Draws the running jobs, the number of jobs done, and the estimated time left.
pub(crate) struct ProgressBar {
    style: Style,
    last_lines: LastLines,
    total: Option<u64>,
    done: u64,
    /// How many of `done` had an attempt in this run; jobs that were resumed or skipped took no time.
    attempted: u64,
    failed: u64,
    /// How many jobs failed and were allowed to.
    allowed: u64,
    /// What jobs wait for.
    waits: Arc<Waits>,
    running: BTreeMap<u64, Running>,
    /// When the run started, plus the time in which prun was stopped.
    started: Instant,
    drawn: Instant,
    /// Whether output has cleared the region since the last frame.
    is_cleared: bool,
    /// When prun was stopped, if it is.
    stopped_at: Option<Instant>,
    has_ended: bool,
}

struct Running {
    start: Arc<JobStart>,
    since: Instant,
}

impl ProgressBar {
    /// Creates the bar of a run that has not started.
    pub(crate) fn new(style: Style, last_lines: LastLines) -> Self {
        let now = Instant::now();
        Self {
            style,
            last_lines,
            total: None,
            done: 0,
            attempted: 0,
            failed: 0,
            allowed: 0,
            waits: Arc::default(),
            running: BTreeMap::new(),
            started: now,
            drawn: now,
            is_cleared: true,
            stopped_at: None,
            has_ended: false,
        }
    }

    /// Returns the lines of a frame for a terminal of this size.
    fn lines(&self, now: Instant, (rows, columns): (usize, usize)) -> Vec<String> {
        // Some terminals start a new row after a character in the last column.
        let width = columns.saturating_sub(1);
        let waits = waits::line(&self.waits);
        let other_lines = 3 + usize::from(waits.is_some());
        let max_jobs = MAX_JOB_LINES.min(rows.saturating_sub(other_lines));
        let mut running: Vec<&Running> = self.running.values().collect();
        running.sort_by_key(|running| (running.since, running.start.job.seq));
        let mut lines = vec![self.bar_line(now, width)];
        for Running { start, since } in running.iter().take(max_jobs) {
            let elapsed = format_clock(now.saturating_duration_since(*since));
            let label = describe::label(&start.job).replace('\t', " ");
            let mut line = format!("{elapsed:>7}  {label}");
            if let Some(last) = self.last_lines.look(start.job.seq) {
                let last = String::from_utf8_lossy(&last);
                let last = describe::escape(console::strip_ansi_codes(&last).as_bytes());
                line.push_str(&format!(" | {}", last.replace('\t', " ")));
            }
            lines.push(self.style.dim(console::truncate_str(&line, width, "…")));
        }
        if running.len() > max_jobs && max_jobs > 0 {
            let more = format!("         and {} more", running.len() - max_jobs);
            lines.push(self.style.dim(console::truncate_str(&more, width, "…")));
        }
        if let Some(waits) = waits.filter(|_| rows >= other_lines) {
            lines.push(self.style.dim(console::truncate_str(&waits, width, "…")));
        }
        lines
    }

    /// Returns the first line: the bar if there is space for it, and the facts.
    fn bar_line(&self, now: Instant, width: usize) -> String {
        let elapsed = now.saturating_duration_since(self.started);
        let total = self.total.map(|total| total.max(self.done));
        let mut facts = match total {
            Some(total) => format!("{}/{total}", self.done),
            None => format!("{}/?", self.done),
        };
        if self.failed > 0 {
            facts.push_str(&format!(", {} failed", self.failed));
        }
        if self.allowed > 0 {
            facts.push_str(&format!(", {} failed (allowed)", self.allowed));
        }
        facts.push_str(&format!(", {}", format_clock(elapsed)));
        if let (Some(total), 1..) = (total, self.attempted) {
            let left = elapsed.as_secs_f64() * (total - self.done) as f64 / self.attempted as f64;
            let left = Duration::try_from_secs_f64(left).unwrap_or(Duration::MAX);
            if self.done < total && elapsed >= MIN_ELAPSED_FOR_ETA {
                facts.push_str(&format!(", about {} left", format_clock(left)));
            }
        }
        let space = width.saturating_sub(console::measure_text_width(&facts) + 3);
        let bar = match total {
            Some(total) if total > 0 && space >= MIN_BAR_WIDTH => {
                let length = space.min(MAX_BAR_WIDTH);
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
        self.is_cleared = false;
    }

    /// Takes the time in which prun was stopped out of all elapsed times.
    fn resume(&mut self) {
        let Some(stopped_at) = self.stopped_at.take() else {
            return;
        };
        let pause = stopped_at.elapsed();
        self.started += pause;
        for running in self.running.values_mut() {
            running.since += pause;
        }
    }
}

/// Formats hours, minutes and seconds: `0:07`, `1:02:03`.
fn format_clock(duration: Duration) -> String {
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
            Event::InputEnded { total } => self.total = Some(*total),
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
                self.attempted += u64::from(end.last.is_some());
                match end.is_allowed_failure() {
                    true => self.allowed += 1,
                    false => self.failed += u64::from(end.status.is_failure()),
                }
            }
            Event::JobsWaited(waits) => self.waits = Arc::clone(waits),
            Event::Suspended => {
                self.stopped_at = Some(Instant::now());
                console.clear_region();
            }
            Event::Continued => self.resume(),
            Event::RunEnded { .. } => {
                self.has_ended = true;
                console.clear_region();
            }
            _ => {}
        }
        self.is_cleared = !console.is_drawn();
        Ok(())
    }

    fn wakes_at(&self) -> Option<Instant> {
        if self.has_ended || self.stopped_at.is_some() {
            return None;
        }
        let delay = if self.is_cleared {
            REDRAW_DELAY
        } else {
            FRAME_INTERVAL
        };
        Some((self.drawn + delay).max(self.started + FIRST_FRAME_DELAY))
    }

    fn wake(&mut self, console: &mut Console) -> io::Result<()> {
        self.draw(console);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::samples::{ended, job, may_fail, needing};
    use crate::event::{Awaited, CancelReason, JobEnd, JobWait, NumberedJob, Status};

    /// A bar to which these events have happened.
    fn after(events: &[Event]) -> ProgressBar {
        let mut progress = ProgressBar::new(Style::Plain, LastLines::default());
        let mut console = Console::new().unwrap();
        for event in events {
            let at = SystemTime::now();
            progress.handle(event, at, &mut console).unwrap();
        }
        progress
    }

    #[test]
    fn resumed_jobs_do_not_count_for_the_estimated_time_left() {
        let resumed = Event::JobEnded(Arc::new(JobEnd {
            job: Arc::new(job("done")),
            status: Status::Ok,
            reason: Some(CancelReason::Resumed),
            failed_need: None,
            attempts: 0,
            queued: None,
            last: None,
        }));
        let total = Some(100);
        let mut events = vec![Event::RunStarted { total }];
        events.extend((0..90).map(|_| resumed.clone()));
        let mut progress = after(&events);
        let later = progress.started + Duration::from_secs(10);
        assert!(progress.bar_line(later, 79).ends_with("90/100, 0:10"));
        (progress.done, progress.attempted) = (91, 1);
        let bar = progress.bar_line(later, 79);
        assert!(bar.ends_with("91/100, 0:10, about 1:30 left"), "{bar}");
    }

    #[test]
    fn allowed_failures_are_counted_apart() {
        let ends = [(may_fail("a"), 1), (job("b"), 1), (may_fail("c"), 0)];
        let events = ends.map(|(job, code)| Event::JobEnded(Arc::new(ended(job, code))));
        let progress = after(&events);
        let bar = progress.bar_line(progress.started, 79);
        assert_eq!(bar, "3/?, 1 failed, 1 failed (allowed), 0:00");
    }

    fn started(seq: u64) -> Event {
        let mut job = job(&format!("job-{seq}"));
        job.seq = seq;
        Event::JobStarted(Arc::new(JobStart {
            job: Arc::new(job),
            attempt: 1,
            slot: 1,
            host: None,
            pid: 4711,
            begun: Duration::ZERO,
        }))
    }

    fn waited(job: NumberedJob, need: &str) -> Event {
        Event::JobsWaited(Arc::new(Waits {
            jobs: 13,
            first: vec![JobWait {
                job: Arc::new(job),
                awaited: Awaited::Jobs(vec![need.into()]),
            }],
            machine: None,
        }))
    }

    #[test]
    fn what_jobs_wait_for_is_one_line_below_those_that_run() {
        let mut events = vec![started(1), started(2)];
        events.push(waited(needing("deploy", &["test"]), "test"));
        let progress = after(&events);
        let lines = |size| progress.lines(progress.started, size);
        let lines_80 = lines((24, 80));
        assert_eq!(lines_80.len(), 4, "{lines_80:?}");
        assert_eq!(lines_80[3], "waiting: deploy (for test), 12 more");
        assert_eq!(
            lines((24, 20))[3],
            "waiting: deploy (f…",
            "cut to the width"
        );
        // The region never fills the screen.
        for rows in 0..30 {
            assert!(
                lines((rows, 80)).len() <= rows.saturating_sub(1).max(1),
                "{rows}"
            );
        }
    }

    #[test]
    fn the_line_vanishes_when_nothing_waits_any_more() {
        let nothing = Event::JobsWaited(Arc::default());
        let events = [started(1), waited(job("deploy"), "test"), nothing];
        let progress = after(&events);
        assert_eq!(progress.lines(progress.started, (24, 80)).len(), 2);
    }
}
