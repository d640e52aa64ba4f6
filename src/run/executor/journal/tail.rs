//! [`JournalTail`]: reads a journal while it is written.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::lines::{JournalError, LineUse, WholeLines};
use super::returned::{ReturnedJob, ReturnedStreams};
use crate::event::{
    Attempt, CancelReason, Event, JobEnd, JobRetry, JobStart, Outcome, Print, Status,
};
use crate::plan::Job;
use crate::process::SpoolOptions;
use crate::record::{
    JournalLine, JournalOutput, LineError, LogLine, LogStart, LostAttempts, Str, WorkOutput,
};

/// Reads a journal from where it stopped before.
#[derive(Debug)]
pub(crate) struct JournalTail {
    lines: WholeLines,
    journal: Journal,
}

/// What is known of a journal.
#[derive(Debug)]
struct Journal {
    settings: TailSettings,
    mode: UnaskedMode,
    /// When it began, once it has.
    begun: Option<SystemTime>,
    host: Option<Arc<str>>,
    /// Its jobs that have begun and not ended.
    running: HashMap<u64, ReturnedJob>,
}

/// What a reader of a journal needs to know of the run and of the chunk.
#[derive(Clone, Debug)]
pub(crate) struct TailSettings {
    /// When this run began.
    pub(crate) run_began: SystemTime,
    /// When the first job of the chunk was read.
    pub(crate) read_at: SystemTime,
    /// How many slots are before those of the chunk.
    pub(crate) slots_before: u32,
    /// What was lost of its jobs before.
    pub(crate) earlier: BTreeMap<u64, LostAttempts>,
    /// Which output is in the journal.
    pub(crate) output: WorkOutput,
    /// Whether the output of jobs that ended well is not written.
    pub(crate) is_quiet: bool,
    /// Where output goes that does not fit in memory.
    pub(crate) spools: SpoolOptions,
}

/// What endings by cancellation are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnaskedMode {
    /// Nobody knows yet: the reader waits before the first of them.
    Hold,
    /// This run asked for them, for this reason.
    Ours(Option<CancelReason>),
    /// The engine was told to end them.
    Engine,
    /// Nothing: those jobs are lost.
    Discard,
}

/// What is found in a journal.
#[derive(Clone, Debug)]
pub(crate) enum JournalItem {
    /// It begins, on this machine.
    Begun(Option<Arc<str>>),
    /// Something of a job, or a warning.
    Told(Event),
    /// An ending by cancellation, before which the reader waits.
    Held,
    /// Its last line.
    Ended,
}

/// The line of a job log.
type Line<'a> = LogLine<'a, Str<'a>, Str<'a>>;

impl JournalTail {
    /// Creates the reader of this file, which need not be there yet.
    pub(crate) fn new(path: &Path, settings: TailSettings) -> Self {
        let journal = Journal {
            settings,
            mode: UnaskedMode::Hold,
            begun: None,
            host: None,
            running: HashMap::new(),
        };
        Self {
            lines: WholeLines::new(path),
            journal,
        }
    }

    /// Returns the last attempt of a job that has begun and not ended.
    pub(crate) fn open_attempt(&self, seq: u64) -> Option<&Arc<JobStart>> {
        Some(&self.journal.running.get(&seq)?.start)
    }

    /// Says what endings by cancellation are from now on.
    pub(crate) fn set_mode(&mut self, mode: UnaskedMode) {
        self.journal.mode = mode;
    }

    /// Reads what was written since the last look. `given` finds a job in the work of the chunk: a record
    /// has neither its environment nor its input.
    pub(crate) fn look(
        &mut self,
        mut given: impl FnMut(u64) -> Option<Job>,
        mut found: impl FnMut(JournalItem),
    ) -> Result<(), JournalError> {
        let journal = &mut self.journal;
        self.lines
            .read(|line| journal.read(line, &mut given, &mut found))
    }
}

impl Journal {
    fn read(
        &mut self,
        line: &[u8],
        given: &mut dyn FnMut(u64) -> Option<Job>,
        found: &mut dyn FnMut(JournalItem),
    ) -> Result<LineUse, String> {
        let line = JournalLine::read(line).map_err(|error| match error {
            LineError::OtherVersion => "it was written by another version of prun".to_owned(),
            LineError::Damaged(why) => why,
        })?;
        let line = match (line, self.begun) {
            (JournalLine::Log(LogLine::RunStart(start)), None) => {
                found(self.begin(&start)?);
                return Ok(LineUse::Read);
            }
            (_, None) => return Err("it does not begin with a run".to_owned()),
            (JournalLine::Output(output), Some(_)) => {
                self.print(&output)?
                    .map(JournalItem::Told)
                    .into_iter()
                    .for_each(found);
                return Ok(LineUse::Read);
            }
            (JournalLine::Log(line), Some(began)) => (line, began),
        };
        self.read_log(line, given, found)
    }

    fn begin(&mut self, start: &LogStart<'_>) -> Result<JournalItem, String> {
        self.begun = Some(start.at()?);
        self.host = start.host.as_ref().map(|host| Arc::from(&*host.0));
        Ok(JournalItem::Begun(self.host.clone()))
    }

