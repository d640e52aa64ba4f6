//! [`ProcessHandle`]: waits for a process and sends signals to it.

use std::fmt;
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::group_number::GroupNumber;

use super::delivery::{Delivery, Scope, SignalError};
use super::watcher::Watcher;
use crate::os::sys::Child;
use crate::os::{Signal, process_group, sys};
use crate::process::command::Backend;
use crate::process::exit::{ExitInfo, Started, WaitError};
use crate::process::reap::{ChildInfo, Claim};

/// Waits for a process and sends signals to it. Cheap to clone and usable from any thread.
#[derive(Clone)]
pub struct ProcessHandle {
    pub(super) shared: Arc<SharedProcess>,
}

/// The state shared by all handles of a process.
pub(super) struct SharedProcess {
    pub(super) pid: u32,
    pub(super) leads_group: bool,
    started: Started,
    pub(super) watcher: Watcher,
    /// Signals are sent and exit statuses collected under this one lock, so a process id is never
    /// signalled after it was released to the system.
    state: Mutex<ProcessState>,
    _claim: Claim,
}

pub(crate) struct ProcessState {
    status: Status,
    pub(super) number: GroupNumber,
    /// Whether the reaper of dropped processes has taken it over.
    is_adopted: bool,
}

#[derive(Clone, Copy)]
enum Status {
    Running,
    Exited(ExitInfo),
    /// Other code reaped it: its exit status is lost.
    Lost,
}

impl ProcessHandle {
    pub(crate) fn new(child: ChildInfo, watcher: Watcher) -> Self {
        let state = ProcessState {
            status: Status::Running,
            number: GroupNumber::default(),
            is_adopted: false,
        };
        let shared = SharedProcess {
            pid: child.claim.pid(),
            leads_group: child.leads_group,
            started: child.started,
            watcher,
            state: Mutex::new(state),
            _claim: child.claim,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Whether the process is running, as far as can be determined. Polls, and reaps it if it ended.
    pub(crate) fn is_running(&self) -> bool {
        matches!(self.poll_exit(), Ok(None))
    }

    /// The pidfd, which becomes readable when the process ends; `None` where pidfds are not used.
    pub(crate) fn pidfd(&self) -> Option<BorrowedFd<'_>> {
        self.shared.watcher.pidfd()
    }

    pub(crate) fn leads_group(&self) -> bool {
        self.shared.leads_group
    }

    /// Returns the process id. After the process has ended the system may reuse it.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.shared.pid
    }

    /// Returns how the end of this process is detected.
    #[doc(hidden)]
    #[must_use]
    pub fn backend(&self) -> Backend {
        match self.shared.watcher {
            Watcher::Pidfd(_) => Backend::Pidfd,
            Watcher::Sigchld => Backend::Sigchld,
        }
    }

    /// Returns the exit code, or −N if signal N ended the process; `None` while it runs, or if its
    /// status was lost (see [`wait`](Self::wait)). Polls the process, so no `wait` is needed first.
    #[must_use]
    pub fn returncode(&self) -> Option<i32> {
        self.exit().map(|exit| exit.returncode())
    }

    /// Returns the exit status, resource usage and times of the process; `None` while it runs.
    #[must_use]
    pub fn exit(&self) -> Option<ExitInfo> {
        self.poll_exit().ok().flatten()
    }

    /// Waits until the process ends, whatever becomes of its pipes.
    ///
    /// Any number of callers may wait, any number of times. A process stopped by a signal has not
    /// ended. With [`Stdio::Pipe`](crate::process::Stdio::Pipe) and no reader, a process that writes
    /// more than the pipe holds never ends.
    ///
    /// # Errors
    /// [`WaitError::StatusLost`] if other code reaped the process or `SIGCHLD` is ignored;
    /// [`WaitError::Os`] if the runtime that the process was spawned in has shut down.
    ///
    /// # Cancel safety
    /// This method is cancel safe: it may be dropped and called again.
    pub async fn wait(&self) -> Result<ExitInfo, WaitError> {
        let pid = self.shared.pid;
        let ended = || self.poll_exit().map_err(WaitFailure::Wait);
        self.shared
            .watcher
            .until(ended)
            .await
            .map_err(|failure| match failure {
                WaitFailure::Wait(error) => error,
                WaitFailure::Io(source) => WaitError::Os { pid, source },
            })
    }

