//! What everybody who knows a process may ask and do: its end, and the signals that may reach it.
//!
//! [`ProcessHandle`] is the one truth about a process, `watcher` how its end is learnt, `delivery` what
//! became of a signal. `stop` ends a process or its group and looks after the `members` of that.
//! `hold` keeps the number of a group, which `group_number` counts.

mod delivery;
mod group_number;
#[expect(
    clippy::module_inception,
    reason = "the chamber is named for its main type"
)]
mod handle;
mod hold;
mod members;
mod stop;
mod watcher;

pub use delivery::{Delivery, Scope, SignalError};
pub use handle::ProcessHandle;
pub(super) use handle::ProcessState;
pub(crate) use hold::Hold;
pub use stop::StopError;
pub(super) use watcher::Watcher;
