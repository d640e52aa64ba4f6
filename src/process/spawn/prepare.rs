//! The steps that a new process takes before it executes its program.

use std::ffi::{CString, OsStr};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use rustix::fs::{Mode, RawMode};
use rustix::io::fcntl_dupfd_cloexec;

use super::inherited_environment::inherited_environment;
use super::start_error::StartError;
use super::stdio_ends::ChildEnd;
use crate::os::child::{Forked, Identity, KeptDescriptors, Program, Steps};
use crate::os::sys;
use crate::process::command::{Command, Environment, Group};
use crate::process::program::{name_of, path_lookup};

/// Descriptors of this program, and the numbers under which the process gets them, in order.
pub(crate) struct ChildDescriptors {
    pub(crate) descriptors: Vec<(RawFd, RawFd)>,
    /// Copies of those whose own numbers are overwritten, to be held until the process has its own.
    pub(crate) moved: Vec<OwnedFd>,
    /// The numbers beyond the standard streams.
    others: Vec<RawFd>,
}

impl ChildDescriptors {
    /// The descriptors of `streams` and those that `command` passes.
    pub(crate) fn new(command: &Command, streams: &[ChildEnd<'_>]) -> Result<Self, StartError> {
        let passed = command.changes.pass_fds.iter();
        let mut given = Self {
            descriptors: Vec::with_capacity(3 + passed.len()),
            moved: Vec::new(),
            others: passed.map(|(_, number)| *number).collect(),
        };
        for (number, stream) in (0..).zip(streams) {
            match (stream, stream.fd()) {
                (ChildEnd::ToStdout, _) => given.descriptors.push((1, number)),
                (_, Some(fd)) => given.give(fd, number)?,
                (_, None) => {}
            }
        }
        for (fd, number) in &command.changes.pass_fds {
            given.give(fd.as_fd(), *number)?;
        }
        Ok(given)
    }

    fn give(&mut self, fd: BorrowedFd<'_>, number: RawFd) -> Result<(), StartError> {
        let mut own = fd.as_raw_fd();
        if own <= 2 || self.others.contains(&own) {
            // It may be overwritten before it is copied.
            let highest = self.others.iter().copied().fold(2, RawFd::max);
            let moved = fcntl_dupfd_cloexec(fd, highest.saturating_add(1)).map_err(io::Error::from);
            let moved = moved.map_err(StartError::setup(name_of(number)))?;
            own = moved.as_raw_fd();
            self.moved.push(moved);
        }
        self.descriptors.push((own, number));
        Ok(())
    }
}

impl Command {
    /// The steps of a process that gets these descriptors.
    pub(crate) fn steps(&self, descriptors: Vec<(RawFd, RawFd)>) -> Result<Steps, StartError> {
        let cwd = self.cwd.as_ref().map(|dir| c_string(dir.as_os_str()));
        let program = self.whole_program(&self.base_environment()?);
        let changes = &self.changes;
        let umask = changes.umask.map(|mask| mask as RawMode);
        Ok(Steps {
            new_session: changes.new_session,
            group: self.group_to_join(),
            cwd: cwd.transpose().map_err(StartError::Exec)?,
            descriptors,
            umask: umask.map(Mode::from_raw_mode),
            at_sigpipe: match changes.restore_signals || !sys::is_ignored(libc::SIGPIPE) {
                true => libc::SIG_DFL,
                false => libc::SIG_IGN,
            },
            kept: self.kept(),
            program: program.map_err(StartError::Exec)?,
        })
    }

    /// The additional steps after a fork.
    pub(crate) fn forked(&self) -> Forked {
        let changes = &self.changes;
        Forked {
            identity: Identity {
                groups: changes.groups.clone(),
                gid: changes.gid,
                uid: changes.uid,
            },
            hooks: changes.hooks.clone(),
        }
    }

    /// The descriptors from 3 on that it keeps, if it does not keep all.
    fn kept(&self) -> Option<KeptDescriptors> {
        let passed = self.changes.pass_fds.iter();
        self.changes
            .close_fds
            .then(|| passed.map(|(_, number)| *number).collect())
    }

    /// The argument of `setpgid`, if it is to be called.
    pub(crate) fn group_to_join(&self) -> Option<libc::pid_t> {
        match self.changes.group {
            // The leader of a group cannot create a session, and a session leader leads a group.
            _ if self.changes.new_session => None,
            Group::Inherit => None,
            Group::New => Some(0),
            Group::Join(group) => Some(group.cast_signed()),
        }
    }

    /// Argument 0 and the others.
    pub(crate) fn argv(&self) -> impl Iterator<Item = io::Result<CString>> {
        let name = self.arg0.as_ref().unwrap_or(&self.program);
        let words = std::iter::once(name).chain(&self.args);
        words.map(|word| c_string(word))
    }

    /// The environment that the changes are applied to.
    pub(crate) fn base_environment(&self) -> Result<Environment, StartError> {
        match &self.environment {
            Some(environment) => Ok(environment.clone()),
            None => inherited_environment().map_err(StartError::Kind),
        }
    }

    fn whole_program(&self, environment: &Environment) -> io::Result<Program> {
        let files = path_lookup::candidates(self).into_iter();
        let files = files.map(|file| CString::new(file.into_os_string().into_vec()));
        let mut set = Vec::new();
        let env = environment.changed(&self.env, &mut set);
        let env = env.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(Program {
            files: files.collect::<Result<_, _>>()?,
            argv: self.argv().collect::<io::Result<_>>()?,
            env: env.into_iter().map(CString::from).collect(),
        })
    }
}

pub(crate) fn c_string(word: &OsStr) -> io::Result<CString> {
    Ok(CString::new(word.as_bytes())?)
}
