//! From a [`Command`] to a running [`Process`], on std's `posix_spawn` path.

use std::fs::{File, OpenOptions};
use std::io;
use std::num::NonZeroUsize;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::Stdio as StdStdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::Interest;
use tokio::runtime::Handle;

use super::by_std::ByStd;
use super::diagnose;
#[cfg(target_os = "linux")]
use super::nearby;
use super::newborn::Newborn;
#[cfg(target_os = "linux")]
use super::posix_spawn;
#[cfg(target_os = "linux")]
use super::spawner::here;
use super::spawner::{Begun, aside};
use crate::process::capture::{self, Capture};
use crate::process::command::Command;
use crate::process::drivers;
use crate::process::environment::Environment;
use crate::process::error::{InvalidStdio, SpawnError, SpawnErrorKind, StartError};
use crate::process::pipe::{pipe, register, register_shared};
use crate::process::process::{Process, Streams};
use crate::process::pty;
use crate::process::reader::StreamReader;
use crate::process::spool::SpoolOptions;
use crate::process::stdio::Stdio;
use crate::process::writer::StreamWriter;

/// How often a program that is being written is tried again: 1, 2, 4 … 64 ms, 127 ms in all.
const BUSY_RETRIES: u32 = 7;

/// A program that takes no longer to be executed than this lies on a disk that answers.
#[cfg(target_os = "linux")]
const QUICK: Duration = Duration::from_millis(100);

impl Command {
    /// Starts the process.
    ///
    /// Gives it when the program was executed, so a missing program is an error here. A program file
    /// that another thread is just writing (`ETXTBSY`) is tried again for 127 ms.
    ///
    /// The runtime never waits for a file system that may not answer: another thread looks for the
    /// program and executes it. On Linux programs of the system's directories, and those that were
    /// executed quickly before, are started at once if they lie on a disk of this machine. As long as
    /// one start hangs, because the file lies on a server that is gone, the next one
    /// is made by one more thread, after 0.2 s; if 32 hang, further ones are refused
    /// ([`SpawnErrorKind::Resource`]).
    ///
    /// # Errors
    /// [`SpawnError`] says which part of the command is at fault. Then no process is left.
    ///
    /// # Cancel safety
    /// Nothing is left of a future that was dropped. If the other thread has begun to start the
    /// process by then, it is killed and reaped: on Linux before it executes the program, or as soon
    /// as it did. It leads a process group then if it was to, and that gets the `SIGKILL`.
    pub async fn spawn(&self) -> Result<Process, SpawnError> {
        Arc::new(self.clone()).start(&Begun::default()).await
    }

    /// As `spawn`; says besides when it is begun.
    pub(crate) async fn start(self: Arc<Self>, begun: &Begun) -> Result<Process, SpawnError> {
        let fail = |kind| SpawnError::new(kind, &self);
        drivers::check().map_err(fail)?;
        diagnose::check(&self).map_err(fail)?;
        let mut tries = 0;
        loop {
            match self.start_once(begun).await {
                Err(error)
                    if matches!(error.kind, SpawnErrorKind::TextFileBusy(_))
                        && tries < BUSY_RETRIES =>
                {
                    tokio::time::sleep(Duration::from_millis(1 << tries)).await;
                    tries += 1;
                }
                started => return started,
            }
        }
    }

    async fn start_once(self: &Arc<Self>, begun: &Begun) -> Result<Process, SpawnError> {
        let failed = |error| SpawnError::of(self, error);
        #[cfg(target_os = "linux")]
        if nearby::is_nearby(self)
            && let Some(born) = here(begun, || self.give_birth())
        {
            let (newborn, streams) = born.map_err(failed)?;
            return Ok(self.drained(newborn, streams));
        }
        let (command, runtime) = (Arc::clone(self), Handle::current());
        let born = aside(begun, move || {
            let _context = runtime.enter();
            #[cfg(target_os = "linux")]
            let begun = std::time::Instant::now();
            let born = command.give_birth();
            #[cfg(target_os = "linux")]
            if born.is_ok() && begun.elapsed() < QUICK {
                nearby::remember(&command);
            }
            born.map_err(|error| SpawnError::of(&command, error))
        });
        let (newborn, streams) = match born.await {
            Ok(born) => born?,
            Err(none) => return Err(failed(StartError::from(none))),
        };
        // By now another runtime may poll this.
        drivers::check().map_err(|kind| SpawnError::new(kind, self))?;
        Ok(self.drained(newborn, streams))
    }

