//! The standard streams of a process.
//!
//! [`StreamReader`] reads a pipe: `buffer` holds the bytes read, `chunk` reads more, `search` finds the
//! separators, `lines` and `traits` are further ways to read. [`StreamWriter`] writes to a pipe; the bytes
//! that the pipe does not accept at once are in a `write_queue`; `send_file` sends it parts of files. A `capture` is always drained, by the
//! `pump`; `leaked_pipes` are those that an ended process left to another one.

mod buffer;
mod capture;
mod chunk;
pub(super) mod leaked_pipes;
mod lines;
mod pump;
mod reader;
mod search;
mod send_file;
mod traits;
mod write_queue;
mod writer;

pub use capture::Pieces;
pub(super) use capture::{Capture, Peek};
pub(super) use chunk::{Chunk, read_chunk};
pub(super) use leaked_pipes::LeakedPipes;
pub(crate) use leaked_pipes::has_closed_leaked_pipes;
pub use lines::{LinePiece, Lines};
pub(super) use pump::drain;
pub use reader::{ReadError, StreamReader};
pub(crate) use send_file::FileSender;
pub use writer::StreamWriter;
pub(crate) use writer::reader_gone;
