//! Conversion of events to lines.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::command::{command, executed, full_command};
use super::event_line::{EndLine, EventLine, OutputLine, RetryLine, RunLine, StartLine};
use super::job::JobRecord;
use super::log_line::{
    CauseWord, DeliveredLine, LogLine, LoggedStart, LossLine, LossWord, StopLine, TextLine,
};
use super::scalar::{Seconds, Str, base64, words_base64};
use super::scheduled::ServiceEnd;
use super::text::{Base64, Text};
use super::{TAIL, VERSION};
use crate::event::{
    Attempt, Cancellation, Cause, Event, JobEnd, JobStart, Logs, Outcome, OutputLoss, Status,
    Stream,
};
use crate::process::Spool;

/// How much of a job's output its record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Texts {
    Whole,
    /// The last [`TAIL`] bytes of each stream.
    Tail,
    /// Null in place of the texts.
    None,
}

/// State of the output of a job while its record is written.
#[derive(Default)]
pub(crate) struct RecordStreams {
    /// For each stream, whether its text replaced invalid UTF-8.
    lossy: [Cell<bool>; 2],
    /// Why a text is incomplete.
    error: Cell<Option<io::Error>>,
    /// The output of a job that has none.
    empty: OnceCell<Spool>,
}

impl RecordStreams {
    /// Returns the error because of which a written text is incomplete.
    pub(crate) fn take_error(&self) -> io::Result<()> {
        self.error.take().map_or(Ok(()), Err)
    }

    fn text<'a>(
        &'a self,
        stream: Stream,
        attempt: Option<&'a Attempt>,
        texts: Texts,
    ) -> (&'a Spool, Option<Text<'a>>, Base64<'a>) {
        let spool = match (stream, attempt) {
            (Stream::Stdout, Some(attempt)) => &attempt.stdout,
            (Stream::Stderr, Some(attempt)) => &attempt.stderr,
            (_, None) => self.empty.get_or_init(Spool::default),
        };
        let was_lossy = &self.lossy[stream as usize];
        let error = &self.error;
        let from = match texts {
            Texts::Tail => spool.len().saturating_sub(TAIL).max(spool.begin()),
            Texts::Whole | Texts::None => spool.begin(),
        };
        // The text of a replayed run may be incomplete.
        let is_known = spool.begin() < spool.len() || spool.is_empty();
        let is_written = match texts {
            Texts::Whole => is_known && attempt.is_none_or(|attempt| attempt.logs.is_none()),
            Texts::Tail => is_known,
            Texts::None => false,
        };
        let text = Text {
            spool,
            from,
            was_lossy,
            error,
        };
        let bytes = Base64 {
            spool,
            from,
            was_lossy,
            error,
        };
        (spool, is_written.then_some(text), bytes)
    }
}

impl<'a> JobRecord<'a, Text<'a>, Base64<'a>> {
    /// Creates the record of a job that has ended.
    pub(crate) fn of(end: &'a JobEnd, texts: Texts, streams: &'a RecordStreams) -> Self {
        let last = end.last.as_deref();
        let exit = last.and_then(Attempt::exit);
        let (argv, shell) = executed(end);
        let args = end.job.job.args.as_slice();
        let job = &end.job.job;
        let cwd = end.job.cwd.as_os_str();
        let (out, stdout, stdout_base64) = streams.text(Stream::Stdout, last, texts);
        let (err, stderr, stderr_base64) = streams.text(Stream::Stderr, last, texts);
        let logs = last.and_then(|last| last.logs.as_ref());
        let in_base64 = |words: &[OsString]| {
            let is_text = words.iter().all(|word| word.to_str().is_some());
            (!is_text).then(|| words_base64(words))
        };
        Self {
            t_unix_s: None,
            attempt: None,
            delay_s: None,
            key: None,
            begun_s: None,
            limit_s: None,
            service_end: None,
            failed_need: None,
            exec_error: None,
            core_dumped: None,
            lost_bytes: None,
            v: VERSION,
            seq: end.job.seq,
            name: end.job.job.name.as_deref().map(Str::from),
            cmd: text(command(&end.job)),
            argv_base64: in_base64(&argv),
            argv: words(argv),
            shell,
            args: args.iter().map(|value| Str::lossy(value)).collect(),
            cwd: Str::lossy(cwd),
            needs: job
                .needs()
                .iter()
                .map(|need| Str::from(&*need.name))
                .collect(),
            pool: job.pool().map(|pool| Str::from(&*pool.name)),
            weight: job.weight(),
            allow_failure: job.may_fail(),
            status: end.status,
            reason: end.reason,
            exit_code: exit.and_then(|exit| exit.code),
            signal: exit.and_then(|exit| exit.signal),
            error: match (last.and_then(Attempt::error), &end.failed_need) {
                (Some(why), _) => Some(Str::from(why)),
                (None, need) => need.as_ref().map(|need| Str(need.to_string().into())),
            },
            attempts: end.attempts,
            slot: last.map(|last| last.slot),
            host: last.and_then(|last| last.host.as_deref()).map(Str::from),
            pid: last.and_then(|last| last.pid),
            start_unix_s: last.map(|last| Seconds::since_epoch(last.started_at)),
            queued_s: end.queued.map(Seconds::from),
            wall_s: last.map(|last| last.wall.into()),
            user_s: exit.map(|exit| exit.usage.user.into()),
            sys_s: exit.map(|exit| exit.usage.system.into()),
            max_rss_bytes: exit.map(|exit| exit.usage.max_rss_bytes),
            leaked: last.is_some_and(|last| last.leaked),
            truncated: last.is_some_and(Attempt::is_truncated),
            stdout,
            stderr,
            stdout_bytes: out.len() + out.lost(),
            stderr_bytes: err.len() + err.lost(),
            stdin_bytes: last.and_then(|last| last.stdin).map(|stdin| stdin.given),
            stdin_unread_bytes: last.and_then(|last| last.stdin?.unread),
            stdout_base64: Some(stdout_base64),
            stderr_base64: Some(stderr_base64),
            args_base64: in_base64(args),
            cwd_base64: cwd.to_str().is_none().then(|| base64(cwd.as_bytes())),
            stdout_path: logs.map(|Logs { stdout, .. }| path(stdout)),
            stderr_path: logs.map(|Logs { stderr, .. }| stderr.as_deref().map(path)),
            delivered: None,
        }
    }

