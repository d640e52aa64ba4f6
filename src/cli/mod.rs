//! The front desk: from the command line to a run, and from its verdict to an exit code.
//!
//! `args` is the command line as it was typed, and `settings` what it means here, settled once; `app` wires
//! source, runner and sinks, and `replay` a job log and sinks. Nothing below this room asks the terminal or
//! the environment again.

mod app;
mod args;
mod replay;
mod settings;

pub use app::main;
