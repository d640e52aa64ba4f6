//! The job log: what became of every job, appended as it happens, for a later run to go on from.
//!
//! One JSON object a line: a run's beginning and end and what ended it early, each attempt's start,
//! each job's ending with its record, and the same for each attempt before the last (with the last
//! 64 KiB of its output, if it failed). `recall` reads them. The file is locked
//! for the whole run, and every line is one write: whenever prun is killed, all lines but perhaps
//! the last are whole, and the next run drops what is not.
//!
//! A success counts for a later run when the job's output has arrived as well. The ending waits for
//! that a moment; where a reader takes longer it is on record as not delivered, and a line of its
//! own says when it was.

use std::collections::{HashSet, VecDeque};
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::facts::{self, VERSION};
use super::json::{Record, Texts, seconds};
use super::past;
use super::record::{Entry, RecordError, Recorder};
use super::sink::Interest;
use super::survivors;
use super::words;
use crate::event::{
    CancelReason, Cause, End, Event, JobEnd, JobStart, NumberedJob, Outcome, OutputLoss, Status,
    Stop,
};

/// How often the log is brought to the disk, against a crash of the whole machine.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// So long an ending waits for its output to arrive.
const DELIVERY: Duration = Duration::from_millis(200);

/// So many endings wait at the most, as each holds its job's output.
const MOST_WAITING: usize = 32;

/// The open log of a run.
pub(crate) struct JobLog {
    path: PathBuf,
    file: File,
    /// Up to where all lines are whole.
    good: u64,
    line: Vec<u8>,
    synced: Instant,
    /// Whether the system can bring it to the disk at all.
    can_sync: bool,
    /// Endings that wait for their output to arrive, oldest first.
    waiting: VecDeque<Waiting>,
    /// The jobs whose endings are on record as not delivered.
    undelivered: HashSet<u64>,
    /// The end of the run, which comes after all endings.
    last: Option<(SystemTime, Duration)>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// All is written.
    Whole,
    /// Nothing more is written after an error.
    Failed,
}

struct Waiting {
    at: SystemTime,
    end: Arc<JobEnd>,
    until: Instant,
}

impl JobLog {
    /// Goes on with a log that [`past::open`] has checked, and notes that the run `run_id` begins.
    pub(crate) fn begin(log: past::OpenLog, run_id: &str) -> io::Result<Self> {
        let past::OpenLog {
            path, file, len, ..
        } = log;
        let mut log = Self {
            path,
            file,
            good: len,
            line: Vec::new(),
            synced: Instant::now(),
            can_sync: true,
            waiting: VecDeque::new(),
            undelivered: HashSet::new(),
            last: None,
            state: State::Open,
        };
        log.append(SystemTime::now(), Fact::RunStart(run_id))?;
        Ok(log)
    }

    /// Writes one line whole, or not at all.
    fn append(&mut self, at: SystemTime, fact: Fact<'_>) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, &Line { at, fact })?;
        self.line.push(b'\n');
        if let Err(error) = self.file.write_all(&self.line) {
            // What was written of it goes, so that the log stays well-formed; if even that
            // fails, the next run drops it.
            let _ = self.file.set_len(self.good);
            return Err(error);
        }
        self.good += self.line.len() as u64;
        Ok(())
    }

    /// Writes a line, and brings the log to the disk now and then.
    fn write(&mut self, at: SystemTime, fact: Fact<'_>) -> Result<(), RecordError> {
        if self.state == State::Failed {
            return Ok(());
        }
        if let Err(source) = self.append(at, fact) {
            return Err(self.failed(source));
        }
        match self.synced.elapsed() > SYNC_EVERY {
            true => self.sync(),
            false => Ok(()),
        }
    }

    fn failed(&mut self, source: io::Error) -> RecordError {
        self.state = State::Failed;
        let path = self.path.clone();
        RecordError::JobLog { path, source }
    }

    fn sync(&mut self) -> Result<(), RecordError> {
        self.synced = Instant::now();
        if !self.can_sync {
            return Ok(());
        }
        let Err(source) = self.file.sync_data() else {
            return Ok(());
        };
        match source.raw_os_error() {
            // Some file systems have no such call. The lines are in the file all the same.
            Some(libc::EINVAL | libc::ENOSYS | libc::EOPNOTSUPP | libc::EROFS) => {
                self.can_sync = false;
                let path = self.path.clone();
                Err(RecordError::NotSynced { path, source })
            }
            _ => Err(self.failed(source)),
        }
    }

    /// Writes the ending that waits longest.
    fn end_first(&mut self, is_delivered: bool) -> Result<(), RecordError> {
        let Some(Waiting { at, end, .. }) = self.waiting.pop_front() else {
            return Ok(());
        };
        self.end(at, &end, is_delivered)
    }

    fn end(&mut self, at: SystemTime, end: &JobEnd, is_delivered: bool) -> Result<(), RecordError> {
        if !is_delivered {
            self.undelivered.insert(end.job.seq);
        }
        self.write(at, Fact::JobEnd { end, is_delivered })
    }

    /// Writes the end of the run, if that has come and nothing is to come before it.
    fn end_run(&mut self) -> Result<(), RecordError> {
        if !self.waiting.is_empty() {
            return Ok(());
        }
        let Some((at, elapsed)) = self.last.take().filter(|_| self.state == State::Open) else {
            return Ok(());
        };
        self.write(at, Fact::RunEnd { elapsed })?;
        self.state = State::Whole;
        let synced = self.sync();
        match is_there(&self.path, &self.file) {
            true => synced,
            false => Err(RecordError::JobLogGone(self.path.clone())),
        }
    }
}

