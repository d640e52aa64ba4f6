//! GNU parallel's replacement strings: a command line whose braces are those of that program.
//!
//! `form` is what one of them inserts of a value, with the `pattern` that some look for, `strings` finds
//! them in a text, and `command` makes a [`Template`](super::template::Template) of that for a number of
//! values: each thing that is inserted becomes a value of its own, so that the rules of `template` decide
//! where a value may stand. `quoted` is the same text for people, as GNU parallel prints it. `rows` are
//! the arguments of each job, with `columns` of a line and what `reading` drops; `jobs` puts both together. `text`
//! is for what no shell parses.

mod columns;
mod command;
mod form;
mod jobs;
mod pattern;
mod quoted;
mod reading;
mod rows;
mod strings;
mod text;

pub(crate) use columns::ColumnSeparator;
pub(crate) use command::{Context, FilledCommand};
pub(crate) use jobs::{RowJobs, RowJobsError, RowJobsRules};
pub(crate) use quoted::quote_as_parallel;
pub(crate) use reading::Reading;
pub(crate) use rows::{RowRules, RowSource};
pub(crate) use strings::{ReplacementStrings, StringsError};
pub(crate) use text::ReplacementText;
