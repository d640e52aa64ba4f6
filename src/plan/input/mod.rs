//! Input: files named on the command line, and standard input.
//!
//! `open` opens them. A `checked_file` can be read twice and must not change in between; a `stream` can
//! be read only once. `input_lines` splits a text into lines or items that end with NUL, for files of
//! jobs and of arguments alike, and `lookahead` is its buffer, whose first bytes can be examined.

mod checked_file;
mod input_lines;
mod lookahead;
pub(super) mod open;
mod stream;

pub(crate) use input_lines::Separator;
pub(super) use input_lines::{InputLines, InputLinesError};
#[cfg(test)]
pub(super) use lookahead::MAX_ITEM_BYTES;
#[cfg(test)]
pub(super) use lookahead::tests::Chunks;
pub(super) use lookahead::{BUFFER_BYTES, Lookahead};
pub(super) use open::{OpenError, Opened};
pub(super) use stream::InputStream;
