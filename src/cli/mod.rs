//! The front desk: from the command line to a run, and from its verdict to an exit code.
//!
//! `args` is the command line as it was typed, with its `values`, `inputs` tells its shape, and
//! `settings` is what it means here, settled once: `looks` the part that is seen, `output` the way of the
//! jobs' output, `files` what the run leaves, `environment` the jobs' variables, `grace` what a prun
//! inside another one's job has; `hints` answers the options of other programs; `generate` makes
//! completions and the manual page, `sections` is what help and page say below the options; `app` wires
//! source, runner and sinks, and `replay` a job log and sinks. Nothing below this room asks the terminal
//! or the environment again.

mod app;
mod args;
mod environment;
mod files;
mod generate;
mod grace;
mod hints;
mod inputs;
mod jobs;
mod looks;
mod output;
mod replay;
mod sections;
mod settings;
mod surroundings;
mod values;

pub use app::main;
