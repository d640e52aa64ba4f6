//! The system calls that std and tokio do not offer, each behind a safe function.
//!
//! The only chamber with `unsafe` in it; every block says why it is sound. `ends` is about children
//! that ended, `signals`, `descriptors`, `limits` and `memory` about what their names say. `steps` is
//! what a new process does before its program: `identity` and `close_on_exec` are parts of it, and a `hook`
//! is code of the caller's. `vfork` and `fork` are the two ways to let it.

#![expect(
    unsafe_code,
    reason = "the one chamber that may call the system directly"
)]

mod calls;
mod close_on_exec;
mod descriptors;
mod ends;
mod fork;
mod hook;
mod identity;
mod limits;
mod memory;
mod signals;
mod step;
mod steps;
#[cfg(linux)]
mod vfork;

pub(super) use close_on_exec::Kept;
#[cfg(feature = "cli")]
pub(crate) use descriptors::close_from;
pub(super) use descriptors::{duplicate_from, register};
#[cfg(linux)]
pub(super) use ends::try_wait_keeping;
pub(super) use ends::{Child, RawExit, pidfd_open, stopped_by, try_wait};
pub(super) use fork::{Told, take_after_fork};
pub(super) use hook::Hook;
pub(super) use identity::Identity;
#[cfg(feature = "cli")]
pub(crate) use limits::argument_bytes_limit;
pub(crate) use limits::open_files_limit;
#[cfg(feature = "cli")]
pub(crate) use memory::map_shared;
#[cfg(feature = "cli")]
pub(super) use signals::{came, let_act, note_signals};
pub(super) use signals::{
    is_ignored, kill, pidfd_send_signal, raise_default, restore_default_signals,
};
pub(super) use step::{Failed, Step};
pub(super) use steps::{Forked, Program, Steps};
#[cfg(linux)]
pub(super) use vfork::vfork;
