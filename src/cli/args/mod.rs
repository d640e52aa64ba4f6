//! The command line as typed, and its help.
//!
//! `args` defines each option once, with its `values`; `input`, `scheduling`, `cluster` and `about` are groups
//! of them.
//! Help, manual page and completions (`generate`) are generated from it; `gnu` is what only a command line
//! of GNU parallel asks for. `help_sections` is the text below the options. `parse` parses a command line, and `usage_error` says what
//! is wrong with it, with `hints` for options of other programs.

mod about;
mod args;
mod cluster;
pub(super) mod generate;
mod gnu;
mod help_sections;
mod hints;
mod input;
mod option_names;
mod parse;
mod scheduling;
mod usage_error;
mod values;

pub(super) use args::Args;
pub(super) use gnu::{Echo, GnuArgs, GnuPipe, GnuResume, GnuSource, GnuValues, Halt, HaltLimit};
pub(super) use help_sections::SHAPES;
pub(super) use input::ColumnArgs;
pub(super) use option_names::is_option;
pub(super) use parse::parse;
pub(super) use scheduling::OrderMode;
pub(super) use usage_error::UsageError;
pub(super) use values::{
    CiMode, ColorMode, FailFastMode, GuardMode, Jobs, JobserverMode, JsonMode, LoadLimit,
    MemoryLimit, OutputMode, ProgressMode, RaceMode, SchemaMode, SlotList, parse_jobs,
};
