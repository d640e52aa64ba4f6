//! A trace in the Trace Event format, which Perfetto and chrome://tracing show: a row for each
//! slot, a slice for each attempt, a curve of the number of running jobs, and arrows (flow events) from the end
//! of a job, or from the start of a service, to the start of each job that needs it.
//!
//! Every event is written completely as it happens, and the format allows an array without its end: the trace
//! of a killed run shows everything up to that point.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::run_file::{Draft, FileFormat, RunFileError};
use crate::event::{Attempt, Event, NumberedJob, Status};
use crate::record::seconds;
use crate::sink::describe;
use crate::sink::sink::Interest;

/// Writes the trace.
pub(crate) struct Trace {
    draft: Draft,
    lines: Vec<u8>,
    /// The start of the run. All times are relative to it, so changes of the system clock do not matter.
    started: SystemTime,
    running: usize,
    /// The number of slots that have been named.
    slots: u32,
    /// The last attempt of each job that waits for a retry; if the run ends, there is none.
    waiting: HashMap<u64, u32>,
    /// The last attempt of each job with a name, by its hash: only a job with a name can be needed, and whether
    /// it is, later jobs say.
    named: HashMap<u64, Span>,
    hasher: RandomState,
    /// The number of arrows.
    arrows: u64,
}

/// Where and when an attempt ran, in microseconds since the epoch.
#[derive(Clone, Copy)]
struct Span {
    slot: u32,
    start: u64,
    /// `None` while it runs.
    end: Option<u64>,
}

impl Span {
    /// Returns the moment at which a job that started at `start` stopped waiting for this one. It is inside of
    /// the slice, or viewers would not find that.
    fn released(self, start: u64) -> u64 {
        let moment = match self.end {
            // The end was measured before that start; a log has whole microseconds.
            Some(end) if end <= start + 1 => end.saturating_sub(1).max(self.start),
            // A service, which runs on.
            _ => self.start + 1,
        };
        moment.min(start)
    }
}

/// The number of bytes from which on the pending events are written.
const CHUNK: usize = 64 * 1024;

impl Trace {
    pub(crate) fn create(option: &'static str, path: &Path) -> Result<Self, RunFileError> {
        let mut trace = Self {
            draft: Draft::create(option, path)?,
            lines: Vec::new(),
            started: SystemTime::now(),
            running: 0,
            slots: 0,
            waiting: HashMap::new(),
            named: HashMap::new(),
            hasher: RandomState::new(),
            arrows: 0,
        };
        trace.line(
            b"[\n",
            json!({"ph": "M", "name": "process_name", "pid": 1, "args": {"name": "prun"}}),
        );
        Ok(trace)
    }

    fn line(&mut self, before: &[u8], event: Value) {
        self.lines.extend_from_slice(before);
        self.lines.extend_from_slice(event.to_string().as_bytes());
    }

    fn push(&mut self, event: Value) {
        self.line(b",\n", event);
    }

    /// Returns microseconds since the epoch; the viewer chooses where to begin.
    fn micros(&self, since: Duration) -> u64 {
        let started = self.started.duration_since(UNIX_EPOCH).unwrap_or_default();
        (started + since).as_micros() as u64
    }

    /// Writes the number of running jobs at a time since the start of the run.
    fn count(&mut self, since: Duration) {
        let (ts, running) = (self.micros(since), self.running);
        self.push(json!({"ph": "C", "name": "running jobs", "pid": 1, "ts": ts, "args": {"running jobs": running}}));
    }

