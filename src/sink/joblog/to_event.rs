//! A line of a job log, made the event again that it was written for.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::line;
use crate::event::{
    Attempt, CancelReason, Cause, End, JobEnd, JobRetry, JobStart, Logs, NumberedJob, Outcome,
    OutputLoss, Status, Stop,
};
use crate::plan::{Invocation, Job, Key, Origin};
use crate::process::{ExitInfo, LastLine, ParseSignalError, ResourceUsage, Signal, Spool, join};

/// A line of any type: what a type does not have is absent.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Line {
    pub(crate) r#type: String,
    pub(crate) v: u64,
    t_unix_s: f64,
    text: String,
    key: Option<String>,
    pub(crate) seq: u64,
    name: Option<String>,
    cmd: String,
    command: String,
    argv: Vec<String>,
    argv_base64: Option<Vec<String>>,
    args: Vec<String>,
    args_base64: Option<Vec<String>>,
    shell: bool,
    cwd: String,
    cwd_base64: Option<String>,
    status: String,
    reason: Option<String>,
    exit_code: Option<i32>,
    signal: Option<String>,
    error: Option<String>,
    attempt: u32,
    attempts: u32,
    slot: Option<u32>,
    pid: Option<u32>,
    start_unix_s: Option<f64>,
    queued_s: Option<f64>,
    begun_s: Option<f64>,
    wall_s: Option<f64>,
    user_s: Option<f64>,
    sys_s: Option<f64>,
    max_rss_bytes: Option<u64>,
    leaked: bool,
    stdout: Option<String>,
    stderr: Option<String>,
    stdout_base64: Option<String>,
    stderr_base64: Option<String>,
    stdout_bytes: u64,
    stderr_bytes: u64,
    stdout_path: Option<String>,
    stderr_path: Option<String>,
    delay_s: f64,
    limit_s: f64,
    exec_error: Option<String>,
    core_dumped: bool,
    lost_bytes: [u64; 2],
    cause: String,
    end: String,
    running: usize,
    grace_s: f64,
}

impl Line {
    /// When it happened.
    pub(crate) fn at(&self) -> Result<SystemTime, String> {
        moment(self.t_unix_s)
    }

    /// The time of the run that ends with it.
    pub(crate) fn elapsed(&self) -> Result<Duration, String> {
        span(self.wall_s.unwrap_or_default())
    }

    /// Its words, if it has any.
    pub(crate) fn words(&self) -> Arc<str> {
        self.text.as_str().into()
    }

    pub(crate) fn loss(&self) -> OutputLoss {
        match self.text.as_str() {
            "reader_gone" => OutputLoss::ReaderGone,
            _ => OutputLoss::NotWritten,
        }
    }

    pub(crate) fn stop(&self) -> Result<Stop, String> {
        let signal = self.signal()?;
        let code = self.exit_code.unwrap_or(1) as u8;
        let causes = [
            Cause::FailFast,
            Cause::Deadline,
            Cause::Race { code },
            Cause::Signal(signal.unwrap_or(Signal::TERM)),
        ];
        let ends = [End::Awaited, End::Gentle, End::Killed];
        Ok(Stop {
            cause: one_of(causes, line::cause, &self.cause)?,
            end: one_of(ends, line::end, &self.end)?,
            running: self.running,
            grace: span(self.grace_s)?,
        })
    }

    pub(crate) fn start(&self, run: SystemTime) -> Result<JobStart, String> {
        // What is executed is told by the ending; the command is all that a start needs.
        let work = Invocation::recorded(self.command.clone().into(), Vec::new(), false);
        Ok(JobStart {
            job: Arc::new(self.job(work)?),
            attempt: self.attempt,
            slot: self.slot.unwrap_or(1).max(1),
            pid: self.pid.unwrap_or_default(),
            begun: self.begun(run, self.at()?)?,
            last_line: LastLine::default(),
        })
    }

    /// When an attempt began, from the start of the run. Logs of before have only the time of day.
    fn begun(&self, run: SystemTime, started_at: SystemTime) -> Result<Duration, String> {
        match self.begun_s {
            Some(begun) => span(begun),
            None => Ok(started_at.duration_since(run).unwrap_or_default()),
        }
    }

    pub(crate) fn retry(&self, run: SystemTime) -> Result<JobRetry, String> {
        let end = self.ended(run)?;
        Ok(JobRetry {
            job: end.job,
            attempt: end.last.ok_or("it has no attempt")?,
            delay: span(self.delay_s)?,
        })
    }

    pub(crate) fn ended(&self, run: SystemTime) -> Result<JobEnd, String> {
        let argv = words(&self.argv, self.argv_base64.as_deref())?;
        let is_argv = !self.shell && join(&argv).to_string_lossy() == self.cmd;
        let work = match is_argv && self.args.is_empty() {
            true => Invocation::Argv(argv.clone()),
            false => Invocation::recorded(self.cmd.clone().into(), argv.clone(), self.shell),
        };
        let mut job = self.job(work)?;
        job.job.args = words(&self.args, self.args_base64.as_deref())?;
        let last = match self.attempts {
            0 => None,
            number => Some(Arc::new(self.last(number, argv, run)?)),
        };
        Ok(JobEnd {
            job: Arc::new(job),
            status: one_of(Status::ALL, Status::as_str, &self.status)?,
            reason: self.reason()?,
            attempts: self.attempts,
            queued: self.queued_s.map(span).transpose()?,
            last,
        })
    }

