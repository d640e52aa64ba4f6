//! How a process ended.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant, SystemTime};

use crate::os::Signal;
use crate::os::sys::RawExit;

/// Everything the engine knows of a process that ended.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct ExitInfo {
    /// The exit code, none if a signal ended the process.
    pub code: Option<i32>,
    /// The signal that ended the process, if one did.
    pub signal: Option<Signal>,
    /// Whether the signal left a core dump.
    pub core_dumped: bool,
    /// CPU time and memory.
    pub usage: ResourceUsage,
    /// When the process was started, by the clock on the wall.
    pub started_at: SystemTime,
    /// From its start until its end was seen, by a clock that never jumps.
    pub elapsed: Duration,
}

impl ExitInfo {
    /// The exit code, or −N for signal N, as in Python.
    #[must_use]
    pub fn returncode(&self) -> i32 {
        match (self.code, self.signal) {
            (Some(code), _) => code,
            (None, Some(signal)) => -signal.as_raw(),
            (None, None) => unreachable!("a process ends by a code or by a signal"),
        }
    }

    /// Whether the process ended by itself with code 0.
    #[must_use]
    pub fn success(&self) -> bool {
        self.code == Some(0)
    }

    pub(super) fn new(raw: &RawExit, started: Started) -> Self {
        Self {
            code: (!raw.signaled).then_some(raw.status),
            signal: raw.signaled.then(|| Signal::from_raw(raw.status)),
            core_dumped: raw.core_dumped,
            usage: ResourceUsage::new(&raw.usage),
            started_at: started.at,
            elapsed: started.instant.elapsed(),
        }
    }
}

impl fmt::Display for ExitInfo {
    /// As std shows an [`ExitStatus`]: `exit status: 1`, `signal: SIGSEGV (core dumped)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code, self.signal) {
            (None, Some(signal)) => write!(f, "signal: {signal}")?,
            _ => write!(f, "exit status: {}", self.returncode())?,
        }
        match self.core_dumped {
            true => f.write_str(" (core dumped)"),
            false => Ok(()),
        }
    }
}

impl From<ExitInfo> for ExitStatus {
    /// For what takes std's type.
    fn from(exit: ExitInfo) -> Self {
        // As wait(2) gives it: every Unix has the code in the second byte, the signal in the first,
        // and the core dump in that one's highest bit.
        let signal = exit.signal.map_or(0, Signal::as_raw);
        let core_dumped = if exit.core_dumped { 0x80 } else { 0 };
        Self::from_raw(exit.code.unwrap_or(0) << 8 | signal | core_dumped)
    }
}

/// The moment of a start, on both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Started {
    pub(super) at: SystemTime,
    pub(super) instant: Instant,
}

impl Started {
    pub(super) fn now() -> Self {
        Self {
            at: SystemTime::now(),
            instant: Instant::now(),
        }
    }
}

/// What a process used, with the descendants that it waited for; as in getrusage(2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResourceUsage {
    /// CPU time in the program.
    pub user: Duration,
    /// CPU time in the kernel.
    pub system: Duration,
    /// The most memory at one time, in bytes. The kernel's figure never reads below the peak of
    /// the parent at the moment of the spawn.
    pub max_rss_bytes: u64,
    /// Page faults that needed no reading from a disk.
    pub minor_faults: u64,
    /// Page faults that did.
    pub major_faults: u64,
    /// How often it gave up the CPU by itself.
    pub voluntary_switches: u64,
    /// How often the CPU was taken from it.
    pub involuntary_switches: u64,
}

impl ResourceUsage {
    /// `ru_maxrss` is in KiB everywhere but on Apple's systems.
    fn new(usage: &libc::rusage) -> Self {
        let time = |time: libc::timeval| {
            Duration::from_secs(time.tv_sec as u64) + Duration::from_micros(time.tv_usec as u64)
        };
        let unit = if cfg!(target_vendor = "apple") {
            1
        } else {
            1024
        };
        Self {
            user: time(usage.ru_utime),
            system: time(usage.ru_stime),
            max_rss_bytes: usage.ru_maxrss as u64 * unit,
            minor_faults: usage.ru_minflt as u64,
            major_faults: usage.ru_majflt as u64,
            voluntary_switches: usage.ru_nvcsw as u64,
            involuntary_switches: usage.ru_nivcsw as u64,
        }
    }
}

/// Why a wait has no exit status to give.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WaitError {
    /// Other code in this program reaped the process, or `SIGCHLD` is ignored; never a number.
    #[error(
        "the exit status of process {pid} is lost: somebody else reaped it, or SIGCHLD is ignored"
    )]
    StatusLost {
        /// Whose status.
        pid: u32,
    },
    /// The system refused to watch the process, or the runtime is shut down.
    #[error("could not wait for process {pid}")]
    Os {
        /// Whose end.
        pid: u32,
        /// What the system said.
        source: std::io::Error,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exit(code: Option<i32>, signal: Option<Signal>, core_dumped: bool) -> ExitInfo {
        ExitInfo {
            code,
            signal,
            core_dumped,
            usage: ResourceUsage::default(),
            started_at: SystemTime::UNIX_EPOCH,
            elapsed: Duration::ZERO,
        }
    }

    #[test]
    fn an_exit_is_shown_and_becomes_a_status_of_std() {
        for (exit, shown, by_std) in [
            (
                exit(Some(0), None, false),
                "exit status: 0",
                "exit status: 0",
            ),
            (
                exit(Some(255), None, false),
                "exit status: 255",
                "exit status: 255",
            ),
            (
                exit(None, Some(Signal::KILL), false),
                "signal: SIGKILL",
                "signal: 9 (SIGKILL)",
            ),
            (
                exit(None, Some(Signal::ABRT), true),
                "signal: SIGABRT (core dumped)",
                "signal: 6 (SIGABRT) (core dumped)",
            ),
        ] {
            assert_eq!(exit.to_string(), shown);
            let status = ExitStatus::from(exit);
            assert_eq!(status.to_string(), by_std);
            assert_eq!(
                (status.code(), status.success()),
                (exit.code, exit.success())
            );
        }
    }
}
