//! A [`Command`] as std has it, and its start.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;

use super::lookup::{self, has_slash};
use super::spawn::Theirs;
use crate::process::command::{Command, Group};
use crate::process::environment::{EnvChange, Environment};
use crate::process::error::StartError;
use crate::process::sys::{self, Exec};

/// A command that std will start.
pub(in crate::process) struct ByStd {
    command: std::process::Command,
    /// Held until the child has its own copies.
    reserved: Vec<OwnedFd>,
}

impl ByStd {
    /// Prepares `command`. Before any other descriptor is made, since the ones to pass on have
    /// numbers that are to stay free.
    pub(in crate::process) fn new(command: &Command) -> Result<Self, StartError> {
        let mut std = command.to_std().map_err(StartError::Exec)?;
        let reserved = command.fork_if_needed(&mut std)?;
        let command = std;
        Ok(Self { command, reserved })
    }

    /// Starts it with these ends of its standard streams, and says its number.
    pub(in crate::process) fn start(self, streams: [Theirs<'_>; 3]) -> Result<u32, StartError> {
        let Self {
            mut command,
            reserved,
        } = self;
        let [stdin, stdout, stderr] = streams;
        let stderr = match stderr {
            Theirs::ToStdout => stdout
                .share()
                .map_err(StartError::setup("standard error"))?,
            stderr => stderr,
        };
        let own = |stream: Theirs<'_>, name| stream.into_std().map_err(StartError::setup(name));
        command
            .stdin(own(stdin, "standard input")?)
            .stdout(own(stdout, "standard output")?)
            .stderr(own(stderr, "standard error")?);
        let child = command.spawn().map_err(StartError::Exec)?;
        drop(reserved);
        Ok(child.id())
    }
}

impl Command {
    /// The same command for std, but for the streams.
    fn to_std(&self) -> io::Result<std::process::Command> {
        // std leaves its fast path where a bare name is to be looked up in another PATH than ours,
        // or in another environment.
        let is_elsewhere = self.environment.is_some() || lookup::changes_path(self);
        let looked_up = if !has_slash(&self.program) && is_elsewhere {
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
        if let Some(environment) = &self.environment {
            std.env_clear().envs(environment.variables());
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
    fn fork_if_needed(&self, std: &mut std::process::Command) -> Result<Vec<OwnedFd>, StartError> {
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
            let failed = |error| StartError::Setup(format!("descriptor {number}"), error);
            let copy = sys::duplicate_from(fd.as_fd(), *number).map_err(failed)?;
            if copy.as_raw_fd() == *number {
                reserved.push(copy);
            }
            // The one that is passed lies above all numbers, so that no pass overwrites another.
            let above = highest.max(2).saturating_add(1);
            let copy = sys::duplicate_from(fd.as_fd(), above).map_err(failed)?;
            pass_fds.push((copy, *number));
        }
        let exec = self.in_child(pass_fds).map_err(StartError::Exec)?;
        sys::exec_by(std, exec);
        Ok(reserved)
    }

    /// What the child does after its fork.
    fn in_child(&self, pass_fds: Vec<(OwnedFd, RawFd)>) -> io::Result<Exec> {
        let Some(path) = lookup::resolve(self) else {
            return Err(io::Error::from_raw_os_error(libc::ENOENT));
        };
        let name = self.arg0.as_ref().unwrap_or(&self.program);
        let words = std::iter::once(name).chain(&self.args);
        Ok(Exec {
            new_session: self.new_session,
            pass_fds,
            path: CString::new(path.into_os_string().into_vec())?,
            argv: words
                .map(|word| CString::new(word.as_bytes()))
                .collect::<Result<_, _>>()?,
            env: self.whole_env()?,
        })
    }

    /// The environment with the changes.
    fn whole_env(&self) -> io::Result<Vec<CString>> {
        let environment = match &self.environment {
            Some(environment) => environment.clone(),
            None => Environment::new(std::env::vars_os()).map_err(io::Error::other)?,
        };
        let mut set = Vec::new();
        let whole = environment.changed(&self.env, &mut set);
        let whole = whole.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(whole.into_iter().map(CString::from).collect())
    }
}