    /// The process, whose captured streams are drained from now on.
    fn drained(&self, newborn: Newborn, streams: Streams) -> Process {
        let [stdout, stderr] = &streams.captures;
        let draining = capture::drain(stdout.as_ref(), stderr.as_ref());
        Process::new(newborn, streams, draining, self)
    }

    /// Executes the program. Its pipes are made here and not before, so that no process that begins
    /// earlier has copies of them.
    fn give_birth(&self) -> Result<(Newborn, Streams), StartError> {
        let way = Way::of(self)?;
        // Our ends are registered before the process exists: what can fail fails while there is
        // nothing to clean up, and nothing can fail once it runs.
        let [stdin, stdout, stderr] = self.stdio();
        let (stdin, our_stdin) = input(stdin)?;
        let (stdout, our_stdout) = output(stdout, self.limit, "standard output")?;
        let (stderr, our_stderr) = match stderr {
            Stdio::ToStdout => (Theirs::ToStdout, Ours::default()),
            other => output(other, self.limit, "standard error")?,
        };
        let newborn = way.start(self, [stdin, stdout, stderr])?;
        let streams = Streams {
            stdin: our_stdin,
            stdout: our_stdout.read,
            stderr: our_stderr.read,
            captures: [our_stdout.captured, our_stderr.captured],
        };
        Ok((newborn, streams))
    }
}

/// Who calls `posix_spawn`.
enum Way<'a> {
    Std(Box<ByStd>),
    #[cfg_attr(
        not(target_os = "linux"),
        expect(dead_code, reason = "std does it all there")
    )]
    Settled(&'a Environment),
}

impl<'a> Way<'a> {
    fn of(command: &'a Command) -> Result<Self, StartError> {
        #[cfg(target_os = "linux")]
        if let Some(environment) = posix_spawn::settled(command) {
            return Ok(Self::Settled(environment));
        }
        let std = ByStd::new(command)?;
        Ok(Self::Std(Box::new(std)))
    }

    /// Starts the process, and closes its ends of the streams here: while one is open no reader
    /// sees the end.
    fn start(self, command: &Command, streams: [Theirs<'_>; 3]) -> Result<Newborn, StartError> {
        let pid = match self {
            Self::Std(std) => std.start(streams),
            #[cfg(target_os = "linux")]
            Self::Settled(environment) => posix_spawn::start(command, environment, &streams),
            #[cfg(not(target_os = "linux"))]
            Self::Settled(_) => ByStd::new(command)?.start(streams),
        }?;
        Ok(Newborn::new(pid, command))
    }
}

/// The process's end of a standard stream.
pub(in crate::process) enum Theirs<'a> {
    Inherit,
    /// Standard output's; for standard error.
    ToStdout,
    Own(OwnedFd),
    Lent(BorrowedFd<'a>),
}

impl Theirs<'_> {
    pub(in crate::process) fn into_std(self) -> io::Result<StdStdio> {
        Ok(match self {
            Self::Inherit | Self::ToStdout => StdStdio::inherit(),
            Self::Own(fd) => fd.into(),
            Self::Lent(fd) => fd.try_clone_to_owned()?.into(),
        })
    }

