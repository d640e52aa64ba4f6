//! The commands of prun's own command line: `typed_commands` makes jobs of them, and `command_words` rejects
//! words that are no command lines.

mod command_words;
mod typed_commands;

pub(super) use typed_commands::{TypedCommandsError, jobs, listed};
