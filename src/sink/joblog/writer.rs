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
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::append_file::{AppendError, AppendFile};
use super::survivors;
use crate::event::{CancelReason, Event, JobEnd, JobRetry, OutputLoss, Status};
use crate::record::{Base64, LogLine, LogStart, RecordStreams, Seconds, Str, Text, VERSION};
use crate::sink::OpenLog;
use crate::sink::recorder::{Recorder, RecorderEntry, RecorderError};
use crate::sink::sink::Interest;

/// So long an ending waits for its output to arrive.
const DELIVERY: Duration = Duration::from_millis(200);

/// So many endings wait at the most, as each holds its job's output.
const MOST_WAITING: usize = 32;

/// A line that is written.
type Line<'a> = LogLine<'a, Text<'a>, Base64<'a>>;

/// The open log of a run.
pub(crate) struct JobLog {
    file: AppendFile,
    /// What is to be written, in the order in which it happened: it begins with an ending that waits
    /// for its output to arrive.
    waiting: VecDeque<Waiting>,
    /// The jobs whose endings are on record as not delivered.
    undelivered: HashSet<u64>,
    /// How output was lost, as far as it is on record.
    losses: Vec<OutputLoss>,
    /// Whether all is written.
    is_whole: bool,
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
    /// Goes on with a log that `open` has checked, and notes that the run `run_id` begins.
    pub(crate) fn begin(log: OpenLog, run_id: &str) -> io::Result<Self> {
        let mut log = Self {
            file: AppendFile::new(log.path, log.file, log.len),
            waiting: VecDeque::new(),
            undelivered: HashSet::new(),
            losses: Vec::new(),
            is_whole: false,
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
        log.file.write(&Line::RunStart(start))?;
        Ok(log)
    }

    /// Writes a line.
    fn write(&mut self, line: &Line<'_>) -> Result<(), RecorderError> {
        let written = self.file.write(line);
        written.map_err(|error| self.failed(error))
    }

    fn failed(&self, error: AppendError) -> RecorderError {
        error.of("job log", self.file.path())
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
                let tried = tried(retry);
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
        if self.file.has_failed() {
            return Ok(());
        }
        self.write(&Line::run_end(elapsed, at))?;
        self.is_whole = true;
        let synced = self.file.sync();
        match self.file.is_gone() {
            true => Err(RecorderError::JobLogGone(self.file.path().to_owned())),
            false => synced.map_err(|error| self.failed(error)),
        }
    }
}

/// An attempt that is followed by another one, as the ending that it would have been.
pub(super) fn tried(retry: &JobRetry) -> JobEnd {
    let attempt = &retry.attempt;
    JobEnd {
        job: Arc::clone(&retry.job),
        status: attempt.status(),
        reason: attempt.reason(),
        failed_need: None,
        attempts: attempt.number,
        queued: None,
        last: Some(Arc::clone(attempt)),
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
        format!("the job log {}", self.file.path().display())
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
        let delivery = self.waiting.front().and_then(|first| first.until);
        delivery.into_iter().chain(self.file.sync_by()).min()
    }

    fn wake(&mut self) -> Result<(), RecorderError> {
        let now = Instant::now();
        self.flush(now)?;
        let synced = self.file.sync_if_due(now);
        synced.map_err(|error| self.failed(error))
    }

    fn finish(&mut self) -> Result<(), RecorderError> {
        // All waits are over by then.
        self.flush(Instant::now() + DELIVERY)?;
        let synced = self.file.sync();
        synced.map_err(|error| self.failed(error))
    }

    fn is_finished(&self) -> bool {
        self.is_whole || self.file.has_failed()
    }
}
