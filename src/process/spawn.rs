//! From a [`Command`] to a running [`Process`], on std's `posix_spawn` path.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::process::Stdio as StdStdio;
use std::time::Duration;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::capture::Capture;
use super::command::{Command, Stdio};
use super::error::{self, SpawnError, SpawnErrorKind};
use super::exit::Started;
use super::pipe::{pipe, register};
use super::process::{Process, Streams};
use super::reader::StreamReader;
use super::sys;
use super::unborn::Spawning;
use super::writer::StreamWriter;

/// How often a program that is being written is tried again: 1, 2, 4 … 64 ms, 127 ms in all.
const BUSY_RETRIES: u32 = 7;

impl Command {
    /// Starts the process.
    ///
    /// The call returns when the program was executed, so a missing program is an error here. A
    /// program file that another thread is just writing (`ETXTBSY`) is tried again for 127 ms.
    ///
    /// # Errors
    /// [`SpawnError`] says which part of the command is at fault. Then no process is left.
    ///
    /// # Panics
    /// In a tokio runtime whose I/O driver is not enabled.
    ///
    /// # Cancel safety
    /// The process is started in the poll that returns it: a future dropped before has started
    /// nothing.
    pub async fn spawn(&self) -> Result<Process, SpawnError> {
        let fail = |kind| SpawnError::new(kind, self);
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(fail(SpawnErrorKind::NoRuntime));
        }
        error::check(self).map_err(fail)?;
        let mut tries = 0;
        loop {
            match self.spawn_once() {
                Err(error)
                    if error.kind() == io::ErrorKind::ExecutableFileBusy
                        && tries < BUSY_RETRIES =>
                {
                    tokio::time::sleep(Duration::from_millis(1 << tries)).await;
                    tries += 1;
                }
                Err(error) => {
                    return Err(match error.downcast::<SpawnErrorKind>() {
                        Ok(kind) => fail(kind),
                        Err(error) => SpawnError::diagnose(self, error),
                    });
                }
                Ok(process) => return Ok(process),
            }
        }
    }

    fn spawn_once(&self) -> io::Result<Process> {
        let mut std = self.to_std()?;
        // Held until the child has its own copies.
        let _reserved = self.fork_if_needed(&mut std)?;
        // Our ends are registered before the process exists: what can fail fails while there is
        // nothing to clean up, and nothing can fail once it runs.
        let (stdin, our_stdin) = input(&self.stdin)?;
        let (stdout, our_stdout) = output(&self.stdout)?;
        let (stderr, our_stderr) = match &self.stderr {
            Stdio::ToStdout => (stdout.share()?, None),
            other => output(other)?,
        };
        std.stdin(stdin)
            .stdout(stdout.into_std())
            .stderr(stderr.into_std());
        let spawning = Spawning::begin();
        let child = std.spawn()?;
        drop(spawning);
        let started = Started::now();
        let unwatched = Unwatched(child.id());
        // It holds the process's ends of the pipes: while it lives no reader sees the end.
        drop(std);
        let mut streams = Streams {
            stdin: our_stdin,
            ..Streams::default()
        };
        match our_stdout {
            Some(Ours::Read(pipe)) => streams.stdout = Some(StreamReader::new(pipe, self.limit)),
            Some(Ours::Capture(pipe, options)) => {
                streams.captured_stdout = Some(Capture::start(pipe, options));
            }
            None => {}
        }
        match our_stderr {
            Some(Ours::Read(pipe)) => streams.stderr = Some(StreamReader::new(pipe, self.limit)),
            Some(Ours::Capture(pipe, options)) => {
                streams.captured_stderr = Some(Capture::start(pipe, options));
            }
            None => {}
        }
        let process = Process::new(child.id(), started, streams, self);
        std::mem::forget(unwatched);
        Ok(process)
    }
}

/// A process that nobody watches yet. A runtime without an I/O driver makes watching panic, and
/// then nothing may be left of it; once it is watched, this is forgotten.
struct Unwatched(u32);

impl Drop for Unwatched {
    fn drop(&mut self) {
        let pid = self.0 as libc::pid_t;
        let _ = sys::kill(pid, libc::SIGKILL);
        while let Ok(None) = sys::try_wait(sys::Child::Pid(pid), false) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// The process's end of an output stream, before std takes it.
enum Theirs {
    Inherit,
    Null,
    Fd(OwnedFd),
}

impl Theirs {
    fn into_std(self) -> StdStdio {
        match self {
            Self::Inherit => StdStdio::inherit(),
            Self::Null => StdStdio::null(),
            Self::Fd(fd) => fd.into(),
        }
    }

    /// The same place once more, for standard error.
    fn share(&self) -> io::Result<Self> {
        Ok(match self {
            // Standard error's own `inherit` would lead to our standard error.
            Self::Inherit => Self::Fd(io::stdout().as_fd().try_clone_to_owned()?),
            Self::Null => Self::Null,
            Self::Fd(fd) => Self::Fd(fd.try_clone()?),
        })
    }
}

/// Our end of an output stream.
enum Ours {
    Read(AsyncFd<File>),
    Capture(AsyncFd<File>, super::spool::SpoolOptions),
}

fn invalid(why: &'static str) -> io::Error {
    io::Error::other(SpawnErrorKind::InvalidStdio(why))
}

fn input(stdin: &Stdio) -> io::Result<(StdStdio, Option<StreamWriter>)> {
    Ok(match stdin {
        Stdio::Inherit => (StdStdio::inherit(), None),
        Stdio::Null => (StdStdio::null(), None),
        Stdio::File(file) => (file.try_clone()?.into(), None),
        Stdio::Fd(fd) => (fd.try_clone()?.into(), None),
        Stdio::Pipe => {
            let (theirs, ours) = pipe()?;
            let ours = register(ours, Interest::WRITABLE)?;
            (OwnedFd::from(theirs).into(), Some(StreamWriter::new(ours)))
        }
        Stdio::ToStdout => return Err(invalid("ToStdout is for standard error alone")),
        Stdio::Capture(_) => return Err(invalid("standard input cannot be captured")),
    })
}

fn output(stdio: &Stdio) -> io::Result<(Theirs, Option<Ours>)> {
    Ok(match stdio {
        Stdio::Inherit => (Theirs::Inherit, None),
        Stdio::Null => (Theirs::Null, None),
        Stdio::File(file) => (Theirs::Fd(file.try_clone()?.into()), None),
        Stdio::Fd(fd) => (Theirs::Fd(fd.try_clone()?), None),
        Stdio::Pipe | Stdio::Capture(_) => {
            let (ours, theirs) = pipe()?;
            let ours = register(ours, Interest::READABLE)?;
            let ours = match stdio {
                Stdio::Capture(options) => Ours::Capture(ours, options.clone()),
                _ => Ours::Read(ours),
            };
            (Theirs::Fd(theirs.into()), Some(ours))
        }
        Stdio::ToStdout => return Err(invalid("ToStdout is for standard error alone")),
    })
}