    fn at(mut self, at: SystemTime) -> Self {
        self.t_unix_s = Some(Seconds::since_epoch(at));
        self
    }

    /// Creates the record with the keys of a job log.
    fn logged(end: &'a JobEnd, streams: &'a RecordStreams, at: SystemTime) -> Self {
        let texts = match end.status {
            Status::Ok => Texts::None,
            _ => Texts::Tail,
        };
        let record = Self::of(end, texts, streams).at(at);
        let last = end.last.as_deref();
        let limit = last.and_then(|last| match last.outcome {
            Outcome::TimedOut { limit, .. }
            | Outcome::NotReady { limit, .. }
            | Outcome::NotStartedInTime { limit, .. } => Some(limit),
            _ => None,
        });
        let has_core = last
            .and_then(Attempt::exit)
            .is_some_and(|exit| exit.core_dumped);
        let truncated = last.filter(|last| last.is_truncated());
        Self {
            key: end.job.key,
            begun_s: last.map(|last| last.begun.into()),
            limit_s: limit.map(Seconds::from),
            service_end: ServiceEnd::of(end),
            failed_need: end.failed_need.as_ref().map(|need| Str::from(&*need.name)),
            exec_error: last
                .and_then(|last| last.exec_error.as_deref())
                .map(Str::from),
            core_dumped: has_core.then_some(true),
            lost_bytes: truncated.map(|last| [last.stdout.lost(), last.stderr.lost()]),
            ..record
        }
    }
}

impl<'a> EventLine<'a, Text<'a>, Base64<'a>> {
    /// Creates the line of an event, if it has one.
    pub(crate) fn of(event: &'a Event, at: SystemTime, streams: &'a RecordStreams) -> Option<Self> {
        let t_unix_s = Seconds::since_epoch(at);
        Some(match event {
            Event::RunStarted { .. } => Self::RunStart(RunLine {
                t_unix_s,
                v: VERSION,
                pid: std::process::id(),
            }),
            Event::JobStarted(start) => Self::JobStart(StartLine {
                t_unix_s,
                seq: start.job.seq,
                name: start.job.job.name.as_deref().map(Str::from),
                attempt: start.attempt,
                slot: start.slot,
                host: start.host.as_deref().map(Str::from),
                pid: start.pid,
            }),
            Event::JobRetried(retry) => Self::JobRetry(RetryLine {
                t_unix_s,
                seq: retry.job.seq,
                name: retry.job.job.name.as_deref().map(Str::from),
                attempt: retry.attempt.number,
                status: retry.attempt.status(),
            }),
            Event::JobEnded(end) => {
                let record = JobRecord::of(end, Texts::None, streams);
                Self::JobEnd(record.at(at))
            }
            Event::RunEnded { elapsed, .. } => Self::RunEnd(EndLine {
                t_unix_s,
                wall_s: (*elapsed).into(),
            }),
            _ => return None,
        })
    }

