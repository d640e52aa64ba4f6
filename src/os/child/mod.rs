//! The steps of a new process before it executes its program.
//!
//! `steps` are all of them: `identity` and `close_on_exec` are parts, a `hook` is code of the caller, and
//! `step` names each for error reports. `vfork` and `fork` are the two ways to create the process that
//! takes them.

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
