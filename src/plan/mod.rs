//! The plan: which jobs to run, as pure data and parsing.
//!
//! The main type is [`Source`], a stream of [`Job`]s: commands of the command line, a job file, or an
//! open stream such as standard input. A job knows where it was written and what it executes
//! ([`Invocation`]: an argv, or a command line that may need a [`Shell`]).
//!
//! * `job` is one job, `numbered_entry` one of another run, `scheduling` how it stands among the others, `source` the stream of them,
//!   `typed_commands` the commands of the command line, and `suggestion` quotes what a message suggests.
//! * `needs` finds the jobs that a job needs by their names, and selects jobs.
//! * `jobfile` reads a job file, `document` one whose jobs are in TOML, YAML or a JSON object;
//!   `arguments` makes jobs from values and a `template`, `blocks` from an
//!   input that is cut between its records; `columns` reads the records of a table; `input` opens and
//!   splits the files that all of them read. `shuffled` makes a random order.
//! * `invocation` is what a job runs, and `command` decides whether it needs a shell.
//! * `replacement` makes templates of GNU parallel's replacement strings, and `rows` jobs of its sources.
//! * `key` identifies a job by its content, for a later run. `duration` parses and formats durations.
//!
//! This module knows no processes, clocks, terminals, threads or tokio, and prints nothing: every
//! failure is a typed error whose text names the file, the line and the remedy.

mod arguments;
mod blocks;
mod columns;
mod command;
mod document;
mod duration;
mod input;
mod invocation;
mod job;
mod jobfile;
mod key;
mod needs;
mod numbered_entry;
mod replacement;
mod rows;
mod scheduling;
mod shuffled;
mod source;
mod suggestion;
mod template;
mod typed_commands;

pub(crate) use arguments::{
    ArgumentsError, BatchSize, Rules, TypedCommands, TypedList, ValueSource, divide,
};
pub(crate) use blocks::{
    Block, BlockInput, BlockLimit, BlockRules, Content, SeparatorError, SizeError, parse_separator,
    parse_size,
};
pub(crate) use columns::{ColumnFormat, ColumnFormatError, Columns};
pub(crate) use command::{Shape, Shell, ShellError, ShellRule, shape};
pub(crate) use document::{jobs_schema, schema_text};
pub(crate) use duration::{DurationError, format_duration, parse_duration};
pub(crate) use input::Separator;
pub(crate) use invocation::{Argv, Invocation, parse_line};
pub(crate) use job::{Job, JobInput, Origin};
pub(crate) use jobfile::Entry;
pub(crate) use key::Key;
pub(crate) use needs::{Selection, levels};
pub(crate) use numbered_entry::NumberedEntry;
pub(crate) use replacement::{
    Insertion, ReplacementCommand, ReplacementError, ReplacementStrings, ReplacementText,
    StringsError, quote_as_parallel,
};
pub(crate) use rows::{ColumnSeparator, Reading, RowJobsRules, RowRules, RowSource};

pub(crate) use scheduling::{Need, Pool, Scheduling, Service};
pub(crate) use source::{GivenEntries, Source, SourceError};
pub(crate) use template::{KnownSlots, SlotAssignment, has_placeholder};
