//! A running process: a handle, and the streams that belong to it.

use std::io;
use std::time::Duration;

use tokio::task::AbortHandle;

use super::command::{Backend, Command, KillOnDrop};
use super::exit::{ExitInfo, WaitError};
use super::handle::{Delivery, Scope, SignalError};
use super::handle::{Hold, ProcessHandle, StopError};
use super::reap::dropped;
use super::spawn::UnwatchedChild;
use super::stream::StreamReader;
use super::stream::StreamWriter;
use super::stream::{Capture, Peek, Pieces};
use crate::os::Signal;
use crate::os::TerminalSize;

/// A started process, as asyncio's `Process`.
///
/// What others may ask and do as well, by a [`handle`](Self::handle), it does itself: `wait`, `kill`,
/// `returncode` … Dropping it leaves the process running, unless
/// [`Command::kill_on_drop`] says otherwise.
#[derive(Debug)]
pub struct Process {
    /// The writer to standard input, if that is a [pipe](super::Stdio::Pipe). It may be taken out.
    pub stdin: Option<StreamWriter>,
    /// The reader of standard output, if that is a [pipe](super::Stdio::Pipe). It may be taken out.
    pub stdout: Option<StreamReader>,
    /// The reader of standard error, likewise.
    pub stderr: Option<StreamReader>,
    pub(super) handle: ProcessHandle,
    /// Standard output and standard error, where they are captured.
    pub(super) captures: [Option<Capture>; 2],
    /// What drains those two.
    pub(super) draining: Option<AbortHandle>,
    pub(super) leak_grace: Option<Duration>,
    /// Whether `communicate` has begun, so that an input would come too late.
    pub(super) communicating: bool,
    /// Whether it has left a pipe to another process.
    pub(super) leaked: bool,
    kill_on_drop: KillOnDrop,
    /// For the group that is to be killed then, also when the process itself has ended.
    _hold: Option<Hold>,
}

/// The ends of the process's streams that are ours.
pub(super) struct Streams {
    pub(super) stdin: Option<StreamWriter>,
    pub(super) stdout: Option<StreamReader>,
    pub(super) stderr: Option<StreamReader>,
    pub(super) captures: [Option<Capture>; 2],
}

impl Process {
    pub(super) fn new(
        newborn: UnwatchedChild,
        streams: Streams,
        draining: Option<AbortHandle>,
        command: &Command,
    ) -> Self {
        let handle = newborn.watched(command.backend);
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

    /// A handle that may outlive this value and be given to other threads.
    #[must_use]
    pub fn handle(&self) -> ProcessHandle {
        self.handle.clone()
    }

    /// The process's number, also after its end (when the system may use it again).
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.handle.pid()
    }

    /// How the process ended, as [`ProcessHandle::returncode`].
    #[must_use]
    pub fn returncode(&self) -> Option<i32> {
        self.handle.returncode()
    }

    /// Everything about how the process ended; `None` while it runs.
    #[must_use]
    pub fn exit(&self) -> Option<ExitInfo> {
        self.handle.exit()
    }

    /// Waits until the process ends, as [`ProcessHandle::wait`]. Standard input stays open.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// May be dropped and called again.
    pub async fn wait(&self) -> Result<ExitInfo, WaitError> {
        self.handle.wait().await
    }

    /// Sends `signal` to the process, as [`ProcessHandle::send_signal`].
    ///
    /// # Errors
    /// As there.
    pub fn send_signal(&self, signal: Signal) -> Result<Delivery, SignalError> {
        self.handle.send_signal(signal)
    }

    /// Sends `signal` to the process or its group, as [`ProcessHandle::send_signal_to`].
    ///
    /// # Errors
    /// As there.
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

    /// Sends `SIGKILL` to the process. Its children live on: see [`stop`](Self::stop).
    ///
    /// # Errors
    /// As [`ProcessHandle::send_signal`].
    pub fn kill(&self) -> Result<Delivery, SignalError> {
        self.handle.kill()
    }

