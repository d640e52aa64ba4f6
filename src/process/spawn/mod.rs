//! From a command to a running process.
//!
//! `spawn` is the entry point. `stdio_ends` makes the pipes, `prepare` turns the command into steps of the
//! new process, with `inherited_environment` or another one, and `posix_spawn`, `vfork` and `std_spawn` are
//! the three ways to start it. An `unwatched_child` owns the process at first. A [`StartError`] says which
//! part of a start failed.

mod inherited_environment;
#[cfg(linux)]
mod posix_spawn;
mod prepare;
pub(super) mod spawn;
mod start_error;
mod std_spawn;
mod stdio_ends;
pub(super) mod unwatched_child;
#[cfg(linux)]
mod vfork;

pub(super) use start_error::StartError;

pub(super) use unwatched_child::UnwatchedChild;
