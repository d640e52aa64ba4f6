//! Operating system interfaces, as functions that are safe to call.
//!
//! The only module with `unsafe`; every block says why it is sound. [`Signal`] is a signal,
//! `own_signals` handles those that this program gets. `sys` has the system calls that std, tokio, rustix
//! and nix do not offer, and `child` the steps of a new process before it executes its program. `pipe`,
//! `pty`, `file`, `blocking` (files that others made non-blocking), `terminal`, `process_group`, `thread`
//! and `limits` are what their names say. The module knows nothing of the others, nor of jobs.

#![expect(unsafe_code, reason = "the only module that calls the system directly")]

mod blocking;
pub(crate) mod child;
mod env_change;
mod file;
mod host;
mod limits;
mod own_signals;
pub(crate) mod pipe;
pub(crate) mod process_group;
pub(crate) mod pty;
mod signal;
pub(crate) mod sys;
mod terminal;
mod thread;

pub(crate) use blocking::Blocking;
pub(crate) use env_change::EnvChange;
pub(crate) use file::{Lock, close, folder, is_at, keeps_nothing, lock, sync};
pub(crate) use host::host_name;
pub(crate) use limits::{argument_bytes_limit, load_average, open_files_limit};
pub use own_signals::reset_inherited_signals;
pub(crate) use own_signals::{hold_signals, without_signals};
pub(crate) use pipe::{comes, enlarge, pipe, register, register_shared, set_size};
pub use pty::TerminalSize;
pub use signal::{ParseSignalError, Signal};
pub(crate) use terminal::{Terminal, is_in_foreground};
pub(crate) use thread::start_thread;
