//! Writes the job log.
//!
//! One JSON object a line: a run's beginning and end and what ended it early, each attempt's start,
//! each job's ending with its record, and the same for each attempt before the last (with the last
//! 64 KiB of its output, if it failed). The file is locked
//! for the whole run, and every line is one write: whenever prun is killed, all lines but perhaps
//! the last are whole, and the next run drops what is not.
//!
//! A success counts for a later run when the job's output has arrived as well. The ending waits for
//! that a moment; where a reader takes longer it is on record as not delivered, and a line of its
//! own says when it was.

use std::collections::{HashSet, VecDeque};
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::survivors;
use crate::event::{CancelReason, Event, JobEnd, OutputLoss, Status};
use crate::os::{is_at, keeps_nothing};
use crate::record::{Base64, LogLine, LogStart, RecordStreams, Seconds, Str, Text, VERSION};
use crate::sink::OpenLog;
use crate::sink::recorder::{Recorder, RecorderEntry, RecorderError};
use crate::sink::sink::Interest;

/// How often the log is brought to the disk, against a crash of the whole machine.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// So long an ending waits for its output to arrive.
const DELIVERY: Duration = Duration::from_millis(200);

/// So many endings wait at the most, as each holds its job's output.
const MOST_WAITING: usize = 32;

/// A line that is written.
type Line<'a> = LogLine<'a, Text<'a>, Base64<'a>>;

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
    /// What is to be written, in the order in which it happened: it begins with an ending that waits
    /// for its output to arrive.
    waiting: VecDeque<Waiting>,
    /// The jobs whose endings are on record as not delivered.
    undelivered: HashSet<u64>,
    /// How output was lost, as far as it is on record.
    losses: Vec<OutputLoss>,
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
    event: Event,
    /// When its process started, if that is what it tells.
    ticks: Option<u64>,
    /// Until when it waits for its output to arrive; none if it does not.
    until: Option<Instant>,
}

impl JobLog {
    /// Goes on with a log that `past::open` has checked, and notes that the run `run_id` begins.
    pub(crate) fn begin(log: OpenLog, run_id: &str) -> io::Result<Self> {
        let OpenLog {
            path, file, len, ..
        } = log;
        let can_sync = file.metadata().is_ok_and(|meta| meta.is_file());
        let mut log = Self {
            path,
            file,
            good: len,
            line: Vec::new(),
            synced: Instant::now(),
            // A stream keeps nothing.
            can_sync,
            waiting: VecDeque::new(),
            undelivered: HashSet::new(),
            losses: Vec::new(),
            state: State::Open,
        };
        let boot_id = survivors::boot_id();
        let start = LogStart {
            t_unix_s: Seconds::since_epoch(SystemTime::now()),
            v: VERSION,
            run_id: Some(run_id.into()),
            pid: Some(std::process::id()),
            boot_id: boot_id.as_deref().map(Str::from),
            pid_namespace: survivors::pid_namespace(),
            host: None,
            engine_job: None,
            prun: None,
        };
        log.append(&Line::RunStart(start))?;
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
        Ok(())
    }

    /// Writes a line, and brings the log to the disk now and then.
    fn write(&mut self, line: &Line<'_>) -> Result<(), RecorderError> {
        if self.state == State::Failed {
            return Ok(());
        }
        if let Err(source) = self.append(line) {
            return Err(self.failed(source));
        }
        match self.synced.elapsed() > SYNC_EVERY {
            true => self.sync(),
            false => Ok(()),
        }
    }

    fn failed(&mut self, source: io::Error) -> RecorderError {
        self.state = State::Failed;
        let path = self.path.clone();
        RecorderError::JobLog { path, source }
    }

    fn sync(&mut self) -> Result<(), RecorderError> {
        self.synced = Instant::now();
        if !self.can_sync {
            return Ok(());
        }
        let Err(source) = self.file.sync_data() else {
            return Ok(());
        };
        if !keeps_nothing(&source) {
            return Err(self.failed(source));
        }
        // The lines are in the file all the same.
        self.can_sync = false;
        let path = self.path.clone();
        Err(RecorderError::NotSynced { path, source })
    }

    /// Writes what does not wait any longer, up to the first that does.
    fn flush(&mut self, now: Instant) -> Result<(), RecorderError> {
        while let Some(first) = self.waiting.front() {
            let is_over = first.until.is_none_or(|until| until <= now);
            if !is_over && self.waiting.len() <= MOST_WAITING {
                break;
            }
            if let Some(first) = self.waiting.pop_front() {
                self.handle(&first)?;
            }
        }
        Ok(())
    }

