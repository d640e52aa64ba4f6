//! From a [`Command`] to a running [`Process`].

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

#[cfg(linux)]
use super::posix_spawn;
use super::std_spawn::StdCommand;
use super::stdio_ends::{ChildEnd, ParentEnd, input, output};
use super::unwatched_child::UnwatchedChild;
#[cfg(linux)]
use super::vfork;
use crate::process::command::{Command, Stdio};
use crate::process::drivers;
use crate::process::error::{SpawnError, SpawnErrorKind};
use crate::process::process::{Process, Streams};
use crate::process::program::diagnose;
#[cfg(linux)]
use crate::process::program::local_program;
use crate::process::spawn::start_error::StartError;
#[cfg(linux)]
use crate::process::spawn_thread::here;
use crate::process::spawn_thread::{SpawnStart, run_on_spawn_thread, run_on_spawn_thread_blocking};
use crate::process::stream::drain;

/// How often a program file that is being written is tried again: after 1, 2, 4 … 64 ms, 127 ms in all.
const BUSY_RETRIES: u32 = 7;

/// A program that is executed within this time is on a disk that responds.
#[cfg(linux)]
const QUICK: Duration = Duration::from_millis(100);

impl Command {
    /// Starts the process.
    ///
    /// Returns once the program was executed, so a missing program is an error here. A program file
    /// that another thread is writing (`ETXTBSY`) is tried again for 127 ms.
    ///
    /// The runtime never waits for a file system that may not respond: a separate thread looks up the
    /// program and executes it. On Linux the calling thread itself starts programs in a system
    /// directory, and those that were executed quickly before, if the program and the working directory
    /// are on a local disk: this blocks it until the program is executed, for about a millisecond. While a
    /// spawn hangs, because the file is on a server that is down, the next one is done by an additional
    /// thread, after 0.2 s; while 32 spawns hang, further ones fail ([`SpawnErrorKind::Resource`]).
    ///
    /// # Errors
    /// [`SpawnError`] says which part of the command is at fault. No process is left behind.
    ///
    /// # Cancel safety
    /// If the future is dropped, no process is left behind. If the separate thread has begun to start the
    /// process by then, it is killed and reaped: on Linux before it executes the program, or right after.
    /// If it was to lead a process group, the group is sent the `SIGKILL`.
    pub async fn spawn(&self) -> Result<Process, SpawnError> {
        Arc::new(self.clone()).start(&SpawnStart::default()).await
    }

    /// Starts the process like [`spawn`](Self::spawn), blocking the calling thread until the program is
    /// executed: for code that is not async. Must be called in the context of a runtime, which watches the
    /// process and its pipes.
    ///
    /// # Errors
    /// As [`spawn`](Self::spawn).
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use prun::process::Command;
    ///
    /// let runtime = tokio::runtime::Runtime::new()?;
    /// let _context = runtime.enter();
    /// let process = Command::exec("true").blocking_spawn()?;
    /// assert!(runtime.block_on(process.wait())?.success());
    /// # Ok(()) }
    /// ```
    pub fn blocking_spawn(&self) -> Result<Process, SpawnError> {
        let command = Arc::new(self.clone());
        command.check()?;
        let mut retries = Retries::default();
        loop {
            let begun = SpawnStart::default();
            let started = match command.start_inline(&begun) {
                Some(started) => started,
                None => run_on_spawn_thread_blocking(&begun, command.start_closure())
                    .unwrap_or_else(|none| Err(SpawnError::of(&command, none.into()))),
            };
            match retries.next(started) {
                Ok(started) => {
                    return started.map(|(child, streams)| command.create_process(child, streams));
                }
                Err(pause) => std::thread::sleep(pause),
            }
        }
    }

    /// As `spawn`; `begun` reports when the start began.
    pub(crate) async fn start(self: Arc<Self>, begun: &SpawnStart) -> Result<Process, SpawnError> {
        self.check()?;
        let mut retries = Retries::default();
        loop {
            let started = match self.start_inline(begun) {
                Some(started) => started,
                None => {
                    let started = run_on_spawn_thread(begun, self.start_closure()).await;
                    // By now another runtime may be polling this future.
                    drivers::check().map_err(|kind| SpawnError::new(kind, &self))?;
                    started.unwrap_or_else(|none| Err(SpawnError::of(&self, none.into())))
                }
            };
            match retries.next(started) {
                Ok(started) => {
                    return started.map(|(child, streams)| self.create_process(child, streams));
                }
                Err(pause) => tokio::time::sleep(pause).await,
            }
        }
    }

