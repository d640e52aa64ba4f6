//! What is read: files that a command line names, and standard input.
//!
//! `open` opens them. A file that is read twice is a `checked_file`, held to what it was the first time;
//! a `stream` can be read once only. `lines` cuts a text into records, for files of jobs and of arguments
//! alike, and `lookahead` is the buffer below it, whose first bytes can be looked at.

mod checked_file;
mod input_lines;
mod lookahead;
pub(super) mod open;
mod stream;

pub(crate) use input_lines::Separator;
pub(super) use input_lines::{InputLines, InputLinesError};
pub(super) use lookahead::BUFFER_BYTES;
#[cfg(test)]
pub(super) use lookahead::tests::Chunks;
pub(super) use open::{OpenError, Opened};