    fn slice(&mut self, job: &NumberedJob, attempt: &Attempt) {
        while self.slots < attempt.slot {
            self.slots += 1;
            let (tid, name) = (self.slots, format!("slot {}", self.slots));
            self.push(json!({"ph": "M", "name": "thread_name", "pid": 1, "tid": tid, "args": {"name": name}}));
            self.push(json!({"ph": "M", "name": "thread_sort_index", "pid": 1, "tid": tid, "args": {"sort_index": tid}}));
        }
        let exit = attempt.exit();
        let color = match attempt.status() {
            Status::Ok => "good",
            status if status.is_failure() && job.job.may_fail() => "bad",
            Status::Canceled => "grey",
            _ => "terrible",
        };
        self.push(json!({
            "ph": "X",
            "name": describe::label(job),
            "cat": attempt.status().as_str(),
            "cname": color,
            "pid": 1,
            "tid": attempt.slot,
            "ts": self.micros(attempt.begun),
            "dur": attempt.wall.as_micros() as u64,
            "args": {
                "seq": job.seq,
                "command": describe::paste(job),
                "attempt": attempt.number,
                "status": attempt.status().as_str(),
                "exit_code": exit.and_then(|exit| exit.code),
                "signal": exit.and_then(|exit| exit.signal).map(|signal| signal.to_string()),
                "error": attempt.error(),
                "user_s": exit.map(|exit| seconds(exit.usage.user)),
                "sys_s": exit.map(|exit| seconds(exit.usage.system)),
                "max_rss_bytes": exit.map(|exit| exit.usage.max_rss_bytes),
                "pid": attempt.pid,
            },
        }));
        // An attempt that could not start was never counted.
        if attempt.pid.is_some() {
            self.running = self.running.saturating_sub(1);
            self.count(attempt.begun + attempt.wall);
        }
    }

    /// Remembers an attempt of a job that others may need.
    fn remember(&mut self, job: &NumberedJob, slot: u32, start: Duration, wall: Option<Duration>) {
        if let Some(name) = &job.job.name {
            let start = self.micros(start);
            // As in the slice: its parts are rounded, not their sum.
            let end = wall.map(|wall| start + wall.as_micros() as u64);
            let span = Span { slot, start, end };
            self.named.insert(self.hasher.hash_one(&**name), span);
        }
    }

    /// Handles an attempt that has ended.
    fn ended(&mut self, job: &NumberedJob, attempt: &Attempt) -> io::Result<()> {
        self.slice(job, attempt);
        self.remember(job, attempt.slot, attempt.begun, Some(attempt.wall));
        if attempt.number > 1 {
            return Ok(());
        }
        let start = self.micros(attempt.begun);
        for need in job.job.needs() {
            let Some(needed) = self.named.get(&self.hasher.hash_one(&*need.name)) else {
                // It was skipped with --skip, or done by an earlier run.
                continue;
            };
            self.arrows += 1;
            let (id, tid, ts) = (self.arrows, needed.slot, needed.released(start));
            self.push(json!({"ph": "s", "id": id, "name": "needs", "cat": "needs", "pid": 1, "tid": tid, "ts": ts}));
            self.push(json!({"ph": "f", "bp": "e", "id": id, "name": "needs", "cat": "needs", "pid": 1, "tid": attempt.slot, "ts": start}));
            if self.lines.len() > CHUNK {
                self.write()?;
            }
        }
        Ok(())
    }

    /// Writes the pending events in one write.
    fn write(&mut self) -> io::Result<()> {
        self.draft.write_all(&self.lines)?;
        self.lines.clear();
        self.draft.flush()
    }
}

impl FileFormat for Trace {
    const WHAT: &'static str = "the trace";

    fn interest(&self) -> Interest {
        Interest::ALL
    }

    fn draft(&self) -> &Draft {
        &self.draft
    }

    fn add(&mut self, event: &Event, at: SystemTime) -> io::Result<()> {
        match event {
            Event::RunStarted { .. } => {
                self.started = at;
                self.write()?;
                // The file grows while the run continues.
                return self.draft.publish();
            }
            Event::JobStarted(start) => {
                self.running += 1;
                self.remember(&start.job, start.slot, start.begun, None);
                self.count(start.begun);
            }
            Event::JobRetried(retry) => {
                self.waiting.insert(retry.job.seq, retry.attempt.number);
                self.ended(&retry.job, &retry.attempt)?;
            }
            Event::JobEnded(end) => {
                let written = self.waiting.remove(&end.job.seq);
                match &end.last {
                    Some(last) if written != Some(last.number) => self.ended(&end.job, last)?,
                    _ => return Ok(()),
                }
            }
            Event::RunEnded { .. } => self.lines.extend_from_slice(b"\n]\n"),
            _ => return Ok(()),
        }
        self.write()
    }

    fn finish(self) -> io::Result<()> {
        self.draft.finish()
    }
}
