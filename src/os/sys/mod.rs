//! The system calls that std, tokio, rustix and nix do not offer, each behind a safe function.
//!
//! `ends` is about children that ended; `signals`, `descriptors` and `memory` are what their names say.
//! `calls` has the shared error handling.

mod calls;
mod descriptors;
mod ends;
mod memory;
mod signals;

pub(crate) use descriptors::{close_from, register};
#[cfg(linux)]
pub(crate) use ends::try_wait_keeping;
pub(crate) use ends::{Child, RawExit, pidfd_open, stopped_by, try_wait};
pub(crate) use memory::{Mapping, map_shared};
pub(crate) use signals::{
    came, is_ignored, kill, let_act, note_signals, pidfd_send_signal, raise_default,
    restore_default_signals,
};