    fn job(&self, work: Invocation) -> Result<NumberedJob, String> {
        let cwd = match &self.cwd_base64 {
            Some(base64) => OsString::from_vec(decoded(base64)?),
            None => self.cwd.clone().into(),
        };
        let job = Job {
            origin: Origin {
                source: "job log".into(),
                line: self.seq,
            },
            name: self.name.clone(),
            work,
            args: Vec::new(),
            cwd: None,
            env: Vec::new(),
            stdin: None,
            timeout: None,
            retries: None,
        };
        Ok(NumberedJob {
            seq: self.seq,
            read_at: Duration::ZERO,
            cwd: Path::new(&cwd).into(),
            key: self.key.as_deref().and_then(Key::parse),
            job,
        })
    }

    fn last(&self, number: u32, argv: Vec<OsString>, run: SystemTime) -> Result<Attempt, String> {
        let [out_lost, err_lost] = self.lost_bytes;
        let (out, err) = (&self.stdout, &self.stderr);
        let started_at = moment(self.start_unix_s.unwrap_or(self.t_unix_s))?;
        Ok(Attempt {
            number,
            slot: self.slot.unwrap_or(1).max(1),
            pid: self.pid,
            argv,
            shell: self.shell,
            exec_error: self.exec_error.clone(),
            started_at,
            begun: self.begun(run, started_at)?,
            wall: span(self.wall_s.unwrap_or_default())?,
            outcome: self.outcome()?,
            stdout: Arc::new(spool(
                out,
                &self.stdout_base64,
                self.stdout_bytes,
                out_lost,
            )?),
            stderr: Arc::new(spool(
                err,
                &self.stderr_base64,
                self.stderr_bytes,
                err_lost,
            )?),
            leaked: self.leaked,
            terminal: None,
            logs: self.logs(),
        })
    }

    fn logs(&self) -> Option<Logs> {
        let path = |text: &String| Arc::from(Path::new(text));
        Some(Logs {
            stdout: path(self.stdout_path.as_ref()?),
            stderr: self.stderr_path.as_ref().map(path),
        })
    }

    fn outcome(&self) -> Result<Outcome, String> {
        let exit = ExitInfo {
            code: self.exit_code,
            signal: self.signal()?,
            core_dumped: self.core_dumped,
            usage: ResourceUsage {
                user: span(self.user_s.unwrap_or_default())?,
                system: span(self.sys_s.unwrap_or_default())?,
                max_rss_bytes: self.max_rss_bytes.unwrap_or_default(),
                ..ResourceUsage::default()
            },
            started_at: moment(self.start_unix_s.unwrap_or(self.t_unix_s))?,
            elapsed: span(self.wall_s.unwrap_or_default())?,
        };
        let reason = self.reason()?;
        let error = || self.error.clone().unwrap_or_default();
        Ok(match one_of(Status::ALL, Status::as_str, &self.status)? {
            Status::SpawnError => Outcome::NotStarted(error()),
            Status::Timeout if self.error.is_some() => Outcome::NotStartedInTime {
                limit: span(self.limit_s)?,
                why: error(),
            },
            _ if self.error.is_some() => Outcome::Lost(error()),
            _ if exit.code.is_some() == exit.signal.is_some() => {
                return Err("it has no exit code or signal".to_owned());
            }
            Status::Timeout => Outcome::TimedOut {
                limit: span(self.limit_s)?,
                exit,
            },
            Status::Canceled => Outcome::Canceled { reason, exit },
            _ if reason == Some(CancelReason::NeedsTerminal) => Outcome::NeededTerminal { exit },
            _ => Outcome::Exited(exit),
        })
    }

    fn reason(&self) -> Result<Option<CancelReason>, String> {
        let reason = |text| one_of(CancelReason::ALL, CancelReason::as_str, text);
        self.reason.as_deref().map(reason).transpose()
    }

    fn signal(&self) -> Result<Option<Signal>, String> {
        let signal = self.signal.as_deref().map(str::parse).transpose();
        signal.map_err(|error: ParseSignalError| error.to_string())
    }
}

/// The value that is written as `text`.
fn one_of<T: Copy>(
    all: impl IntoIterator<Item = T>,
    name: impl Fn(T) -> &'static str,
    text: &str,
) -> Result<T, String> {
    let mut all = all.into_iter();
    all.find(|value| name(*value) == text)
        .ok_or(format!("unknown word {text:?}, of a later version?"))
}

fn words(texts: &[String], base64: Option<&[String]>) -> Result<Vec<OsString>, String> {
    match base64 {
        None => Ok(texts.iter().map(OsString::from).collect()),
        Some(words) => words
            .iter()
            .map(|word| decoded(word).map(OsString::from_vec))
            .collect(),
    }
}

fn spool(
    text: &Option<String>,
    base64: &Option<String>,
    bytes: u64,
    lost: u64,
) -> Result<Spool, String> {
    let kept = match (base64, text) {
        (Some(base64), _) => decoded(base64)?,
        (None, Some(text)) => text.clone().into_bytes(),
        (None, None) => Vec::new(),
    };
    let before = bytes.saturating_sub(kept.len() as u64 + lost);
    Ok(Spool::recalled(kept, before, lost))
}

fn decoded(base64: &str) -> Result<Vec<u8>, String> {
    STANDARD.decode(base64).map_err(|error| error.to_string())
}

fn span(seconds: f64) -> Result<Duration, String> {
    // Longer than any run, and short enough for every sum of a few.
    const MOST: f64 = 1e11;
    let span = Duration::try_from_secs_f64(seconds).ok();
    span.filter(|span| span.as_secs_f64() < MOST)
        .ok_or(format!("{seconds} s is no time"))
}

fn moment(seconds: f64) -> Result<SystemTime, String> {
    Ok(UNIX_EPOCH + span(seconds)?)
}
