//! GNU parallel's replacement strings: a command line whose braces are those of that program.
//!
//! `form` is what one of them inserts of a value, with the `pattern` that some look for; `strings` finds
//! them in a text, also those of `plus`. `command` makes a template of them for a number of values: each
//! thing that is inserted becomes a value of its own (`shell_text`), so that the rules of
//! [`template`](super::template) decide where a value may stand. `filled` is the result, which also knows
//! the command as GNU parallel prints it, `quoted` in its way. `text` is for what no shell parses.

mod command;
mod filled;
mod form;
mod pattern;
mod plus;
mod quoted;
mod shell_text;
mod strings;
mod text;

pub(crate) use command::{Insertion, ReplacementCommand, ReplacementError};
pub(crate) use filled::FilledCommand;
pub(crate) use quoted::quote_as_parallel;
pub(crate) use strings::{ReplacementStrings, StringsError};
pub(crate) use text::ReplacementText;
