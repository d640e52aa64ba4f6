//! Starting without a copy of our memory, for attributes that `posix_spawn` does not support.

use super::prepare::ChildDescriptors;
use super::stdio_ends::ChildEnd;
use crate::os::child;
use crate::process::command::Command;
use crate::process::spawn::start_error::StartError;

/// Starts `command` with these ends of its standard streams, and returns its process id.
pub(crate) fn start(command: &Command, streams: &[ChildEnd<'_>; 3]) -> Result<u32, StartError> {
    let given = ChildDescriptors::new(command, streams)?;
    let steps = command.steps(given.descriptors)?;
    let started = child::vfork(&steps).map_err(StartError::Step);
    // The child has its own copies.
    drop(given.moved);
    started
}
