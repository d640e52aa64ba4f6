//! The command line interface: from the command line to a run, and from its verdict to an exit code.
//!
//! `program` is the entry: `args` is the command line as typed, `gnu` translates that of GNU parallel into it,
//! and `settings` is what it means, determined once. `app` connects source, runner and sinks; `list` prints the
//! jobs instead, and `replay` connects a job log and sinks. `work` runs the jobs of another prun.
//! `misunderstanding` is what is said at the end of a
//! command line that was probably meant otherwise. Nothing below this module asks the terminal or the
//! environment again.

mod app;
mod args;
mod cluster;
mod gnu;
mod list;
mod misunderstanding;
mod program;
mod replay;
mod settings;
mod work;

pub use program::main;
