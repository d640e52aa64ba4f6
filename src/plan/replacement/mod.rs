//! GNU parallel's replacement strings: a command line whose braces are those of that program.
//!
//! `form` is what one of them inserts of a value, with the `pattern` that some look for, `strings` finds
//! them in a text, and `command` makes a [`Template`](super::template::Template) of that for a number of
//! values: each thing that is inserted becomes a value of its own, so that the rules of `template` decide
//! where a value may stand. `quoted` is the same text for people, as GNU parallel prints it.

mod command;
mod form;
mod pattern;
mod quoted;
mod strings;

pub(crate) use command::{Context, FilledCommand, ReplacementCommand, ReplacementError};
pub(crate) use form::ReplacementForm;
pub(crate) use pattern::Pattern;
pub(crate) use quoted::quote_as_parallel;
pub(crate) use strings::{Inserted, ReplacementStrings, StringsError};
