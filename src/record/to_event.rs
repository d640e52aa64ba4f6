//! Conversion of the lines of a job log to events.

use std::ffi::OsString;
use std::num::NonZeroU32;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::event_line::EndLine;
use super::job::JobRecord;
use super::log_line::{CauseWord, LogStart, LoggedStart, LossLine, LossWord, StopLine, TextLine};
use super::scalar::{Seconds, Str, decoded, decoded_words};
use crate::event::{
    Attempt, CancelReason, Cancellation, Cause, FailedNeed, InputBytes, JobEnd, JobRetry, JobStart,
    Logs, NumberedJob, Outcome, OutputLoss, Status,
};
use crate::plan::{Invocation, Job, Key, Need, Origin, Pool, Scheduling, Service};
use crate::process::{ExitInfo, ResourceUsage, Signal, Spool, join};

/// A job or an attempt, with its output.
type Read<'a> = JobRecord<'a, Str<'a>, Str<'a>>;

impl LogStart<'_> {
    /// When the run began.
    pub(crate) fn at(&self) -> Result<SystemTime, String> {
        self.t_unix_s.moment()
    }
}

impl EndLine {
    /// When the run ended, and how long it took.
    pub(crate) fn ended(&self) -> Result<(SystemTime, Duration), String> {
        Ok((self.t_unix_s.moment()?, self.wall_s.duration()?))
    }
}

impl TextLine<'_> {
    /// The text, and when it was written.
    pub(crate) fn text(&self) -> Result<(SystemTime, Arc<str>), String> {
        Ok((self.t_unix_s.moment()?, (&*self.text.0).into()))
    }
}

impl LossLine {
    /// The loss, and when it happened.
    pub(crate) fn loss(&self) -> Result<(SystemTime, OutputLoss), String> {
        let loss = match self.text {
            LossWord::ReaderGone => OutputLoss::ReaderGone,
            LossWord::NotWritten => OutputLoss::NotWritten,
        };
        Ok((self.t_unix_s.moment()?, loss))
    }
}

impl StopLine {
    /// The end of the run before its time.
    pub(crate) fn stop(&self) -> Result<(SystemTime, Cancellation), String> {
        let stop = Cancellation {
            cause: match self.cause {
                CauseWord::Signal => Cause::Signal(self.signal.unwrap_or(Signal::TERM)),
                CauseWord::FailFast => Cause::FailFast,
                CauseWord::Deadline => Cause::Deadline,
                CauseWord::Race => Cause::Race {
                    code: self.exit_code.unwrap_or(1),
                },
            },
            end: self.end,
            running: self.running,
            grace: self.grace_s.duration()?,
        };
        Ok((self.t_unix_s.moment()?, stop))
    }
}

impl LoggedStart<'_> {
    /// The start of an attempt of a run that began at `run`.
    pub(crate) fn start(&self, run: SystemTime) -> Result<(SystemTime, JobStart), String> {
        let at = self.t_unix_s.moment()?;
        // The words that are executed are in the ending; a start needs the command alone.
        let invocation = Invocation::recorded((&*self.command.0).into(), Vec::new(), false);
        let start = JobStart {
            job: Arc::new(numbered(
                self.seq,
                self.name.as_ref(),
                self.key,
                "",
                invocation,
            )),
            attempt: self.attempt,
            slot: self.slot.max(1),
            host: self.host.as_ref().map(|host| Arc::from(&*host.0)),
            pid: self.pid,
            begun: begun(self.begun_s, run, at)?,
        };
        Ok((at, start))
    }
}

impl<T, B> JobRecord<'_, T, B> {
    /// How long its last attempt took, if it had one.
    pub(crate) fn wall(&self) -> Result<Option<Duration>, String> {
        self.wall_s.map(Seconds::duration).transpose()
    }
}

