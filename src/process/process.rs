//! A running process: a handle, and its standard streams.

use std::io;
use std::time::Duration;

use tokio::task::AbortHandle;

use super::command::{Backend, Command, KillOnDrop};
use super::exit::{ExitInfo, WaitError};
use super::handle::{Delivery, Hold, ProcessHandle, Scope, ShutdownError, SignalError};
use super::reap::dropped;
use super::spawn::UnwatchedChild;
use super::stream::{Capture, Peek, Pieces, StreamReader, StreamWriter};
use crate::os::{Signal, TerminalSize};

/// A spawned process, like asyncio's `Process`.
///
/// It has the methods of its [`handle`](Self::handle) as well: `wait`, `kill`, `returncode` and so on.
/// Dropping it leaves the process running, unless [`Command::kill_on_drop`] is set.
#[derive(Debug)]
pub struct Process {
    /// The writer to standard input, if that is a [pipe](super::Stdio::Pipe). It may be taken.
    pub stdin: Option<StreamWriter>,
    /// The reader of standard output, if that is a [pipe](super::Stdio::Pipe). It may be taken.
    pub stdout: Option<StreamReader>,
    /// The reader of standard error, if that is a [pipe](super::Stdio::Pipe). It may be taken.
    pub stderr: Option<StreamReader>,
    pub(super) handle: ProcessHandle,
    /// Standard output and standard error, if they are captured.
    pub(super) captures: [Option<Capture>; 2],
    /// The future that drains them.
    pub(super) draining: Option<AbortHandle>,
    pub(super) leak_grace: Option<Duration>,
    /// Whether `communicate` has begun, so that input would come too late.
    pub(super) communicating: bool,
    /// Whether another process has inherited a pipe and still holds it.
    pub(super) leaked: bool,
    kill_on_drop: KillOnDrop,
    /// Keeps the group signallable for `KillOnDrop::Group`, even after the process itself has ended.
    _hold: Option<Hold>,
}

/// The parent's ends of the standard streams.
pub(super) struct Streams {
    pub(super) stdin: Option<StreamWriter>,
    pub(super) stdout: Option<StreamReader>,
    pub(super) stderr: Option<StreamReader>,
    pub(super) captures: [Option<Capture>; 2],
}

impl Process {
    pub(super) fn new(
        child: UnwatchedChild,
        streams: Streams,
        draining: Option<AbortHandle>,
        command: &Command,
    ) -> Self {
        let handle = child.watched(command.backend);
        let mut process = Self {
            handle,
            stdin: streams.stdin,
            stdout: streams.stdout,
            stderr: streams.stderr,
            captures: streams.captures,
            draining,
            leak_grace: command.leak_grace,
            communicating: false,
            leaked: false,
            kill_on_drop: KillOnDrop::No,
            _hold: None,
        };
        process.kill_on_drop(command.kill_on_drop);
        process
    }

    /// Returns a handle, which may outlive this value and be sent to other threads.
    #[must_use]
    pub fn handle(&self) -> ProcessHandle {
        self.handle.clone()
    }

