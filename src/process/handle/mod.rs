//! Handles of processes: waiting and signals.
//!
//! [`ProcessHandle`] is the handle, `watcher` detects the end of a process, and `delivery` is the
//! result of sending a signal. `shutdown` ends a process or its group, whose `members` it polls. `hold`
//! keeps the number of a group reserved, with its state in `group_number`.

mod delivery;
mod group_number;
mod handle;
mod hold;
mod members;
mod shutdown;
mod watcher;

pub use delivery::{Delivery, Scope, SignalError};
pub use handle::ProcessHandle;
pub(super) use handle::ProcessState;
pub(crate) use hold::Hold;
pub(crate) use shutdown::Escalate;
pub use shutdown::ShutdownError;
pub(super) use watcher::Watcher;
