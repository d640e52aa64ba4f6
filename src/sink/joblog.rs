//! The job log: what became of every job, appended as it happens, for a later run to go on from.
//!
//! One JSON object a line: a run's beginning and end and what ended it early, each attempt's start,
//! each job's ending with its record, and the same for each attempt before the last (with the last
//! 64 KiB of its output, if it failed). `recall` reads them. The file is locked
//! for the whole run, and every line is one write: whenever prun is killed, all lines but perhaps
//! the last are whole, and the next run drops what is not.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::console::Console;
use super::facts::{self, VERSION};
use super::json::{Record, Texts, seconds};
use super::past;
use super::sink::{Interest, Sink, TellError};
use super::words;
use crate::event::{
    Cause, End, Event, JobEnd, JobStart, NumberedJob, Outcome, OutputLoss, Status, Stop,
};

/// How often the log is brought to the disk, against a crash of the whole machine.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// The open log of a run.
pub(crate) struct JobLog {
    path: PathBuf,
    file: File,
    /// Up to where all lines are whole.
    good: u64,
    line: Vec<u8>,
    synced: Instant,
    /// Nothing more is written after an error.
    failed: bool,
}

impl JobLog {
    /// Goes on with a log that [`past::open`] has checked, and notes that a run begins.
    pub(crate) fn begin(log: past::OpenLog) -> io::Result<Self> {
        let past::OpenLog {
            path, file, len, ..
        } = log;
        let synced = Instant::now();
        let mut log = Self {
            path,
            file,
            good: len,
            line: Vec::new(),
            synced,
            failed: false,
        };
        log.append(&Line {
            at: SystemTime::now(),
            fact: Fact::RunStart,
        })?;
        Ok(log)
    }

    /// Writes one line whole, or not at all.
    fn append(&mut self, line: &Line<'_>) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, line)?;
        self.line.push(b'\n');
        if let Err(error) = self.file.write_all(&self.line) {
            // What was written of it goes, so that the log stays well-formed; if even that
            // fails, the next run drops it.
            let _ = self.file.set_len(self.good);
            return Err(error);
        }
        self.good += self.line.len() as u64;
        if self.synced.elapsed() > SYNC_EVERY {
            self.sync()?;
        }
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.synced = Instant::now();
        self.file.sync_data()
    }

    fn write(&mut self, at: SystemTime, fact: Fact<'_>, is_end: bool) -> io::Result<()> {
        self.append(&Line { at, fact })?;
        if is_end { self.sync() } else { Ok(()) }
    }
}

impl Sink for JobLog {
    fn interest(&self) -> Interest {
        Interest::ALL
    }

    fn tell(
        &mut self,
        event: &Event,
        at: SystemTime,
        _console: &mut Console,
    ) -> Result<(), TellError> {
        let tried;
        let fact = match event {
            Event::JobStarted(start) => {
                let ticks = past::start_ticks(start.pid);
                Fact::JobStart(start, ticks)
            }
            Event::JobRetried(retry) => {
                let attempt = &retry.attempt;
                tried = JobEnd {
                    job: Arc::clone(&retry.job),
                    status: attempt.status(),
                    reason: attempt.reason(),
                    attempts: attempt.number,
                    queued: None,
                    last: Some(Arc::clone(attempt)),
                };
                Fact::JobRetry {
                    tried: &tried,
                    delay: retry.delay,
                }
            }
            Event::JobEnded(end) => Fact::JobEnd(end),
            Event::Warned(text) => Fact::Words("warning", text),
            Event::InputFailed(text) => Fact::Words("input_failed", text),
            Event::OutputFailed(OutputLoss::ReaderGone) => {
                Fact::Words("output_failed", "reader_gone")
            }
            Event::OutputFailed(OutputLoss::NotWritten) => {
                Fact::Words("output_failed", "not_written")
            }
            Event::Stopped(stop) => Fact::Stop(stop),
            Event::RunEnded { elapsed, .. } => Fact::RunEnd { elapsed: *elapsed },
            Event::RunStarted { .. }
            | Event::JobPrinted(_)
            | Event::Suspended
            | Event::Continued
            | Event::Asked(_) => return Ok(()),
        };
        if self.failed {
            return Ok(());
        }
        let is_end = matches!(event, Event::RunEnded { .. });
        self.write(at, fact, is_end).map_err(|source| {
            self.failed = true;
            TellError::File {
                what: "the job log",
                path: self.path.clone(),
                source,
            }
        })
    }
}

/// One line of the log.
struct Line<'a> {
    at: SystemTime,
    fact: Fact<'a>,
}

