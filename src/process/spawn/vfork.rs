//! A start without a copy of our memory, for what `posix_spawn` cannot do.

use super::prepare::Given;
use super::streams::Theirs;
use crate::process::command::Command;
use crate::process::spawn::start_error::StartError;
use crate::process::sys;

/// Starts `command` with these ends of its standard streams, and says its number.
pub(in crate::process) fn start(
    command: &Command,
    streams: &[Theirs<'_>; 3],
) -> Result<u32, StartError> {
    let given = Given::new(command, streams)?;
    let steps = command.steps(given.descriptors)?;
    let started = sys::vfork(&steps).map_err(StartError::Step);
    // The child has its own copies.
    drop(given.moved);
    started
}
