//! The command line interface: from the command line to a run, and from its verdict to an exit code.
//!
//! `args` is the command line as typed, `settings` what it means, determined once. `program` is the entry, `app` connects source,
//! runner and sinks; `list` prints the jobs instead, and `replay` connects a job log and sinks. `gnu` translates
//! the command line of GNU parallel into `args`. Nothing below this module asks the terminal or the
//! environment again.

mod app;
mod args;
mod gnu;
mod list;
mod misunderstanding;
mod program;
mod replay;
mod settings;

pub use program::main;