    fn handle(&mut self, line: &Waiting) -> Result<(), RecorderError> {
        let (at, streams) = (line.at, RecordStreams::default());
        match &line.event {
            Event::JobStarted(start) => self.write(&Line::started(start, line.ticks, at)),
            Event::JobRetried(retry) => {
                let attempt = &retry.attempt;
                let tried = JobEnd {
                    job: Arc::clone(&retry.job),
                    status: attempt.status(),
                    reason: attempt.reason(),
                    failed_need: None,
                    attempts: attempt.number,
                    queued: None,
                    last: Some(Arc::clone(attempt)),
                };
                self.write(&Line::retried(&tried, retry.delay, &streams, at))
            }
            Event::JobEnded(end) => {
                let is_delivered = line.until.is_none();
                if !is_delivered {
                    self.undelivered.insert(end.job.seq);
                }
                self.write(&Line::ended(end, is_delivered, &streams, at))
            }
            Event::Warned(text) => self.write(&Line::warning(text, at)),
            Event::InputFailed(text) => self.write(&Line::input_failed(text, at)),
            Event::OutputFailed(loss) => self.write(&Line::output_failed(*loss, at)),
            Event::Canceled(stop) => self.write(&Line::stop(stop, at)),
            Event::RunEnded { elapsed, .. } => self.end_run(at, *elapsed),
            _ => Ok(()),
        }
    }

    fn end_run(&mut self, at: SystemTime, elapsed: Duration) -> Result<(), RecorderError> {
        if self.state == State::Failed {
            return Ok(());
        }
        self.write(&Line::run_end(elapsed, at))?;
        self.state = State::Whole;
        let synced = self.sync();
        let is_file = self.file.metadata().is_ok_and(|meta| meta.is_file());
        match is_file && !is_at(&self.path, &self.file) {
            true => Err(RecorderError::JobLogGone(self.path.clone())),
            false => synced,
        }
    }
}

/// Whether there is a line for it. The beginning of the run has its line before any event.
fn is_written(event: &Event) -> bool {
    !matches!(
        event,
        Event::RunStarted { .. }
            | Event::InputEnded { .. }
            | Event::JobPrinted(_)
            | Event::Suspended
            | Event::Continued
            | Event::Asked(_)
    )
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

    fn record(&mut self, entry: &RecorderEntry) -> Result<(), RecorderError> {
        if !is_written(&entry.event) {
            return Ok(());
        }
        if let Event::OutputFailed(loss) = entry.event {
            // The run says so as well, unless it is over by then.
            if self.losses.contains(&loss) {
                return Ok(());
            }
            self.losses.push(loss);
        }
        let (ticks, waits) = match &entry.event {
            Event::JobStarted(start) => (survivors::start_ticks(start.pid), false),
            // Whatever did not end well is run again anyway.
            Event::JobEnded(end) => {
                let is_new = end.reason != Some(CancelReason::Resumed);
                let is_success = end.status == Status::Ok && is_new;
                (None, is_success && !entry.is_delivered)
            }
            _ => (None, false),
        };
        self.waiting.push_back(Waiting {
            at: entry.at,
            event: entry.event.clone(),
            ticks,
            until: waits.then(|| Instant::now() + DELIVERY),
        });
        self.flush(Instant::now())
    }

    fn delivered(&mut self, seq: u64) -> Result<(), RecorderError> {
        let is_it = |line: &&mut Waiting| {
            matches!(line.event, Event::JobEnded(_)) && line.event.seq() == Some(seq)
        };
        if let Some(end) = self.waiting.iter_mut().find(is_it) {
            end.until = None;
            self.flush(Instant::now())
        } else if self.undelivered.remove(&seq) {
            self.write(&Line::delivered(seq, SystemTime::now()))
        } else {
            Ok(())
        }
    }

    fn lost(&mut self, loss: OutputLoss) -> Result<(), RecorderError> {
        self.record(&RecorderEntry {
            at: SystemTime::now(),
            event: Event::OutputFailed(loss),
            is_delivered: true,
        })
    }

    fn wakes_at(&self) -> Option<Instant> {
        self.waiting.front()?.until
    }

    fn wake(&mut self) -> Result<(), RecorderError> {
        self.flush(Instant::now())
    }

    fn finish(&mut self) -> Result<(), RecorderError> {
        // All waits are over by then.
        self.flush(Instant::now() + DELIVERY)
    }

    fn is_finished(&self) -> bool {
        self.state != State::Open
    }
}