    /// Waits until the process has ended, even if its exit status is lost.
    pub(crate) async fn ended(&self) -> Result<(), WaitError> {
        match self.wait().await {
            Ok(_) | Err(WaitError::StatusLost { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Sends `signal` to the process.
    ///
    /// # Errors
    /// [`SignalError`]. It is not an error if the process has ended: see [`Delivery`].
    pub fn send_signal(&self, signal: Signal) -> Result<Delivery, SignalError> {
        self.send_signal_to(Scope::Leader, signal)
    }

    /// Sends `signal` to the process or to its process group.
    ///
    /// A group may be signalled after its leader has ended. Before Linux 6.9 and on other systems this
    /// works only until the end of the leader is reported to a caller, or with
    /// [`KillOnDrop::Group`](crate::process::KillOnDrop::Group).
    ///
    /// # Errors
    /// As [`send_signal`](Self::send_signal), and [`SignalError::NoGroup`] if the process was not
    /// started with [`Group::New`](crate::process::Group::New) or in a new session.
    pub fn send_signal_to(&self, scope: Scope, signal: Signal) -> Result<Delivery, SignalError> {
        let pid = self.shared.pid;
        match self.shared.send(scope, signal) {
            Ok(delivery) => Ok(delivery),
            Err(source) => Err(match source.raw_os_error() {
                Some(libc::EPERM) => SignalError::Permission { signal, pid },
                Some(libc::EINVAL) => SignalError::NoSuchSignal { signal },
                _ if source.kind() == io::ErrorKind::Unsupported => SignalError::NoGroup { pid },
                _ => SignalError::Os {
                    signal,
                    pid,
                    source,
                },
            }),
        }
    }

    /// Sends `SIGTERM` to the process.
    ///
    /// # Errors
    /// As [`send_signal`](Self::send_signal).
    pub fn terminate(&self) -> Result<Delivery, SignalError> {
        self.send_signal(Signal::TERM)
    }

    /// Sends `SIGKILL` to the process. Its children keep running: see [`shutdown`](Self::shutdown).
    ///
    /// # Errors
    /// As [`send_signal`](Self::send_signal).
    pub fn kill(&self) -> Result<Delivery, SignalError> {
        self.send_signal(Signal::KILL)
    }

    /// Returns the signal that stopped the process, if it is stopped. A stopped process has not ended.
    #[must_use]
    pub fn stopped_by(&self) -> Option<Signal> {
        // Under the lock, so that the process id cannot be reused.
        let state = self.shared.lock();
        match state.status {
            Status::Running => sys::stopped_by(self.shared.child()).map(Signal::from_raw),
            Status::Exited(_) | Status::Lost => None,
        }
    }

    /// Marks the process as taken over by the reaper of dropped processes. Returns `true` the first time.
    pub(crate) fn mark_adopted(state: &mut ProcessState) -> bool {
        !std::mem::replace(&mut state.is_adopted, true)
    }

    /// Locks the shared state.
    pub(crate) fn lock(&self) -> MutexGuard<'_, ProcessState> {
        self.shared.lock()
    }

    /// Checks whether the process has ended, and collects its exit status.
    fn poll_exit(&self) -> Result<Option<ExitInfo>, WaitError> {
        let pid = self.shared.pid;
        let mut state = self.shared.lock();
        match state.status {
            Status::Exited(exit) => return Ok(Some(exit)),
            Status::Lost => return Err(WaitError::StatusLost { pid }),
            Status::Running => {}
        }
        match self.collect(&mut state) {
            Ok(None) => Ok(None),
            Ok(Some(raw)) => {
                let exit = ExitInfo::new(&raw, self.shared.started);
                state.status = Status::Exited(exit);
                Ok(Some(exit))
            }
            Err(error) if error.raw_os_error() == Some(libc::ECHILD) => {
                state.status = Status::Lost;
                Err(WaitError::StatusLost { pid })
            }
            Err(source) => Err(WaitError::Os { pid, source }),
        }
    }
}

/// Why waiting ended without an exit status.
enum WaitFailure {
    Wait(WaitError),
    Io(io::Error),
}

impl From<io::Error> for WaitFailure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl SharedProcess {
    /// Ignores poison: a panic while the lock is held cannot leave the state half changed.
    pub(super) fn lock(&self) -> MutexGuard<'_, ProcessState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn child(&self) -> Child<'_> {
        self.watcher
            .pidfd()
            .map_or(Child::Pid(self.pid as libc::pid_t), Child::Pidfd)
    }

    fn send(&self, scope: Scope, signal: Signal) -> io::Result<Delivery> {
        let mut state = self.lock();
        let is_ours = state.number.is_kept || matches!(state.status, Status::Running);
        let pid = self.pid as libc::pid_t;
        let raw = signal.as_raw();
        let sent = match (scope, self.watcher.pidfd()) {
            (Scope::Leader, _) if !matches!(state.status, Status::Running) => {
                return Ok(Delivery::AlreadyExited);
            }
            (Scope::Leader, Some(pidfd)) => sys::pidfd_send_signal(pidfd, raw, false),
            (Scope::Leader, None) => sys::kill(pid, raw),
            (Scope::Group, _) if !self.leads_group => Err(io::ErrorKind::Unsupported.into()),
            (Scope::Group, Some(pidfd)) if process_group::can_signal_by_pidfd() => {
                sys::pidfd_send_signal(pidfd, raw, true)
            }
            (Scope::Group, _) if is_ours => sys::kill(-pid, raw),
            (Scope::Group, _) => return Ok(Delivery::AlreadyExited),
        };
        match sent {
            Ok(()) => Ok(Delivery::Sent),
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => {
                if scope == Scope::Group {
                    self.release(&mut state.number);
                }
                Ok(Delivery::AlreadyExited)
            }
            Err(error) => Err(error),
        }
    }
}

impl Drop for SharedProcess {
    fn drop(&mut self) {
        let mut state = self.lock();
        self.release(&mut state.number);
    }
}

impl fmt::Debug for ProcessHandle {
    /// Like asyncio's `repr`: the process id and whether it runs. Does not poll.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Process {}", self.shared.pid)?;
        match self.shared.lock().status {
            Status::Running => f.write_str(" running>"),
            Status::Exited(exit) => write!(f, " returncode {}>", exit.returncode()),
            Status::Lost => f.write_str(" status lost>"),
        }
    }
}

impl fmt::Debug for SharedProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {}", self.pid)
    }
}