    /// Returns the process id. After the process has ended the system may reuse it.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.handle.pid()
    }

    /// Returns the exit code, or −N for signal N, as [`ProcessHandle::returncode`].
    #[must_use]
    pub fn returncode(&self) -> Option<i32> {
        self.handle.returncode()
    }

    /// Returns the exit status, resource usage and times of the process; `None` while it runs.
    #[must_use]
    pub fn exit(&self) -> Option<ExitInfo> {
        self.handle.exit()
    }

    /// Waits until the process ends, as [`ProcessHandle::wait`]. Standard input stays open.
    ///
    /// # Errors
    /// As [`ProcessHandle::wait`].
    ///
    /// # Cancel safety
    /// This method is cancel safe: it may be dropped and called again.
    pub async fn wait(&self) -> Result<ExitInfo, WaitError> {
        self.handle.wait().await
    }

    /// Sends `signal` to the process, as [`ProcessHandle::send_signal`].
    ///
    /// # Errors
    /// As [`ProcessHandle::send_signal`].
    pub fn send_signal(&self, signal: Signal) -> Result<Delivery, SignalError> {
        self.handle.send_signal(signal)
    }

    /// Sends `signal` to the process or its process group, as [`ProcessHandle::send_signal_to`].
    ///
    /// # Errors
    /// As [`ProcessHandle::send_signal_to`].
    pub fn send_signal_to(&self, scope: Scope, signal: Signal) -> Result<Delivery, SignalError> {
        self.handle.send_signal_to(scope, signal)
    }

    /// Sends `SIGTERM` to the process.
    ///
    /// # Errors
    /// As [`ProcessHandle::send_signal`].
    pub fn terminate(&self) -> Result<Delivery, SignalError> {
        self.handle.terminate()
    }

    /// Sends `SIGKILL` to the process. Its children keep running: see [`shutdown`](Self::shutdown).
    ///
    /// # Errors
    /// As [`ProcessHandle::send_signal`].
    pub fn kill(&self) -> Result<Delivery, SignalError> {
        self.handle.kill()
    }

    /// Ends the process or its process group: `SIGTERM`, then `SIGKILL` after `grace`, as
    /// [`ProcessHandle::shutdown`].
    ///
    /// # Errors
    /// As [`ProcessHandle::shutdown`].
    ///
    /// # Cancel safety
    /// This method may be dropped and called again. `SIGTERM` may have been sent by then.
    pub async fn shutdown(&self, scope: Scope, grace: Duration) -> Result<ExitInfo, ShutdownError> {
        self.handle.shutdown(scope, grace).await
    }

    /// Returns the signal that stopped the process, if it is stopped. A stopped process has not ended.
    #[must_use]
    pub fn stopped_by(&self) -> Option<Signal> {
        self.handle.stopped_by()
    }

    /// Sets what happens to the process when this value is dropped, replacing
    /// [`Command::kill_on_drop`].
    pub fn kill_on_drop(&mut self, policy: KillOnDrop) {
        self.kill_on_drop = policy;
        let group = (policy == KillOnDrop::Group).then_some(&self.handle);
        self._hold = group.and_then(ProcessHandle::hold);
    }

    /// Returns how the end of this process is detected.
    #[doc(hidden)]
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.handle.backend()
    }

    pub(crate) fn is_running(&self) -> bool {
        self.handle.is_running()
    }

    pub(crate) fn hold(&self) -> Option<Hold> {
        self.handle.hold()
    }

    /// Returns a view of the last output on the [captured](super::Stdio::Capture) streams, usable from
    /// other threads.
    #[doc(hidden)]
    #[must_use]
    pub fn last_line(&self) -> LastLine {
        let [stdout, stderr] = &self.captures;
        LastLine {
            streams: [stdout, stderr].map(|capture| capture.as_ref().map(Capture::peek)),
        }
    }

    /// Resizes the [terminal](super::Stdio::Terminal) of the process's output and sends `SIGWINCH` to the
    /// process, or to its whole group if it leads one. Nothing is sent to a process that has ended.
    ///
    /// # Errors
    /// `Unsupported` if its output does not go to a pseudo-terminal of this program.
    pub fn resize_terminal(&self, size: TerminalSize) -> io::Result<()> {
        let terminal = self.captures[0].as_ref();
        terminal.ok_or(io::ErrorKind::Unsupported)?.resize(size)?;
        let scope = match self.handle.leads_group() {
            true => Scope::Group,
            false => Scope::Leader,
        };
        // The kernel itself signals the processes whose controlling terminal it is.
        let _ = self.send_signal_to(scope, Signal::WINCH);
        Ok(())
    }

    /// Returns standard output in pieces while the process runs, if it is
    /// [captured](super::Stdio::Capture). Call it once: each piece is given to one taker.
    #[doc(hidden)]
    #[must_use]
    pub fn stdout_pieces(&self) -> Option<Pieces> {
        self.captures[0].as_ref().map(Capture::pieces)
    }

    /// As [`stdout_pieces`](Self::stdout_pieces), for standard error.
    #[doc(hidden)]
    #[must_use]
    pub fn stderr_pieces(&self) -> Option<Pieces> {
        self.captures[1].as_ref().map(Capture::pieces)
    }
}

/// A view of the last output of a running process. Cheap to clone; costs nothing until it is read.
#[doc(hidden)]
#[derive(Clone, Debug, Default)]
pub struct LastLine {
    streams: [Option<Peek>; 2],
}

impl LastLine {
    /// Returns the last non-empty line of the stream that printed last, without its line ending; of a
    /// long line, its end. `None` if nothing was captured that is not yet in [`Pieces`] or handed out.
    #[must_use]
    pub fn look(&self) -> Option<Vec<u8>> {
        /// How many bytes at the end are read.
        const END: usize = 1024;
        let ends = self
            .streams
            .iter()
            .flatten()
            .filter_map(|peek| peek.end(END));
        let (_, end) = ends.max_by_key(|(printed_at, _)| *printed_at)?;
        let mut lines = end.rsplit(|byte| matches!(byte, b'\n' | b'\r'));
        lines.find(|line| !line.is_empty()).map(<[u8]>::to_vec)
    }
}

impl Drop for Process {
    /// Makes plain system calls only: the runtime may be gone.
    fn drop(&mut self) {
        let is_running = self.handle.is_running();
        let scope = match self.kill_on_drop {
            KillOnDrop::Group if self.handle.leads_group() => Some(Scope::Group),
            KillOnDrop::Group | KillOnDrop::Leader => is_running.then_some(Scope::Leader),
            KillOnDrop::No => None,
        };
        if let Some(scope) = scope {
            // The process may have ended just now, or may not be killed by us: let go of it all the same.
            let _ = self.send_signal_to(scope, Signal::KILL);
        }
        if is_running {
            dropped::adopt(&self.handle);
        }
    }
}
