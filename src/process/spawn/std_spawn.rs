//! Starting with std: by its fork if a process must not share our memory, and on systems other than
//! Linux in all cases.

use std::os::fd::{AsRawFd, OwnedFd};

use rustix::io::fcntl_dupfd_cloexec;

use super::prepare::ChildDescriptors;
use super::start_error::StartError;
use super::stdio_ends::ChildEnd;
use crate::os::child::{self, ChildReport};
use crate::os::sys;
use crate::process::command::Command;
use crate::process::error::SpawnErrorKind;
use crate::process::program::name_of;

/// A command that std will start.
pub(crate) struct StdCommand {
    command: std::process::Command,
    /// Reports of a forked child; `None` with `posix_spawn`.
    report: Option<ChildReport>,
    /// To be held until the child has its own copies.
    held: Vec<OwnedFd>,
}

impl StdCommand {
    /// Prepares `command`. Must be called before other descriptors are created, since the numbers of those
    /// to pass must stay free.
    pub(crate) fn new(command: &Command) -> Result<Self, StartError> {
        #[cfg(not(linux))]
        if !command.changes.need_steps() {
            return Ok(Self {
                command: command.to_std().map_err(StartError::Exec)?,
                report: None,
                held: Vec::new(),
            });
        }
        // std would panic if the program could not be executed.
        if sys::is_ignored(libc::SIGCHLD) {
            return Err(StartError::Kind(SpawnErrorKind::SigchldIgnored));
        }
        let mut held = reserved(command)?;
        // std itself sets up the standard streams.
        let given = ChildDescriptors::new(command, &[])?;
        held.extend(given.moved);
        let steps = command.steps(given.descriptors)?;
        let mut std = std::process::Command::new(&command.program);
        let report =
            child::take_after_fork(&mut std, steps, command.forked()).map_err(StartError::Exec)?;
        Ok(Self {
            command: std,
            report: Some(report),
            held,
        })
    }

    /// Starts it with these ends of its standard streams, and returns its process id.
    pub(crate) fn start(self, streams: [ChildEnd<'_>; 3]) -> Result<u32, StartError> {
        let Self {
            mut command,
            report,
            held,
        } = self;
        let [stdin, stdout, stderr] = streams;
        let stderr = match stderr {
            ChildEnd::ToStdout => stdout
                .share()
                .map_err(StartError::setup("standard error"))?,
            stderr => stderr,
        };
        let own = |stream: ChildEnd<'_>, name| stream.into_std().map_err(StartError::setup(name));
        command
            .stdin(own(stdin, "standard input")?)
            .stdout(own(stdout, "standard output")?)
            .stderr(own(stderr, "standard error")?);
        let started = command.spawn();
        drop(held);
        let report = report.and_then(|report| report.failed());
        Ok(started
            .map_err(|error| report.map_or(StartError::Exec(error), StartError::Step))?
            .id())
    }
}

/// Keeps the numbers of the descriptors to pass unused: std has a pipe of its own, which would be
/// overwritten in the child if it had one of them.
fn reserved(command: &Command) -> Result<Vec<OwnedFd>, StartError> {
    let mut reserved = Vec::new();
    for (fd, number) in &command.changes.pass_fds {
        let copy = fcntl_dupfd_cloexec(fd, *number).map_err(std::io::Error::from);
        let copy = copy.map_err(StartError::setup(name_of(*number)))?;
        // If it got another number, this one is in use.
        if copy.as_raw_fd() == *number {
            reserved.push(copy);
        }
    }
    Ok(reserved)
}

#[cfg(not(linux))]
impl Command {
    /// The command for std, except for the streams.
    fn to_std(&self) -> std::io::Result<std::process::Command> {
        use crate::process::program::path_lookup::{changes_path, has_slash, resolve};
        use std::os::unix::process::CommandExt;

        // std leaves its fast path if a bare name is to be looked up in a `PATH` other than ours, or
        // with another environment.
        let is_elsewhere = self.environment.is_some() || changes_path(self);
        let is_bare = !has_slash(&self.program);
        let looked_up = (is_bare && is_elsewhere).then(|| resolve(self)).flatten();
        let mut std = match &looked_up {
            Some(file) => std::process::Command::new(file),
            None => std::process::Command::new(&self.program),
        };
        std.arg0(self.arg0.as_ref().unwrap_or(&self.program));
        std.args(&self.args);
        if let Some(dir) = &self.cwd {
            std.current_dir(dir);
        }
        if let Some(environment) = &self.environment {
            std.env_clear().envs(environment.variables());
        }
        for change in &self.env {
            match &change.value {
                Some(value) => std.env(&change.name, value),
                None => std.env_remove(&change.name),
            };
        }
        if let Some(group) = self.group_to_join() {
            std.process_group(group);
        }
        Ok(std)
    }
}
