//! How a process ended.

use std::time::{Duration, Instant, SystemTime};

use super::signal::Signal;
use super::sys::RawExit;

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
    /// Whether another process held a pipe of this one when
    /// [`communicate`](super::Process::communicate) or [`captured`](super::Process::captured)
    /// stopped reading it; not known before.
    pub leaked: bool,
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
            leaked: false,
            started_at: started.at,
            elapsed: started.instant.elapsed(),
        }
    }
}

/// The moment of a start, on both clocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Started {
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
