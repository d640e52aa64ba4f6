//! The builder of a process.
//!
//! [`Command`] is the builder: program, arguments and streams ([`Stdio`]), with an [`Environment`].
//! `attributes` are what the process changes in itself before it executes its program, set by
//! `set_attributes` and `pre_exec`; `from_std` converts std's command.

mod attributes;
mod command;
mod environment;
mod from_std;
mod pre_exec;
mod set_attributes;
mod stdio;

pub(super) use attributes::Attributes;
pub use attributes::Group;
pub use command::{Backend, Command, KillOnDrop};
pub use environment::Environment;
pub use stdio::Stdio;