    /// Ends the process, or its whole group, gently and then firmly, as [`ProcessHandle::stop`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// May be dropped and called again; `SIGTERM` may have been sent then.
    pub async fn stop(&self, scope: Scope, grace: Duration) -> Result<ExitInfo, StopError> {
        self.handle.stop(scope, grace).await
    }

    /// The signal by which the process is stopped, if it is. One that was stopped has not ended.
    #[must_use]
    pub fn stopped_by(&self) -> Option<Signal> {
        self.handle.stopped_by()
    }

    /// What happens to the process when this value is dropped, from now on: in place of what
    /// [`Command::kill_on_drop`] said.
    pub fn kill_on_drop(&mut self, policy: KillOnDrop) {
        self.kill_on_drop = policy;
        let group = (policy == KillOnDrop::Group).then_some(&self.handle);
        self._hold = group.and_then(ProcessHandle::hold);
    }

    /// How the end of this process is learnt.
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

    /// A look at what the process printed last to its [captured](super::Stdio::Capture) streams,
    /// also from other threads.
    #[doc(hidden)]
    #[must_use]
    pub fn last_line(&self) -> LastLine {
        let [stdout, stderr] = &self.captures;
        LastLine {
            streams: [stdout, stderr].map(|capture| capture.as_ref().map(Capture::peek)),
        }
    }

    /// Gives the [terminal](super::Stdio::Terminal) of its output another size, and tells the
    /// process, or its whole group if it leads one, by `SIGWINCH`. One that has ended is told nothing.
    ///
    /// # Errors
    /// When its output does not go to a terminal of ours.
    pub fn resize_terminal(&self, size: TerminalSize) -> io::Result<()> {
        let terminal = self.captures[0].as_ref();
        terminal.ok_or(io::ErrorKind::Unsupported)?.resize(size)?;
        let scope = match self.handle.leads_group() {
            true => Scope::Group,
            false => Scope::Leader,
        };
        // The system itself tells those whose controlling terminal it is.
        let _ = self.send_signal_to(scope, Signal::WINCH);
        Ok(())
    }

    /// What standard output gives while the process runs, if it is
    /// [captured](super::Stdio::Capture). To be asked for once: pieces go to one taker.
    #[doc(hidden)]
    #[must_use]
    pub fn stdout_pieces(&self) -> Option<Pieces> {
        self.captures[0].as_ref().map(Capture::pieces)
    }

    /// The same of standard error.
    #[doc(hidden)]
    #[must_use]
    pub fn stderr_pieces(&self) -> Option<Pieces> {
        self.captures[1].as_ref().map(Capture::pieces)
    }
}

/// A look at what a running process printed last. Cheap to clone, and free for whoever never looks.
#[doc(hidden)]
#[derive(Clone, Debug, Default)]
pub struct LastLine {
    streams: [Option<Peek>; 2],
}

impl LastLine {
    /// The last line that is not empty of the stream that printed last, without its end; of a long
    /// line, the end. None if nothing was captured that was not taken in [`Pieces`] or handed out.
    #[must_use]
    pub fn look(&self) -> Option<Vec<u8>> {
        /// As much as is looked at.
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
    /// Plain system calls only: the runtime may be gone.
    fn drop(&mut self) {
        let is_running = self.handle.is_running();
        let scope = match self.kill_on_drop {
            KillOnDrop::Group if self.handle.leads_group() => Some(Scope::Group),
            KillOnDrop::Group | KillOnDrop::Leader => is_running.then_some(Scope::Leader),
            KillOnDrop::No => None,
        };
        if let Some(scope) = scope {
            // Who has ended by itself just now, or may not be killed by us, is let go all the same.
            let _ = self.send_signal_to(scope, Signal::KILL);
        }
        if is_running {
            dropped::adopt(&self.handle);
        }
    }
}
