//! Options and words that prun has too, but that are meant otherwise by users of other programs.
//!
//! `check` rejects a command line with one of them: `options` are those of prun's options, `words` those of
//! the command.

mod check;
mod options;
mod words;

pub(in crate::cli::args) use check::{HabitError, check};
pub(in crate::cli::args) use options::check_unknown;
