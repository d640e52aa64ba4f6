//! The engine: child processes, as Python's `asyncio` subprocess module has them, on tokio.
//!
//! [`Command`] says what to start, [`Process`] is what runs, [`ProcessHandle`] is what may be
//! shared of it. The engine knows std, tokio and the operating system; it knows nothing of jobs,
//! plans or terminals. `sys` is the only file of the crate with `unsafe` in it.

mod capture;
mod command;
mod communicate;
mod error;
mod exit;
mod group;
mod handle;
mod orphans;
#[expect(
    clippy::module_inception,
    reason = "the room is named for its main type"
)]
mod process;
mod quote;
mod reader;
mod signal;
mod spawn;
mod spool;
mod sys;
mod wait_for;
mod watch;
mod writer;

pub use command::{Backend, Command, Group, KillOnDrop, Stdio};
pub use communicate::{Captured, CommunicateError, LEAK_GRACE};
pub use error::{SpawnError, SpawnErrorKind};
pub use exit::{ExitInfo, ResourceUsage, WaitError};
pub use handle::ProcessHandle;
pub use process::Process;
pub use quote::{join, quote};
pub use reader::{ReadError, StreamReader};
pub use signal::{Delivery, Scope, Signal, SignalError, reset_inherited_signals};
pub use spool::{Spool, SpoolOptions, SpoolReader};
#[cfg(feature = "cli")]
pub(crate) use sys::open_files_limit;
pub use wait_for::{TimeoutError, wait_for};
pub use writer::StreamWriter;