    /// The descriptor to be given, if one is.
    #[cfg(target_os = "linux")]
    pub(in crate::process) fn fd(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Inherit | Self::ToStdout => None,
            Self::Own(fd) => Some(fd.as_fd()),
            Self::Lent(fd) => Some(*fd),
        }
    }

    /// The same place once more, for standard error.
    pub(in crate::process) fn share(&self) -> io::Result<Self> {
        Ok(Self::Own(match self {
            // Standard error's own `inherit` would lead to our standard error.
            Self::Inherit | Self::ToStdout => io::stdout().as_fd().try_clone_to_owned()?,
            Self::Own(fd) => fd.try_clone()?,
            Self::Lent(fd) => fd.try_clone_to_owned()?,
        }))
    }
}

/// Our end of an output stream, in whose hands it is.
#[derive(Default)]
struct Ours {
    read: Option<StreamReader>,
    captured: Option<Capture>,
}

fn invalid(why: InvalidStdio) -> StartError {
    StartError::Kind(SpawnErrorKind::InvalidStdio(why))
}

/// What is read and written where nothing is to be.
fn null(options: &OpenOptions, name: &str) -> Result<OwnedFd, StartError> {
    let failed = |error| StartError::Setup(format!("{name} (/dev/null)"), error);
    Ok(options.open("/dev/null").map_err(failed)?.into())
}

fn input(stdin: &Stdio) -> Result<(Theirs<'_>, Option<StreamWriter>), StartError> {
    const NAME: &str = "standard input";
    Ok(match stdin {
        Stdio::Inherit => (Theirs::Inherit, None),
        Stdio::Null => (Theirs::Own(null(File::options().read(true), NAME)?), None),
        Stdio::File(file) => (Theirs::Lent(file.as_fd()), None),
        Stdio::Fd(fd) => (Theirs::Lent(fd.as_fd()), None),
        Stdio::Pipe => {
            let (theirs, ours) = pipe().map_err(StartError::setup(NAME))?;
            let ours = register(ours, Interest::WRITABLE).map_err(StartError::setup(NAME))?;
            (Theirs::Own(theirs.into()), Some(StreamWriter::new(ours)))
        }
        Stdio::ToStdout => return Err(invalid(InvalidStdio::ToStdout)),
        Stdio::Capture(_) | Stdio::Terminal(..) => {
            return Err(invalid(InvalidStdio::CapturedInput));
        }
    })
}

fn output<'a>(
    stdio: &'a Stdio,
    limit: NonZeroUsize,
    name: &'static str,
) -> Result<(Theirs<'a>, Ours), StartError> {
    let mut ours = Ours::default();
    let theirs = match stdio {
        Stdio::Inherit => Theirs::Inherit,
        Stdio::Null => Theirs::Own(null(File::options().write(true), name)?),
        Stdio::File(file) => Theirs::Lent(file.as_fd()),
        Stdio::Fd(fd) => Theirs::Lent(fd.as_fd()),
        Stdio::Pipe => {
            let (reader, writer) = pipe().map_err(StartError::setup(name))?;
            let reader = register(reader, Interest::READABLE).map_err(StartError::setup(name))?;
            ours.read = Some(StreamReader::new(reader, limit));
            Theirs::Own(writer.into())
        }
        Stdio::Capture(options) => {
            let (reader, writer) = pipe().map_err(StartError::setup(name))?;
            ours.captured = Some(capture(reader, options).map_err(StartError::setup(name))?);
            Theirs::Own(writer.into())
        }
        Stdio::Terminal(options, size) => {
            let (terminal, theirs) = pty::open(*size).map_err(StartError::setup(name))?;
            ours.captured = Some(capture(terminal, options).map_err(StartError::setup(name))?);
            Theirs::Own(theirs)
        }
        Stdio::ToStdout => return Err(invalid(InvalidStdio::ToStdout)),
    };
    Ok((theirs, ours))
}

fn capture(end: impl Into<OwnedFd>, options: &SpoolOptions) -> io::Result<Capture> {
    Ok(Capture::new(register_shared(end)?, options.clone()))
}
