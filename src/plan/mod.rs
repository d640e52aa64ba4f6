//! What is to be done: the plan, as pure data and parsing.
//!
//! The main type is [`Source`], a stream of [`Job`]s: typed command lines, a job file, or an open
//! stream such as standard input. A job knows where it was written and what it is to execute
//! ([`Invocation`]: words, or a command line that may need a [`Shell`]).
//!
//! * `job` is one line of the plan, `source` the stream of them, `typed_commands` those of the command
//!   line, and `unique_names` the check that every name is its job's own.
//! * `jobfile` reads a file of jobs; `arguments` makes jobs of values and a `template`; `input` is what
//!   both read.
//! * `invocation` is what a job runs, and `command` says whether that is a shell's work.
//! * `key` names a job by its content, for a later run. `duration` reads and writes lengths of time.
//!
//! The room must not know processes, clocks, terminals, threads or tokio, and it prints nothing:
//! whatever is wrong is a typed error, whose text names the file, the line and the remedy.

mod arguments;
mod command;
mod duration;
mod input;
mod invocation;
mod job;
mod jobfile;
mod key;
mod source;
mod template;
mod typed_commands;
mod unique_names;

pub(crate) use arguments::{ArgumentsError, BatchSize, Rules, TypedCommands, ValueSource, divide};
pub(crate) use command::{Shape, Shell, ShellError, ShellRule, shape};
pub(crate) use duration::{DurationError, format_duration, parse_duration};
pub(crate) use input::Separator;
pub(crate) use invocation::{Argv, Invocation};
pub(crate) use job::{Job, Origin};
pub(crate) use jobfile::Entry;
pub(crate) use key::Key;
pub(crate) use source::{Source, SourceError};
