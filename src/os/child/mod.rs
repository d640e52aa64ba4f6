//! What a new process does between its birth and its program.
//!
//! `steps` is all of it: `identity` and `close_on_exec` are parts of it, a `hook` is code of the
//! caller's, and `step` names each for whoever is told which one failed. `vfork` and `fork` are the two
//! ways to let a process do it.

mod close_on_exec;
mod fork;
mod hook;
mod identity;
mod step;
mod steps;
#[cfg(linux)]
mod vfork;

pub(crate) use close_on_exec::KeptDescriptors;
pub(crate) use fork::{ChildReport, take_after_fork};
pub(crate) use hook::Hook;
pub(crate) use identity::Identity;
pub(crate) use step::{Failed, Step};
pub(crate) use steps::{Forked, Program, Steps};
#[cfg(linux)]
pub(crate) use vfork::vfork;
