//! An attempt of a job that has ended.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::ending::{CancelReason, Outcome, Status};
use crate::plan::format_duration;
use crate::process::{ExitInfo, Spool, TerminalSize};

/// An attempt of a job that has ended.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    /// From 1.
    pub(crate) number: u32,
    /// Its slot, from 1.
    pub(crate) slot: u32,
    /// The name of the machine it ran on, if not this one.
    pub(crate) host: Option<Arc<str>>,
    /// `None` if no process could be started.
    pub(crate) pid: Option<u32>,
    /// The program that was executed, and its arguments.
    pub(crate) argv: Vec<OsString>,
    /// Whether `argv` runs a shell.
    pub(crate) shell: bool,
    /// Why the command could not be executed without a shell, if that was tried first; the shell then
    /// reported it with its own message and exit code.
    pub(crate) exec_error: Option<String>,
    pub(crate) started_at: SystemTime,
    /// Since the start of the run.
    pub(crate) begun: Duration,
    /// The elapsed time, without that in which prun was stopped.
    pub(crate) wall: Duration,
    pub(crate) outcome: Outcome,
    /// Its output; of what was sent while it ran, only the end.
    pub(crate) stdout: Arc<Spool>,
    /// Empty if both streams went to one pipe.
    pub(crate) stderr: Arc<Spool>,
    /// Whether another process still held its pipe open.
    pub(crate) leaked: bool,
    /// How much input it got, if it had any of its own.
    pub(crate) stdin: Option<InputBytes>,
    /// The size of its output terminal, if it had one.
    pub(crate) terminal: Option<TerminalSize>,
    /// The files with its output, if it went to files.
    pub(crate) logs: Option<Logs>,
}

/// The bytes of the standard input of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InputBytes {
    /// How many there were for it.
    pub(crate) given: u64,
    /// How many of them it did not read; `None` if the system does not tell.
    pub(crate) unread: Option<u64>,
}

/// The files with the output of an attempt.
#[derive(Clone, Debug)]
pub(crate) struct Logs {
    pub(crate) stdout: Arc<Path>,
    /// `None` if both streams went to the other one.
    pub(crate) stderr: Option<Arc<Path>>,
}

impl Attempt {
    /// Creates the attempt of this number in a slot, with nothing known but when it began and its outcome.
    pub(crate) fn new(
        (number, slot): (u32, u32),
        (started_at, begun): (SystemTime, Duration),
        outcome: Outcome,
    ) -> Self {
        Self {
            number,
            slot,
            host: None,
            pid: None,
            argv: Vec::new(),
            shell: false,
            exec_error: None,
            started_at,
            begun,
            wall: Duration::ZERO,
            outcome,
            stdout: Arc::default(),
            stderr: Arc::default(),
            leaked: false,
            stdin: None,
            terminal: None,
            logs: None,
        }
    }

    /// Returns how its process ended, if it had one.
    pub(crate) fn exit(&self) -> Option<&ExitInfo> {
        match &self.outcome {
            Outcome::Exited(exit)
            | Outcome::TimedOut { exit, .. }
            | Outcome::Canceled { exit, .. }
            | Outcome::NeededTerminal { exit }
            | Outcome::EndedWithRun { exit }
            | Outcome::EndedEarly { exit }
            | Outcome::NotReady { exit, .. } => Some(exit),
            Outcome::NotStarted(_) | Outcome::NotStartedInTime { .. } | Outcome::Lost(_) => None,
        }
    }

    /// Returns its status.
    pub(crate) fn status(&self) -> Status {
        match &self.outcome {
            Outcome::Exited(exit) if exit.success() => Status::Ok,
            Outcome::EndedWithRun { .. } => Status::Ok,
            Outcome::Exited(exit) | Outcome::EndedEarly { exit } if exit.signal.is_some() => {
                Status::Signaled
            }
            Outcome::Exited(_)
            | Outcome::EndedEarly { .. }
            | Outcome::NeededTerminal { .. }
            | Outcome::Lost(_) => Status::Failed,
            Outcome::TimedOut { .. }
            | Outcome::NotReady { .. }
            | Outcome::NotStartedInTime { .. } => Status::Timeout,
            Outcome::Canceled { .. } => Status::Canceled,
            Outcome::NotStarted(_) => Status::SpawnError,
        }
    }

    /// Returns the exit code that a shell would report; 1 if there is none.
    pub(crate) fn shell_code(&self) -> u8 {
        match self.exit().map(|exit| (exit.code, exit.signal)) {
            Some((Some(code), _)) => code as u8,
            Some((None, Some(signal))) => 128_u8.wrapping_add(signal.as_raw() as u8),
            Some((None, None)) | None => 1,
        }
    }

    /// Returns why it was ended from outside, if it was.
    pub(crate) fn reason(&self) -> Option<CancelReason> {
        match &self.outcome {
            Outcome::Canceled { reason, .. } => *reason,
            Outcome::NeededTerminal { .. } => Some(CancelReason::NeedsTerminal),
            _ => None,
        }
    }

    /// Returns why there is no exit status.
    pub(crate) fn error(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::NotStarted(why) | Outcome::Lost(why) => Some(why),
            Outcome::NotStartedInTime { why, .. } => Some(why),
            _ => None,
        }
    }

    /// Returns how it ended, in the words that people read.
    pub(crate) fn ending(&self) -> String {
        match &self.outcome {
            Outcome::NotStarted(why) => format!("could not start: {why}"),
            Outcome::Lost(why) | Outcome::NotStartedInTime { why, .. } => why.clone(),
            Outcome::TimedOut { limit, .. } => {
                format!("timed out after {}", format_duration(*limit))
            }
            Outcome::Canceled { .. } => Status::Canceled.to_string(),
            Outcome::EndedWithRun { .. } => "ended with the run".to_owned(),
            Outcome::EndedEarly { exit } if exit.success() => "ended before the run".to_owned(),
            Outcome::NotReady { limit, .. } => {
                format!("not ready after {}", format_duration(*limit))
            }
            Outcome::NeededTerminal { .. } => "needs the terminal: run it with --tty".to_owned(),
            Outcome::Exited(exit) | Outcome::EndedEarly { exit } => {
                match (exit.code, exit.signal) {
                    (Some(0), _) => Status::Ok.to_string(),
                    (Some(code), _) => self.exit_code(code),
                    (None, Some(signal)) if exit.core_dumped => {
                        format!("killed by {signal}, core dumped")
                    }
                    (None, Some(signal)) => format!("killed by {signal}"),
                    (None, None) => Status::Failed.to_string(),
                }
            }
        }
    }

    /// Describes an exit code. A shell exits with 126 or 127 if it cannot execute a program, but any
    /// program may: the reason is given only if execution was seen to fail before the shell was started.
    fn exit_code(&self, code: i32) -> String {
        match &self.exec_error {
            Some(why) if matches!(code, 126 | 127) => format!("exit {code}, {why}"),
            _ => format!("exit {code}"),
        }
    }

    /// Whether output could not be kept.
    pub(crate) fn is_truncated(&self) -> bool {
        self.stdout.lost() + self.stderr.lost() > 0
    }
}
