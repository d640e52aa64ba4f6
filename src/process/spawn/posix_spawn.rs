//! `posix_spawn` as it is, for a command with a settled environment.
//!
//! std calls the same function, but when one variable is changed it collects all of ours anew, and
//! sorts and copies them: with the 35 variables of a shell that is five sixths of the instructions
//! that a spawn takes in this process, and more with the many of a CI job.

use std::ffi::{CString, OsStr};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use nix::errno::Errno;
use nix::spawn::{self, PosixSpawnAttr, PosixSpawnFileActions, PosixSpawnFlags};
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::Pid;

use super::lookup::{self, has_slash};
use super::spawn::Theirs;
use crate::process::command::{Command, Group};
use crate::process::environment::Environment;
use crate::process::error::StartError;
use crate::process::sys;

/// The environment of a command that needs nothing but `posix_spawn` itself.
pub(in crate::process) fn settled(command: &Command) -> Option<&Environment> {
    // The rest is std's to do, each in its own way.
    let plain = command.cwd.is_none() && !command.new_session && command.pass_fds.is_empty();
    command.environment.as_ref().filter(|_| plain)
}

/// Starts `command` with these ends of its standard streams, and says its number.
pub(in crate::process) fn start(
    command: &Command,
    environment: &Environment,
    streams: &[Theirs<'_>; 3],
) -> Result<u32, StartError> {
    // The second is held until the child has its own copies.
    let (actions, _moved) = actions(streams).map_err(StartError::setup("standard streams"))?;
    let pid = execute(command, environment, &actions).map_err(StartError::Exec)?;
    Ok(pid.as_raw() as u32)
}

/// What gives the child its streams, and copies of those whose own numbers are in the way.
fn actions(streams: &[Theirs<'_>; 3]) -> io::Result<(PosixSpawnFileActions, Vec<OwnedFd>)> {
    let mut actions = PosixSpawnFileActions::init()?;
    let mut moved = Vec::new();
    for (number, stream) in (0..).zip(streams) {
        let fd = match (stream, stream.fd()) {
            (Theirs::ToStdout, _) => 1,
            (_, None) => continue,
            (_, Some(fd)) if fd.as_raw_fd() > 2 => fd.as_raw_fd(),
            (_, Some(fd)) => {
                // Its number is that of a stream, which may be overwritten before its turn.
                moved.push(sys::duplicate_from(fd, 3)?);
                moved[moved.len() - 1].as_raw_fd()
            }
        };
        actions.add_dup2(fd, number)?;
    }
    Ok((actions, moved))
}

fn execute(
    command: &Command,
    environment: &Environment,
    actions: &PosixSpawnFileActions,
) -> io::Result<Pid> {
    let mut attributes = PosixSpawnAttr::init()?;
    let mut flags = PosixSpawnFlags::POSIX_SPAWN_SETSIGDEF;
    // Rust programs ignore it, which no other program expects; std does the same.
    let mut defaults = SigSet::empty();
    defaults.add(Signal::SIGPIPE);
    attributes.set_sigdefault(&defaults)?;
    let group = match command.group {
        Group::Inherit => None,
        Group::New => Some(0),
        Group::Join(pid) => Some(i32::try_from(pid).map_err(|_| io::ErrorKind::InvalidInput)?),
    };
    if let Some(group) = group {
        flags |= PosixSpawnFlags::POSIX_SPAWN_SETPGROUP;
        attributes.set_pgroup(Pid::from_raw(group))?;
    }
    attributes.set_flags(flags)?;

    let c_string = |word: &OsStr| CString::new(word.as_bytes());
    let name = command.arg0.as_ref().unwrap_or(&command.program);
    let words = std::iter::once(name).chain(&command.args);
    let argv = words
        .map(|word| c_string(word))
        .collect::<Result<Vec<_>, _>>()?;
    let mut set = Vec::new();
    let env = environment.changed(&command.env, &mut set);
    let env = env.ok_or(io::ErrorKind::InvalidInput)?;
    // The system itself looks in our `PATH`.
    let pid = if !has_slash(&command.program) && lookup::changes_path(command) {
        let file = lookup::resolve(command).ok_or(Errno::ENOENT)?;
        spawn::posix_spawn(&file, actions, &attributes, &argv, &env)
    } else {
        let program = c_string(&command.program)?;
        spawn::posix_spawnp(&program, actions, &attributes, &argv, &env)
    }?;
    Ok(pid)
}
