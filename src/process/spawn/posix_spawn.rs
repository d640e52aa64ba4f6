//! `posix_spawn` itself, for commands that need no more.
//!
//! std calls the same function, but if one variable is changed it collects the whole environment again,
//! and sorts and copies it: with the 35 variables of a shell that is five sixths of the instructions that
//! a spawn takes in this process, and more with the many of a CI job. Here that is done only for commands
//! without an environment of their own.

use std::ffi::CString;
use std::io;

use nix::spawn::{self, PosixSpawnAttr, PosixSpawnFileActions, PosixSpawnFlags};
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::Pid;

use super::prepare::{ChildDescriptors, c_string};
use super::stdio_ends::ChildEnd;
use crate::process::command::{Command, Environment};
use crate::process::program::{has_slash, path_lookup};
use crate::process::spawn::start_error::StartError;

/// Whether `posix_spawn` supports everything in `command`.
pub(crate) fn is_enough(command: &Command) -> bool {
    command.cwd.is_none()
        && !command.changes.need_steps()
        // It searches the `PATH` of this program.
        && (has_slash(&command.program) || !path_lookup::changes_path(command))
}

/// Starts `command` with these ends of its standard streams, and returns its process id.
pub(crate) fn start(command: &Command, streams: &[ChildEnd<'_>; 3]) -> Result<u32, StartError> {
    let given = ChildDescriptors::new(command, streams)?;
    let actions = actions(&given).map_err(StartError::setup("standard streams"))?;
    let environment = command.base_environment()?;
    let pid = execute(command, &environment, &actions).map_err(StartError::Exec)?;
    Ok(pid.as_raw() as u32)
}

/// The file actions that set up the child's descriptors.
fn actions(given: &ChildDescriptors) -> io::Result<PosixSpawnFileActions> {
    let mut actions = PosixSpawnFileActions::init()?;
    for (fd, number) in &given.descriptors {
        actions.add_dup2(*fd, *number)?;
    }
    Ok(actions)
}

fn execute(
    command: &Command,
    environment: &Environment,
    actions: &PosixSpawnFileActions,
) -> io::Result<Pid> {
    let mut attributes = PosixSpawnAttr::init()?;
    let mut flags = PosixSpawnFlags::POSIX_SPAWN_SETSIGDEF;
    // Rust programs ignore SIGPIPE, which no other program expects; std does the same.
    let mut defaults = SigSet::empty();
    defaults.add(Signal::SIGPIPE);
    attributes.set_sigdefault(&defaults)?;
    if let Some(group) = command.group_to_join() {
        flags |= PosixSpawnFlags::POSIX_SPAWN_SETPGROUP;
        attributes.set_pgroup(Pid::from_raw(group))?;
    }
    attributes.set_flags(flags)?;

    let argv = command.argv().collect::<Result<Vec<CString>, _>>()?;
    let program = c_string(&command.program)?;
    let mut set = Vec::new();
    let env = environment.changed(&command.env, &mut set);
    let env = env.ok_or(io::ErrorKind::InvalidInput)?;
    let pid = spawn::posix_spawnp(&program, actions, &attributes, &argv, &env)?;
    Ok(pid)
}
