//! From a [`Command`] to a running [`Process`], on std's `posix_spawn` path.

use std::collections::BTreeMap;
use std::ffi::{CString, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;
use std::process::Stdio as StdStdio;
use std::time::Duration;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::capture::Capture;
use super::command::{Command, EnvChange, Group, Stdio};
use super::error::{self, SpawnError, SpawnErrorKind};
use super::exit::Started;
use super::lookup::{self, has_slash};
use super::pipe::{pipe, register};
use super::process::{Process, Streams};
use super::reader::StreamReader;
use super::sys::{self, Exec};
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

impl Command {
    /// The same command for std, but for the streams.
    fn to_std(&self) -> io::Result<std::process::Command> {
        // std leaves its fast path where a bare name is to be looked up in another PATH than ours.
        let looked_up = if !has_slash(&self.program) && lookup::changes_path(self) {
            lookup::resolve(self)
        } else {
            None
        };
        let mut std = match &looked_up {
            Some(file) => std::process::Command::new(file),
            None => std::process::Command::new(&self.program),
        };
        if let Some(name) = self
            .arg0
            .as_ref()
            .or(looked_up.is_some().then_some(&self.program))
        {
            std.arg0(name);
        }
        std.args(&self.args);
        if let Some(dir) = &self.cwd {
            std.current_dir(dir);
        }
        for change in &self.env {
            match change {
                EnvChange::Set(name, value) => std.env(name, value),
                EnvChange::Remove(name) => std.env_remove(name),
                EnvChange::Clear => std.env_clear(),
            };
        }
        match self.group {
            // The leader of a group cannot begin a session, and that of a session leads a group.
            _ if self.new_session => {}
            Group::Inherit => {}
            Group::New => {
                std.process_group(0);
            }
            Group::Join(pid) => {
                std.process_group(i32::try_from(pid).map_err(|_| io::ErrorKind::InvalidInput)?);
            }
        }
        Ok(std)
    }

    /// Adds what `posix_spawn` cannot do. What is returned keeps the numbers of the descriptors
    /// to pass free of others until the child has forked.
    fn fork_if_needed(&self, std: &mut std::process::Command) -> io::Result<Vec<OwnedFd>> {
        let mut reserved = Vec::new();
        if !self.new_session && self.pass_fds.is_empty() {
            return Ok(reserved);
        }
        let mut pass_fds = Vec::new();
        let highest = self
            .pass_fds
            .iter()
            .map(|(_, number)| *number)
            .max()
            .unwrap_or(0);
        for (fd, number) in &self.pass_fds {
            // A copy under the very number, if that is free: else std's own pipe could get it.
            let copy = sys::duplicate_from(fd.as_fd(), *number)?;
            if copy.as_raw_fd() == *number {
                reserved.push(copy);
            }
            // The one that is passed lies above all numbers, so that no pass overwrites another.
            let above = highest.max(2).saturating_add(1);
            pass_fds.push((sys::duplicate_from(fd.as_fd(), above)?, *number));
        }
        let Some(path) = lookup::resolve(self) else {
            return Err(io::Error::from_raw_os_error(libc::ENOENT));
        };
        let name = self.arg0.as_ref().unwrap_or(&self.program);
        let words = std::iter::once(name).chain(&self.args);
        let exec = Exec {
            new_session: self.new_session,
            pass_fds,
            path: CString::new(path.into_os_string().into_vec())?,
            argv: words
                .map(|word| CString::new(word.as_bytes()))
                .collect::<Result<_, _>>()?,
            env: self.whole_env()?,
        };
        sys::exec_by(std, exec);
        Ok(reserved)
    }

    /// Our environment with the changes.
    fn whole_env(&self) -> io::Result<Vec<CString>> {
        let mut env: BTreeMap<OsString, OsString> = std::env::vars_os().collect();
        for change in &self.env {
            match change {
                EnvChange::Set(name, value) => {
                    env.insert(name.clone(), value.clone());
                }
                EnvChange::Remove(name) => {
                    env.remove(name);
                }
                EnvChange::Clear => env.clear(),
            }
        }
        let pairs = env.into_iter().map(|(mut pair, value)| {
            pair.push("=");
            pair.push(value);
            CString::new(pair.into_vec())
        });
        Ok(pairs.collect::<Result<_, _>>()?)
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
