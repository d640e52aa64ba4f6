//! A running process: a handle, and the streams that belong to it.

use std::io;
use std::ops::Deref;

use tokio::task::AbortHandle;

use super::capture::{Capture, Peek, Pieces};
use super::command::{Command, KillOnDrop};
use super::handle::ProcessHandle;
use super::orphans;
use super::pty::TerminalSize;
use super::reader::StreamReader;
use super::signal::{Scope, Signal};
use super::spawn::newborn::Newborn;
use super::writer::StreamWriter;

/// A started process, as asyncio's `Process`.
///
/// It is a [`ProcessHandle`] (`wait`, `kill`, `returncode` …) with the streams that belong to it.
/// Dropping it leaves the process running, unless [`Command::kill_on_drop`] says otherwise.
#[derive(Debug)]
pub struct Process {
    pub(super) handle: ProcessHandle,
    pub(super) streams: Streams,
    /// Whether `communicate` has taken an input, so that another one would come too late.
    pub(super) communicating: bool,
    kill_on_drop: KillOnDrop,
}

/// The ends of the process's streams that are ours.
#[derive(Debug, Default)]
pub(super) struct Streams {
    pub(super) stdin: Option<StreamWriter>,
    pub(super) stdout: Option<StreamReader>,
    pub(super) stderr: Option<StreamReader>,
    pub(super) captured_stdout: Option<Capture>,
    pub(super) captured_stderr: Option<Capture>,
    /// What drains those two.
    pub(super) draining: Option<AbortHandle>,
}

impl Process {
    pub(super) fn new(newborn: Newborn, streams: Streams, command: &Command) -> Self {
        Self {
            handle: newborn.watched(command.backend),
            streams,
            communicating: false,
            kill_on_drop: command.kill_on_drop,
        }
    }

    /// A handle that may outlive this value and be given to other threads.
    #[must_use]
    pub fn handle(&self) -> ProcessHandle {
        self.handle.clone()
    }

    /// The writer to standard input, if that is a pipe and was not taken.
    pub fn stdin(&mut self) -> Option<&mut StreamWriter> {
        self.streams.stdin.as_mut()
    }

    /// The reader of standard output, if that is a pipe and was not taken.
    pub fn stdout(&mut self) -> Option<&mut StreamReader> {
        self.streams.stdout.as_mut()
    }

    /// The reader of standard error, if that is a pipe and was not taken.
    pub fn stderr(&mut self) -> Option<&mut StreamReader> {
        self.streams.stderr.as_mut()
    }

    /// Takes the writer to standard input out, for use beside this value.
    pub fn take_stdin(&mut self) -> Option<StreamWriter> {
        self.streams.stdin.take()
    }

    /// Takes the reader of standard output out.
    pub fn take_stdout(&mut self) -> Option<StreamReader> {
        self.streams.stdout.take()
    }

    /// Takes the reader of standard error out.
    pub fn take_stderr(&mut self) -> Option<StreamReader> {
        self.streams.stderr.take()
    }

    /// A look at what the process printed last to its [captured](super::Stdio::Capture) streams,
    /// also from other threads.
    #[must_use]
    pub fn last_line(&self) -> LastLine {
        let streams = [&self.streams.captured_stdout, &self.streams.captured_stderr];
        LastLine {
            streams: streams.map(|capture| capture.as_ref().map(Capture::peek)),
        }
    }

    /// Gives the [terminal](super::Stdio::Terminal) of its output another size, and tells the
    /// process, or its whole group if it leads one, by `SIGWINCH`. One that has ended is told nothing.
    ///
    /// # Errors
    /// When its output does not go to a terminal of ours.
    pub fn resize_terminal(&self, size: TerminalSize) -> io::Result<()> {
        let terminal = self.streams.captured_stdout.as_ref();
        terminal.ok_or(io::ErrorKind::Unsupported)?.resize(size)?;
        let scope = match self.leads_group() {
            true => Scope::Group,
            false => Scope::Leader,
        };
        // The system itself tells those whose controlling terminal it is.
        let _ = self.send_signal_to(scope, Signal::WINCH);
        Ok(())
    }

    /// What standard output gives while the process runs, if it is
    /// [captured](super::Stdio::Capture). To be asked for once: pieces go to one taker.
    #[must_use]
    pub fn stdout_pieces(&self) -> Option<Pieces> {
        self.streams.captured_stdout.as_ref().map(Capture::pieces)
    }

    /// The same of standard error.
    #[must_use]
    pub fn stderr_pieces(&self) -> Option<Pieces> {
        self.streams.captured_stderr.as_ref().map(Capture::pieces)
    }
}

/// A look at what a running process printed last. Cheap to clone, and free for whoever never looks.
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

impl Deref for Process {
    type Target = ProcessHandle;

    fn deref(&self) -> &ProcessHandle {
        &self.handle
    }
}

impl Drop for Process {
    /// Plain system calls only: the runtime may be gone.
    fn drop(&mut self) {
        if self.is_running() {
            let scope = match self.kill_on_drop {
                KillOnDrop::No => None,
                KillOnDrop::Leader => Some(Scope::Leader),
                KillOnDrop::Group if self.leads_group() => Some(Scope::Group),
                KillOnDrop::Group => Some(Scope::Leader),
            };
            if let Some(scope) = scope {
                // It may have ended by itself just now, which is as good.
                let _ = self.send_signal_to(scope, Signal::KILL);
            }
            orphans::adopt(self.handle());
        }
    }
}