    /// Creates the line of a piece of output.
    pub(crate) fn output(
        seq: u64,
        attempt: u32,
        stream: Stream,
        bytes: &'a [u8],
        at: SystemTime,
    ) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let is_text = str::from_utf8(bytes).is_ok();
        Self::Output(OutputLine {
            t_unix_s: Seconds::since_epoch(at),
            seq,
            attempt,
            stream,
            text: Str(text),
            text_base64: (!is_text).then(|| base64(bytes)),
        })
    }
}

impl<'a> LogLine<'a, Text<'a>, Base64<'a>> {
    /// The start of an attempt, whose process started at this many ticks since the boot.
    pub(crate) fn started(start: &'a JobStart, ticks: Option<u64>, at: SystemTime) -> Self {
        Self::JobStart(LoggedStart {
            t_unix_s: Seconds::since_epoch(at),
            key: start.job.key,
            seq: start.job.seq,
            name: start.job.job.name.as_deref().map(Str::from),
            attempt: start.attempt,
            slot: start.slot,
            host: start.host.as_deref().map(Str::from),
            pid: start.pid,
            pid_start_ticks: ticks,
            command: text(full_command(&start.job)),
            begun_s: Some(start.begun.into()),
        })
    }

    /// An attempt that is followed by another one, as the ending that it would have been.
    pub(crate) fn retried(
        tried: &'a JobEnd,
        delay: Duration,
        streams: &'a RecordStreams,
        at: SystemTime,
    ) -> Self {
        let mut record = JobRecord::logged(tried, streams, at);
        record.attempt = Some(tried.attempts);
        record.delay_s = Some(delay.into());
        Self::JobRetry(record)
    }

    /// The ending of a job, and whether its output has been written.
    pub(crate) fn ended(
        end: &'a JobEnd,
        is_delivered: bool,
        streams: &'a RecordStreams,
        at: SystemTime,
    ) -> Self {
        let mut record = JobRecord::logged(end, streams, at);
        record.delivered = (!is_delivered).then_some(false);
        Self::JobEnd(record)
    }

    /// The output of the job with this number has been written after its ending was.
    pub(crate) fn delivered(seq: u64, at: SystemTime) -> Self {
        let t_unix_s = Seconds::since_epoch(at);
        Self::JobDelivered(DeliveredLine { t_unix_s, seq })
    }

    /// A warning.
    pub(crate) fn warning(text: &'a str, at: SystemTime) -> Self {
        Self::Warning(TextLine::new(text, at))
    }

    /// An error of the input.
    pub(crate) fn input_failed(text: &'a str, at: SystemTime) -> Self {
        Self::InputFailed(TextLine::new(text, at))
    }

    /// Output of prun that could not be written.
    pub(crate) fn output_failed(loss: OutputLoss, at: SystemTime) -> Self {
        let text = match loss {
            OutputLoss::ReaderGone => LossWord::ReaderGone,
            OutputLoss::NotWritten | OutputLoss::Stderr => LossWord::NotWritten,
        };
        let t_unix_s = Seconds::since_epoch(at);
        Self::OutputFailed(LossLine { t_unix_s, text })
    }

    /// The end of the run before its time.
    pub(crate) fn stop(stop: &Cancellation, at: SystemTime) -> Self {
        let (cause, signal, exit_code) = match stop.cause {
            Cause::Signal(signal) => (CauseWord::Signal, Some(signal), None),
            Cause::FailFast => (CauseWord::FailFast, None, None),
            Cause::Deadline => (CauseWord::Deadline, None, None),
            Cause::Race { code } => (CauseWord::Race, None, Some(code)),
        };
        Self::Stop(StopLine {
            t_unix_s: Seconds::since_epoch(at),
            cause,
            signal,
            exit_code,
            end: stop.end,
            running: stop.running,
            grace_s: stop.grace.into(),
        })
    }

    /// The end of the run.
    pub(crate) fn run_end(elapsed: Duration, at: SystemTime) -> Self {
        Self::RunEnd(EndLine {
            t_unix_s: Seconds::since_epoch(at),
            wall_s: elapsed.into(),
        })
    }
}

impl<'a> TextLine<'a> {
    fn new(text: &'a str, at: SystemTime) -> Self {
        Self {
            t_unix_s: Seconds::since_epoch(at),
            text: text.into(),
        }
    }
}

fn text(command: Cow<'_, OsStr>) -> Str<'_> {
    match command {
        Cow::Borrowed(command) => Str::lossy(command),
        Cow::Owned(command) => Str(command.to_string_lossy().into_owned().into()),
    }
}

fn words(words: Cow<'_, [OsString]>) -> Vec<Str<'_>> {
    match words {
        Cow::Borrowed(words) => words.iter().map(|word| Str::lossy(word)).collect(),
        Cow::Owned(words) => words
            .into_iter()
            .map(|word| text(Cow::Owned(word)))
            .collect(),
    }
}

fn path(path: &Path) -> Str<'_> {
    Str::lossy(path.as_os_str())
}
