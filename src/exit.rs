//! Every way in which prun itself can end, one line each.

use crate::process::Signal;

/// How prun ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// 0: every job is ok (a success after a retry counts), or there were no jobs at all.
    Ok,
    /// 1: a job failed, timed out, died by a signal or could not start.
    JobFailed,
    /// 2: the command line or the job file is wrong, or the system lets no job start; nothing (more)
    /// was started.
    Usage,
    /// 3: prun broke a promise: output could not be kept or written, even if every job passed.
    OutputLost,
    /// 124: the time for the whole run (`--deadline`) was over.
    DeadlinePassed,
    /// The code of the job that won a race (`--race`); 128+N if signal N ended it.
    Winner(u8),
    /// 128+N: `--replay` tells of a run that was stopped by signal N, which is not raised again.
    Replayed(Signal),
    /// By a signal: prun was told to stop, the jobs have ended, and the same signal is raised
    /// again, so that a shell's loop around prun stops too. `SIGPIPE` when the reader of standard
    /// output went away.
    Signal(Signal),
}

impl ExitCode {
    /// The number; 128+N for a signal, which counts only where it cannot be raised (as PID 1).
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::JobFailed => 1,
            Self::Usage => 2,
            Self::OutputLost => 3,
            Self::DeadlinePassed => 124,
            Self::Winner(code) => code,
            Self::Replayed(signal) | Self::Signal(signal) => {
                128_u8.wrapping_add(signal.as_raw() as u8)
            }
        }
    }
}