impl Read<'_> {
    /// When it was written.
    pub(crate) fn at(&self) -> Result<SystemTime, String> {
        let at = self.t_unix_s.ok_or("it has no t_unix_s")?;
        at.moment()
    }

    /// The attempt of a run that began at `run`, which is followed by another one.
    pub(crate) fn retry(&self, run: SystemTime) -> Result<JobRetry, String> {
        let end = self.ended(run)?;
        Ok(JobRetry {
            job: end.job,
            attempt: end.last.ok_or("it has no attempt")?,
            delay: self.delay_s.ok_or("it has no delay_s")?.duration()?,
        })
    }

    /// The ending of a job of a run that began at `run`.
    pub(crate) fn ended(&self, run: SystemTime) -> Result<JobEnd, String> {
        let argv = decoded_words(&self.argv, self.argv_base64.as_deref())?;
        let is_argv = !self.shell && join(&argv).to_string_lossy() == self.cmd.0;
        let invocation = match is_argv && self.args.is_empty() {
            true => Invocation::Argv(argv.clone()),
            false => Invocation::recorded((&*self.cmd.0).into(), argv.clone(), self.shell),
        };
        let mut job = numbered(
            self.seq,
            self.name.as_ref(),
            self.key,
            &self.cwd.0,
            invocation,
        );
        if let Some(base64) = &self.cwd_base64 {
            job.cwd = Path::new(&OsString::from_vec(decoded(base64)?)).into();
        }
        job.job.scheduling = self.scheduling();
        job.job.args = decoded_words(&self.args, self.args_base64.as_deref())?;
        let last = match self.attempts {
            0 => None,
            number => Some(Arc::new(self.last(number, argv, run)?)),
        };
        Ok(JobEnd {
            job: Arc::new(job),
            status: self.status,
            reason: self.reason,
            failed_need: self.failed_need(),
            attempts: self.attempts,
            queued: self.queued_s.map(Seconds::duration).transpose()?,
            last,
        })
    }

    /// How the job was scheduled, if not like most jobs. The numbers of the jobs that it needs, and the
    /// limit of its pool, are not in the record.
    fn scheduling(&self) -> Option<Box<Scheduling>> {
        let need = |name: &Str<'_>| Need {
            name: Arc::from(&*name.0),
            seq: 0,
        };
        let scheduling = Scheduling {
            needs: self.needs.iter().map(need).collect(),
            weight: self.weight,
            pool: self.pool.as_ref().map(|name| {
                Arc::new(Pool {
                    name: Arc::from(&*name.0),
                    limit: NonZeroU32::MIN,
                })
            }),
            allow_failure: self.allow_failure,
            service: self.service_end.map(|_| Service {
                ready: None,
                ready_timeout: Service::READY_TIMEOUT,
            }),
        };
        (scheduling != Scheduling::default()).then(|| Box::new(scheduling))
    }

    /// The job that did not end well, if that is why it did not run to its end.
    fn failed_need(&self) -> Option<Arc<FailedNeed>> {
        let (name, why) = (&*self.failed_need.as_ref()?.0, &*self.error.as_ref()?.0);
        let how = why.strip_prefix(name)?.strip_prefix(": ")?;
        Some(Arc::new(FailedNeed {
            name: name.to_owned(),
            how: how.to_owned(),
        }))
    }

    fn last(&self, number: u32, argv: Vec<OsString>, run: SystemTime) -> Result<Attempt, String> {
        let [out_lost, err_lost] = self.lost_bytes.unwrap_or_default();
        let started_at = self.started_at()?;
        let path = |text: &Str<'_>| Arc::from(Path::new(&*text.0));
        let logs = self.stdout_path.as_ref().map(|stdout| Logs {
            stdout: path(stdout),
            stderr: self.stderr_path.iter().flatten().next().map(path),
        });
        let stdout = spool(
            &self.stdout,
            &self.stdout_base64,
            self.stdout_bytes,
            out_lost,
        );
        let stderr = spool(
            &self.stderr,
            &self.stderr_base64,
            self.stderr_bytes,
            err_lost,
        );
        Ok(Attempt {
            number,
            slot: self.slot.unwrap_or(1).max(1),
            host: self.host.as_ref().map(|host| Arc::from(&*host.0)),
            pid: self.pid,
            argv,
            shell: self.shell,
            exec_error: self.exec_error.as_ref().map(|why| why.0.to_string()),
            started_at,
            begun: begun(self.begun_s, run, started_at)?,
            wall: duration(self.wall_s)?,
            outcome: self.outcome()?,
            stdout: Arc::new(stdout?),
            stderr: Arc::new(stderr?),
            leaked: self.leaked,
            stdin: self.stdin_bytes.map(|given| InputBytes {
                given,
                unread: self.stdin_unread_bytes,
            }),
            terminal: None,
            logs,
        })
    }

    fn started_at(&self) -> Result<SystemTime, String> {
        self.start_unix_s.map_or_else(|| self.at(), Seconds::moment)
    }

    fn outcome(&self) -> Result<Outcome, String> {
        let exit = ExitInfo {
            code: self.exit_code,
            signal: self.signal,
            core_dumped: self.core_dumped == Some(true),
            usage: ResourceUsage {
                user: duration(self.user_s)?,
                system: duration(self.sys_s)?,
                max_rss_bytes: self.max_rss_bytes.unwrap_or_default(),
                ..ResourceUsage::default()
            },
            started_at: self.started_at()?,
            elapsed: duration(self.wall_s)?,
        };
        let limit = duration(self.limit_s)?;
        let why = match self.reason {
            Some(CancelReason::Needs) => None,
            _ => self.error.as_ref().map(|why| why.0.to_string()),
        };
        let of_service = self.service_end.and_then(|end| end.outcome(exit, limit));
        if let Some(outcome) = of_service {
            return Ok(outcome);
        }
        Ok(match (self.status, why) {
            (Status::SpawnError, why) => Outcome::NotStarted(why.unwrap_or_default()),
            (Status::Timeout, Some(why)) => Outcome::NotStartedInTime { limit, why },
            (_, Some(why)) => Outcome::Lost(why),
            _ if exit.code.is_some() == exit.signal.is_some() => {
                return Err("it has no exit_code or signal".to_owned());
            }
            (Status::Timeout, None) => Outcome::TimedOut { limit, exit },
            (Status::Canceled, None) => Outcome::Canceled {
                reason: self.reason,
                exit,
            },
            _ if self.reason == Some(CancelReason::NeedsTerminal) => {
                Outcome::NeededTerminal { exit }
            }
            _ => Outcome::Exited(exit),
        })
    }
}