    fn read_log(
        &mut self,
        (line, began): (Line<'_>, SystemTime),
        given: &mut dyn FnMut(u64) -> Option<Job>,
        found: &mut dyn FnMut(JournalItem),
    ) -> Result<LineUse, String> {
        let event = match line {
            LogLine::RunStart(_) => return Err("a second run begins".to_owned()),
            LogLine::JobStart(start) => {
                let (at, start) = start.start(began)?;
                Event::JobStarted(self.start(at, start, began))
            }
            LogLine::JobRetry(record) => {
                Event::JobRetried(Arc::new(self.retry(record.retry(began)?, began)))
            }
            LogLine::JobEnd(record) => {
                let is_canceled = matches!(record.status, Status::Canceled | Status::Skipped);
                match self.mode {
                    UnaskedMode::Hold if is_canceled => {
                        found(JournalItem::Held);
                        return Ok(LineUse::Kept);
                    }
                    UnaskedMode::Discard if is_canceled => {
                        self.running.remove(&record.seq);
                        return Ok(LineUse::Read);
                    }
                    _ => {}
                }
                let mut end = self.end(record.ended(began)?, began);
                if end.status != Status::Ok
                    && let Some(of_work) = given(end.job.seq)
                    && let Some(job) = Arc::get_mut(&mut end.job)
                {
                    job.job = of_work;
                }
                Event::JobEnded(Arc::new(end))
            }
            LogLine::Warning(line) | LogLine::InputFailed(line) => {
                let (_, text) = line.text()?;
                Event::Warned(match &self.host {
                    Some(host) => format!("{host}: {text}").into(),
                    None => text,
                })
            }
            LogLine::RunEnd(_) => {
                found(JournalItem::Ended);
                return Ok(LineUse::Read);
            }
            // Why it stopped is in the endings, and whether its output was lost in its exit code.
            LogLine::JobDelivered(_) | LogLine::Stop(_) | LogLine::OutputFailed(_) => {
                return Ok(LineUse::Read);
            }
        };
        found(JournalItem::Told(event));
        Ok(LineUse::Read)
    }

    /// How many attempts a job had in other chunks.
    fn attempts_before(&self, seq: u64) -> u32 {
        let lost = self.settings.earlier.get(&seq);
        lost.map_or(0, |lost| lost.attempts)
    }

    /// A time from the start of the run on the node, which began at `began`, from the start of this one.
    fn since_start(&self, begun: Duration, began: SystemTime) -> Duration {
        let at = began + begun;
        at.duration_since(self.settings.run_began)
            .unwrap_or_default()
    }

    fn start(&mut self, at: SystemTime, start: JobStart, began: SystemTime) -> Arc<JobStart> {
        let seq = start.job.seq;
        let start = Arc::new(JobStart {
            attempt: start.attempt + self.attempts_before(seq),
            slot: start.slot + self.settings.slots_before,
            host: start.host.or_else(|| self.host.clone()),
            begun: self.since_start(start.begun, began),
            ..start
        });
        let first = || ReturnedJob::new(Arc::clone(&start), at);
        self.running.entry(seq).or_insert_with(first).start = Arc::clone(&start);
        start
    }

    fn print(&mut self, output: &JournalOutput<'_>) -> Result<Option<Event>, String> {
        let attempt = output.attempt + self.attempts_before(output.seq);
        let running = self.running.get_mut(&output.seq);
        let running = running.ok_or("it is output of a job that does not run")?;
        let bytes = output.bytes()?;
        let job = Arc::clone(&running.start.job);
        let spool = running.add(output.stream, &bytes, &self.settings.spools);
        if self.settings.output != WorkOutput::Line {
            return Ok(None);
        }
        let piece = spool.take();
        Ok(Some(Event::JobPrinted(Arc::new(Print {
            job,
            attempt,
            stream: output.stream,
            piece,
        }))))
    }

    fn retry(&mut self, retry: JobRetry, began: SystemTime) -> JobRetry {
        let running = self.running.get_mut(&retry.job.seq);
        let output = running.map(ReturnedJob::take_output).unwrap_or_default();
        let attempt = Arc::unwrap_or_clone(retry.attempt);
        JobRetry {
            attempt: Arc::new(self.attempt(retry.job.seq, attempt, output, began)),
            ..retry
        }
    }

    fn end(&mut self, mut end: JobEnd, began: SystemTime) -> JobEnd {
        let seq = end.job.seq;
        let mut running = self.running.remove(&seq);
        let output = running.as_mut().map(ReturnedJob::take_output);
        let first_start = running.map(|running| running.first_start);
        let last = end.last.take().map(|last| {
            let last = Arc::unwrap_or_clone(last);
            self.attempt(seq, last, output.unwrap_or_default(), began)
        });
        let started_at = last.as_ref().map(|last| last.started_at);
        let queued = first_start.or(started_at);
        end.queued = queued.map(|at| at.duration_since(self.settings.read_at).unwrap_or_default());
        if let Some(last) = &last
            && end.status == Status::Ok
        {
            end.status = last.status();
        }
        end.attempts += self.attempts_before(seq);
        if matches!(end.status, Status::Canceled | Status::Skipped) {
            end.reason = self.cancel_reason();
        }
        end.last = last.map(Arc::new);
        end
    }

    fn cancel_reason(&self) -> Option<CancelReason> {
        match self.mode {
            UnaskedMode::Ours(reason) => reason,
            UnaskedMode::Engine | UnaskedMode::Hold | UnaskedMode::Discard => {
                Some(CancelReason::Engine)
            }
        }
    }

    /// An attempt as one of this run, with its output.
    fn attempt(
        &self,
        seq: u64,
        mut attempt: Attempt,
        output: ReturnedStreams,
        began: SystemTime,
    ) -> Attempt {
        attempt.number += self.attempts_before(seq);
        attempt.slot += self.settings.slots_before;
        attempt.host = attempt.host.or_else(|| self.host.clone());
        attempt.begun = self.since_start(attempt.begun, began);
        if let Outcome::Canceled { reason, .. } = &mut attempt.outcome {
            *reason = self.cancel_reason();
        }
        let is_left_out = self.settings.output == WorkOutput::None
            || (self.settings.is_quiet && attempt.status() == Status::Ok)
            || attempt.logs.is_some();
        output.give_to(&mut attempt, !is_left_out);
        attempt
    }
}
