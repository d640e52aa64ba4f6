//! A trace in the Trace Event format, which Perfetto and chrome://tracing show: a row for each
//! slot, a slice for each attempt, and a curve of the number of running jobs.
//!
//! Every event is written completely as it happens, and the format allows an array without its end: the trace
//! of a killed run shows everything up to that point.

use std::collections::HashMap;
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
}

impl Trace {
    pub(crate) fn create(option: &'static str, path: &Path) -> Result<Self, RunFileError> {
        let mut trace = Self {
            draft: Draft::create(option, path)?,
            lines: Vec::new(),
            started: SystemTime::now(),
            running: 0,
            slots: 0,
            waiting: HashMap::new(),
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
                self.count(start.begun);
            }
            Event::JobRetried(retry) => {
                self.waiting.insert(retry.job.seq, retry.attempt.number);
                self.slice(&retry.job, &retry.attempt);
            }
            Event::JobEnded(end) => {
                let written = self.waiting.remove(&end.job.seq);
                match &end.last {
                    Some(last) if written != Some(last.number) => self.slice(&end.job, last),
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
