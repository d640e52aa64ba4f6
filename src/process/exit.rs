//! How a process ended.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant, SystemTime};

use crate::os::Signal;
use crate::os::sys::RawExit;

/// How a process ended: exit status, resource usage and times.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct ExitInfo {
    /// The exit code; `None` if a signal terminated the process.
    pub code: Option<i32>,
    /// The signal that terminated the process, if one did.
    pub signal: Option<Signal>,
    /// Whether a core dump was written.
    pub core_dumped: bool,
    /// CPU time, memory, page faults and context switches.
    pub usage: ResourceUsage,
    /// When the process was started, by the system clock.
    pub started_at: SystemTime,
    /// The time from its start until its end was detected, by a monotonic clock.
    pub elapsed: Duration,
}

impl ExitInfo {
    /// Returns the exit code, or −N if signal N terminated the process, as in Python.
    #[must_use]
    pub fn returncode(&self) -> i32 {
        match (self.code, self.signal) {
            (Some(code), _) => code,
            (None, Some(signal)) => -signal.as_raw(),
            (None, None) => unreachable!("a process ends by a code or by a signal"),
        }
    }

    /// Whether the process exited with code 0.
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
    /// Formats like std's [`ExitStatus`]: `exit status: 1`, `signal: SIGSEGV (core dumped)`.
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
    /// Converts to std's type.
    fn from(exit: ExitInfo) -> Self {
        // The format of wait(2): on every Unix the code is in the second byte, the signal in the first,
        // and the core dump flag in the highest bit of the first.
        let signal = exit.signal.map_or(0, Signal::as_raw);
        let core_dumped = if exit.core_dumped { 0x80 } else { 0 };
        Self::from_raw(exit.code.unwrap_or(0) << 8 | signal | core_dumped)
    }
}

/// The time of a start, on both clocks.
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

/// The resources used by a process and by the descendants that it waited for, as in getrusage(2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResourceUsage {
    /// CPU time in user mode.
    pub user: Duration,
    /// CPU time in kernel mode.
    pub system: Duration,
    /// Peak memory (maximum resident set size), in bytes. The kernel never reports less than the peak
    /// of the parent at the time of the spawn.
    pub max_rss_bytes: u64,
    /// Page faults served without reading from a disk.
    pub minor_faults: u64,
    /// Page faults that required reading from a disk.
    pub major_faults: u64,
    /// Voluntary context switches.
    pub voluntary_switches: u64,
    /// Involuntary context switches.
    pub involuntary_switches: u64,
}

impl ResourceUsage {
    /// `ru_maxrss` is in KiB on all systems but Apple's.
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

/// Why waiting for a process yielded no exit status.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WaitError {
    /// Other code in this program reaped the process, or `SIGCHLD` is ignored. No exit code is made up.
    #[error(
        "the exit status of process {pid} is lost: reaped by other code, or SIGCHLD is ignored"
    )]
    StatusLost {
        /// The process id.
        pid: u32,
    },
    /// The system cannot watch the process, or the runtime has shut down.
    #[error("could not wait for process {pid}")]
    Os {
        /// The process id.
        pid: u32,
        /// The error of the system call or the runtime.
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