/// Whether the file is still the one at that path; one that is no plain file always is.
fn is_there(path: &std::path::Path, file: &File) -> bool {
    let place = |meta: std::fs::Metadata| (meta.dev(), meta.ino());
    match (file.metadata(), path.metadata()) {
        (Ok(ours), _) if !ours.is_file() => true,
        (Ok(ours), Ok(there)) => place(ours) == place(there),
        (Ok(_), Err(error)) => error.kind() != io::ErrorKind::NotFound,
        (Err(_), _) => true,
    }
}

impl Recorder for JobLog {
    fn name(&self) -> String {
        format!("the job log {}", self.path.display())
    }

    fn interest(&self) -> Interest {
        Interest::ALL
    }

    fn wants_deliveries(&self) -> bool {
        true
    }

    fn record(&mut self, entry: &Entry) -> Result<(), RecordError> {
        let at = entry.at;
        match &entry.event {
            Event::JobStarted(start) => {
                let ticks = survivors::start_ticks(start.pid);
                self.write(at, Fact::JobStart(start, ticks))
            }
            Event::JobRetried(retry) => {
                let attempt = &retry.attempt;
                let tried = JobEnd {
                    job: Arc::clone(&retry.job),
                    status: attempt.status(),
                    reason: attempt.reason(),
                    attempts: attempt.number,
                    queued: None,
                    last: Some(Arc::clone(attempt)),
                };
                let delay = retry.delay;
                let tried = &tried;
                self.write(at, Fact::JobRetry { tried, delay })
            }
            Event::JobEnded(end) => {
                // Whatever did not end well is run again anyway.
                let waits = !entry.is_delivered
                    && end.status == Status::Ok
                    && end.reason != Some(CancelReason::Resumed);
                if !waits {
                    return self.end(at, end, true);
                }
                self.waiting.push_back(Waiting {
                    at,
                    end: Arc::clone(end),
                    until: Instant::now() + DELIVERY,
                });
                match self.waiting.len() > MOST_WAITING {
                    true => self.end_first(false),
                    false => Ok(()),
                }
            }
            Event::Warned(text) => self.write(at, Fact::Words("warning", text)),
            Event::InputFailed(text) => self.write(at, Fact::Words("input_failed", text)),
            Event::OutputFailed(loss) => {
                let how = match loss {
                    OutputLoss::ReaderGone => "reader_gone",
                    OutputLoss::NotWritten => "not_written",
                };
                self.write(at, Fact::Words("output_failed", how))
            }
            Event::Stopped(stop) => self.write(at, Fact::Stop(stop)),
            Event::RunEnded { elapsed, .. } => {
                self.last = Some((at, *elapsed));
                self.end_run()
            }
            Event::RunStarted { .. }
            | Event::JobPrinted(_)
            | Event::Suspended
            | Event::Continued
            | Event::Asked(_) => Ok(()),
        }
    }

    fn delivered(&mut self, seq: u64) -> Result<(), RecordError> {
        let is_it = |waiting: &Waiting| waiting.end.job.seq == seq;
        if let Some(index) = self.waiting.iter().position(is_it)
            && let Some(Waiting { at, end, .. }) = self.waiting.remove(index)
        {
            self.end(at, &end, true)?;
            self.end_run()
        } else if self.undelivered.remove(&seq) {
            self.write(SystemTime::now(), Fact::JobDelivered(seq))
        } else {
            Ok(())
        }
    }

    fn wakes_at(&self) -> Option<Instant> {
        self.waiting.front().map(|first| first.until)
    }

    fn wake(&mut self) -> Result<(), RecordError> {
        while self.wakes_at().is_some_and(|until| until <= Instant::now()) {
            self.end_first(false)?;
        }
        self.end_run()
    }

    fn finish(&mut self) -> Result<(), RecordError> {
        while !self.waiting.is_empty() {
            self.end_first(false)?;
        }
        self.end_run()
    }

    fn is_finished(&self) -> bool {
        self.state != State::Open
    }
}

/// One line of the log.
struct Line<'a> {
    at: SystemTime,
    fact: Fact<'a>,
}

enum Fact<'a> {
    /// With what names the run.
    RunStart(&'a str),
    /// With when its process started, in the system's ticks since its boot: with the boot, a name
    /// that no other process ever has.
    JobStart(&'a JobStart, Option<u64>),
    JobRetry {
        /// The attempt, as if it had been the last one.
        tried: &'a JobEnd,
        delay: Duration,
    },
    JobEnd {
        end: &'a JobEnd,
        is_delivered: bool,
    },
    /// The output of the job with this number has arrived after its ending was written.
    JobDelivered(u64),
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
            Fact::RunStart(_) => "run_start",
            Fact::JobStart(..) => "job_start",
            Fact::JobRetry { .. } => "job_retry",
            Fact::JobEnd { .. } => "job_end",
            Fact::JobDelivered(_) => "job_delivered",
            Fact::Stop(_) => "stop",
            Fact::Words(kind, _) => kind,
            Fact::RunEnd { .. } => "run_end",
        };
        facts::head(&mut map, kind, self.at)?;
        match &self.fact {
            Fact::RunStart(run_id) => {
                map.serialize_entry("v", &VERSION)?;
                map.serialize_entry("run_id", run_id)?;
                map.serialize_entry("pid", &std::process::id())?;
                map.serialize_entry("boot_id", &survivors::boot_id())?;
                map.serialize_entry("pid_namespace", &survivors::pid_namespace())?;
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
            Fact::JobEnd { end, is_delivered } => {
                ending(&mut map, end)?;
                if !is_delivered {
                    map.serialize_entry("delivered", &false)?;
                }
            }
            Fact::JobDelivered(seq) => map.serialize_entry("seq", seq)?,
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