enum Fact<'a> {
    RunStart,
    /// With when its process started, in the system's ticks since its boot: with the boot, a name
    /// that no other process ever has.
    JobStart(&'a JobStart, Option<u64>),
    JobRetry {
        /// The attempt, as if it had been the last one.
        tried: &'a JobEnd,
        delay: Duration,
    },
    JobEnd(&'a JobEnd),
    Stop(&'a Stop),
    /// A type, and a text of its own.
    Words(&'static str, &'a str),
    RunEnd {
        elapsed: Duration,
    },
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let kind = match self.fact {
            Fact::RunStart => "run_start",
            Fact::JobStart(..) => "job_start",
            Fact::JobRetry { .. } => "job_retry",
            Fact::JobEnd(_) => "job_end",
            Fact::Stop(_) => "stop",
            Fact::Words(kind, _) => kind,
            Fact::RunEnd { .. } => "run_end",
        };
        facts::head(&mut map, kind, self.at)?;
        match &self.fact {
            Fact::RunStart => {
                map.serialize_entry("v", &VERSION)?;
                map.serialize_entry("pid", &std::process::id())?;
                map.serialize_entry("boot_id", &past::boot_id())?;
            }
            Fact::JobStart(start, ticks) => {
                identify(&mut map, &start.job)?;
                map.serialize_entry("attempt", &start.attempt)?;
                map.serialize_entry("slot", &start.slot)?;
                map.serialize_entry("pid", &start.pid)?;
                map.serialize_entry("pid_start_ticks", ticks)?;
                let command = words::told_apart(&start.job);
                map.serialize_entry("command", &command.to_string_lossy())?;
                map.serialize_entry("begun_s", &seconds(start.begun))?;
            }
            Fact::JobRetry { tried, delay } => {
                map.serialize_entry("attempt", &tried.attempts)?;
                map.serialize_entry("delay_s", &seconds(*delay))?;
                ending(&mut map, tried)?;
            }
            Fact::JobEnd(end) => ending(&mut map, end)?,
            Fact::Stop(stop) => stopped(&mut map, stop)?,
            Fact::Words(_, text) => map.serialize_entry("text", text)?,
            Fact::RunEnd { elapsed } => map.serialize_entry("wall_s", &seconds(*elapsed))?,
        }
        map.end()
    }
}

/// An ending, with what its record does not tell.
fn ending<M: SerializeMap>(map: &mut M, end: &JobEnd) -> Result<(), M::Error> {
    map.serialize_entry("key", &end.job.key.map(|key| key.to_string()))?;
    if let Some(last) = &end.last {
        map.serialize_entry("begun_s", &seconds(last.begun))?;
        if let Outcome::TimedOut { limit, .. } = &last.outcome {
            map.serialize_entry("limit_s", &seconds(*limit))?;
        }
        if let Some(why) = &last.exec_error {
            map.serialize_entry("exec_error", why)?;
        }
        if last.exit().is_some_and(|exit| exit.core_dumped) {
            map.serialize_entry("core_dumped", &true)?;
        }
        if last.is_truncated() {
            map.serialize_entry("lost_bytes", &[last.stdout.lost(), last.stderr.lost()])?;
        }
    }
    let texts = match end.status {
        Status::Ok => Texts::None,
        _ => Texts::Tail,
    };
    Record::new(end, texts).serialize_into(map)
}

fn stopped<M: SerializeMap>(map: &mut M, stop: &Stop) -> Result<(), M::Error> {
    let (signal, code) = match stop.cause {
        Cause::Signal(signal) => (Some(signal.to_string()), None),
        Cause::Race { code } => (None, Some(code)),
        Cause::FailFast | Cause::Deadline => (None, None),
    };
    map.serialize_entry("cause", cause(stop.cause))?;
    map.serialize_entry("signal", &signal)?;
    map.serialize_entry("exit_code", &code)?;
    map.serialize_entry("end", end(stop.end))?;
    map.serialize_entry("running", &stop.running)?;
    map.serialize_entry("grace_s", &seconds(stop.grace))
}

pub(super) fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Signal(_) => "signal",
        Cause::FailFast => "fail_fast",
        Cause::Deadline => "deadline",
        Cause::Race { .. } => "race",
    }
}

pub(super) fn end(end: End) -> &'static str {
    match end {
        End::Awaited => "awaited",
        End::Gentle => "gentle",
        End::Killed => "killed",
    }
}

fn identify<M: SerializeMap>(map: &mut M, job: &NumberedJob) -> Result<(), M::Error> {
    map.serialize_entry("key", &job.key.map(|key| key.to_string()))?;
    map.serialize_entry("seq", &job.seq)?;
    map.serialize_entry("name", &job.job.name)
}