    /// Fails if the runtime lacks a driver, or the command is invalid.
    fn check(&self) -> Result<(), SpawnError> {
        let checked = drivers::check().and_then(|()| diagnose::check(self));
        checked.map_err(|kind| SpawnError::new(kind, self))
    }

    /// Starts it on this thread, if that cannot hang.
    #[cfg(linux)]
    fn start_inline(&self, begun: &SpawnStart) -> Option<Started> {
        let is_on_local_disk = local_program::is_on_local_disk(self);
        let child = is_on_local_disk.then(|| here(begun, || self.start_child()))?;
        Some(child?.map_err(|error| SpawnError::of(self, error)))
    }

    /// On other systems it is not known what cannot hang.
    #[cfg(not(linux))]
    fn start_inline(&self, _begun: &SpawnStart) -> Option<Started> {
        None
    }

    /// The start as a closure for another thread.
    fn start_closure(self: &Arc<Self>) -> impl FnOnce() -> Started + Send + 'static {
        let (command, runtime) = (Arc::clone(self), Handle::current());
        move || {
            let _context = runtime.enter();
            #[cfg(linux)]
            let begun = std::time::Instant::now();
            let child = command.start_child();
            #[cfg(linux)]
            if child.is_ok() && begun.elapsed() < QUICK {
                local_program::remember(&command);
            }
            child.map_err(|error| SpawnError::of(&command, error))
        }
    }

    /// Creates the process, and starts to drain its captured streams.
    fn create_process(&self, child: UnwatchedChild, streams: Streams) -> Process {
        let [stdout, stderr] = &streams.captures;
        let draining = drain(stdout.as_ref(), stderr.as_ref());
        Process::new(child, streams, draining, self)
    }

    /// Starts the process. Its pipes are created here and not earlier, so that no process that is started
    /// before inherits copies of them.
    fn start_child(&self) -> Result<(UnwatchedChild, Streams), StartError> {
        let way = SpawnPath::of(self)?;
        // Register our ends before the process exists: anything that can fail does so while there is
        // nothing to clean up, and nothing can fail once it runs.
        let [stdin, stdout, stderr] = self.stdio();
        let (stdin, our_stdin) = input(stdin, self)?;
        let (stdout, our_stdout) = output(stdout, self, "standard output")?;
        let (stderr, our_stderr) = match stderr {
            Stdio::ToStdout => (ChildEnd::ToStdout, ParentEnd::default()),
            other => output(other, self, "standard error")?,
        };
        let child = way.start(self, [stdin, stdout, stderr])?;
        let streams = Streams {
            stdin: our_stdin,
            stdout: our_stdout.read,
            stderr: our_stderr.read,
            captures: [our_stdout.captured, our_stderr.captured],
        };
        Ok((child, streams))
    }
}

/// The result of a start.
type Started = Result<(UnwatchedChild, Streams), SpawnError>;

/// Counts the attempts to start a process.
#[derive(Default)]
struct Retries(u32);

impl Retries {
    /// Returns the result of the last attempt, or how long to wait before the next one.
    fn next(&mut self, started: Started) -> Result<Started, Duration> {
        let is_busy = |error: &SpawnError| matches!(error.kind, SpawnErrorKind::TextFileBusy(_));
        if self.0 < BUSY_RETRIES && started.as_ref().is_err_and(is_busy) {
            self.0 += 1;
            return Err(Duration::from_millis(1 << (self.0 - 1)));
        }
        Ok(started)
    }
}

/// How the process is started.
enum SpawnPath {
    /// With `posix_spawn` itself.
    #[cfg(linux)]
    PosixSpawn,
    /// Sharing our memory until it executes its program.
    #[cfg(linux)]
    Vfork,
    Std(Box<StdCommand>),
}

impl SpawnPath {
    fn of(command: &Command) -> Result<Self, StartError> {
        #[cfg(linux)]
        if !command.changes.need_fork() {
            return Ok(match posix_spawn::is_enough(command) {
                true => Self::PosixSpawn,
                false => Self::Vfork,
            });
        }
        Ok(Self::Std(Box::new(StdCommand::new(command)?)))
    }

    /// Starts the process, and closes its ends of the streams in this program: while one is open, its
    /// reader sees no end.
    fn start(
        self,
        command: &Command,
        streams: [ChildEnd<'_>; 3],
    ) -> Result<UnwatchedChild, StartError> {
        let pid = match self {
            #[cfg(linux)]
            Self::PosixSpawn => posix_spawn::start(command, &streams),
            #[cfg(linux)]
            Self::Vfork => vfork::start(command, &streams),
            Self::Std(std) => std.start(streams),
        }?;
        Ok(UnwatchedChild::new(pid, command))
    }
}
