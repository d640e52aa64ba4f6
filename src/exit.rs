//! prun's exit codes.

use crate::process::Signal;

/// How prun exits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// 0: every job succeeded (also after a retry), or there were no jobs.
    Ok,
    /// 1: a job failed, timed out, was killed by a signal or could not start.
    JobFailed,
    /// 2: an error in the command line or the job file, or the system lets no job start; no (further)
    /// job was started.
    Usage,
    /// 3: output could not be stored or written, even if every job succeeded.
    OutputLost,
    /// 124: the time limit of the whole run (`--deadline`) was reached.
    DeadlinePassed,
    /// The exit code of the job that won a race (`--race`); 128+N if signal N killed it.
    Winner(u8),
    /// `--gnu`: the number of jobs that failed, 101 for more than 100; with `--halt` the exit code of the
    /// job that ended the run, or the percentage that failed.
    Failures(u8),
    /// 255, `--gnu`: what is 2 or 3 otherwise.
    ParallelError,
    /// 128+N: `--replay` of a run that was cancelled by signal N, which is not re-raised.
    Replayed(Signal),
    /// Killed by a signal: the signal cancelled the run, the jobs have ended, and prun re-raises the
    /// signal, so that a shell's loop around prun ends too. `SIGPIPE` if the reader of standard output
    /// has closed it.
    Signal(Signal),
}

impl ExitCode {
    /// Returns the exit code; 128+N for a signal, used only if it cannot be re-raised (as PID 1).
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::JobFailed => 1,
            Self::Usage => 2,
            Self::OutputLost => 3,
            Self::DeadlinePassed => 124,
            Self::Winner(code) | Self::Failures(code) => code,
            Self::ParallelError => 255,
            Self::Replayed(signal) | Self::Signal(signal) => {
                128_u8.wrapping_add(signal.as_raw() as u8)
            }
        }
    }
}