/// A job that was read from a log.
fn numbered(
    seq: u64,
    name: Option<&Str<'_>>,
    key: Option<Key>,
    cwd: &str,
    invocation: Invocation,
) -> NumberedJob {
    let origin = Origin {
        source: "job log".into(),
        line: seq,
    };
    let name = name.map(|name| name.0.to_string());
    NumberedJob {
        seq,
        read_at: Duration::ZERO,
        cwd: Path::new(cwd).into(),
        key,
        slot_values: None,
        job: Job::new(origin, name, invocation),
    }
}

/// When an attempt began, from the start of the run. Older logs have only the time of day.
fn begun(
    begun: Option<Seconds>,
    run: SystemTime,
    started_at: SystemTime,
) -> Result<Duration, String> {
    match begun {
        Some(begun) => begun.duration(),
        None => Ok(started_at.duration_since(run).unwrap_or_default()),
    }
}

fn duration(seconds: Option<Seconds>) -> Result<Duration, String> {
    seconds.map_or(Ok(Duration::ZERO), Seconds::duration)
}

fn spool(
    text: &Option<Str<'_>>,
    base64: &Option<Str<'_>>,
    bytes: u64,
    lost: u64,
) -> Result<Spool, String> {
    let kept = match (base64, text) {
        (Some(base64), _) => decoded(&base64.0)?,
        (None, Some(text)) => text.0.as_bytes().to_vec(),
        (None, None) => Vec::new(),
    };
    let before = bytes.saturating_sub(kept.len() as u64 + lost);
    Ok(Spool::restored(kept, before, lost))
}
