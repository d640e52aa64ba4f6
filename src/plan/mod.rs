//! What is to be done: the plan, as pure data and parsing.
//!
//! The main type is [`Source`], a stream of [`Job`]s: typed command lines, a job file, or an open
//! stream such as standard input. A job knows where it was written and what it is to execute
//! ([`Work`]: words, or a command line that may need a [`Shell`]).
//!
//! * `job` is one line of the plan, `source` the stream of them, `typed` the commands of the
//!   command line, `names` the check that every name is its job's own.
//! * `jobfile` reads a file record by record: `format` tells by its name and its first bytes how it is
//!   written, `elements` cuts a JSON array into its elements, `fields` and `records` turn one JSON
//!   text into a job. `lines` cuts a text into records, for files of jobs and of arguments alike, and
//!   `intake` is the buffer below it, whose first bytes can be looked at.
//! * `file` opens what is named, and holds a file that is read twice to what it was the first time;
//!   `stream` is what can be read once only, such as standard input.
//! * `inputs` makes jobs of a template and its values: `values` reads one source of them, `combine`
//!   makes products, pairs and batches. `template` is filled by each job's values: `placeholder`
//!   knows what braces mean, `scan` and `reading` find where a value is sound in a text for a shell,
//!   `simple` which commands may have one, and `script` is that text with the values behind it.
//! * `work` is what a job runs. `words` splits a command line that needs no shell, `shell` is the
//!   shell for the others, and `builtins` holds the words that only a shell knows.
//! * `key` names a job by its content, for a later run.
//! * `duration` reads and writes lengths of time.
//!
//! The room must not know processes, clocks, terminals, threads or tokio, and it prints nothing:
//! whatever is wrong is a typed error, whose text names the file, the line and the remedy.

mod builtins;
mod checked_file;
mod combine;
mod duration;
mod elements;
mod fields;
mod file;
mod format;
mod inputs;
mod intake;
mod job;
mod jobfile;
mod key;
mod lines;
mod names;
mod placeholder;
mod reading;
mod records;
mod scan;
mod script;
mod shell;
mod simple;
mod source;
mod stream;
mod template;
mod typed;
mod values;
mod words;
mod work;

pub(crate) use duration::{DurationError, format_duration, parse_duration};
pub(crate) use inputs::{BatchSize, InputsError, Rules, Typed, divide};
pub(crate) use job::{Job, Origin};
pub(crate) use jobfile::Entry;
pub(crate) use key::Key;
pub(crate) use lines::Records;
pub(crate) use shell::{Shell, ShellError, ShellRule};
pub(crate) use source::{Source, SourceError};
pub(crate) use values::ValueSource;
pub(crate) use words::{Shape, shape};
pub(crate) use work::{Spoken, Work};
