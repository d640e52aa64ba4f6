//! Reading lines, whole or in pieces.

use std::io;

use super::reader::{ReadError, StreamReader};
use super::search::position;

impl StreamReader {
    /// Reads a line, including its `\n`. At the end of the stream, returns the rest without a `\n`, then
    /// an empty result.
    ///
    /// # Errors
    /// [`ReadError::LimitOverrun`] if the line without its `\n` is longer than the limit. The bytes
    /// are kept, unlike with asyncio's `readline`, which drops them:
    /// [`read_line_piece`](Self::read_line_piece) reads such a line.
    ///
    /// # Cancel safety
    /// This method is cancel safe: bytes that were read stay in the reader.
    pub async fn read_line(&mut self) -> Result<Vec<u8>, ReadError> {
        let newline = |bytes: &[u8]| position(bytes, b'\n').map(|at| at..at + 1);
        match self.read_until_found(1, newline).await {
            Err(ReadError::Incomplete { partial, .. }) => Ok(partial),
            other => other,
        }
    }

    /// Returns the lines from here on, one at a time; asyncio's `async for`.
    pub fn lines(&mut self) -> Lines<'_> {
        Lines { reader: self }
    }

    /// Reads a line, or a piece of it of up to the limit. For lines of any length.
    ///
    /// A line that [`read_line`](Self::read_line) would return is one piece. A longer one is returned in
    /// pieces as long as the limit, and a last piece with the rest.
    ///
    /// # Errors
    /// If the pipe cannot be read.
    ///
    /// # Cancel safety
    /// This method is cancel safe: bytes that were read stay in the reader.
    pub async fn read_line_piece(&mut self) -> io::Result<LinePiece> {
        let limit = self.limit.get();
        let mut searched = 0;
        let (n, ends_line) = loop {
            let unread = self.buf.unread();
            // The newline itself does not count.
            let within = &unread[..unread.len().min(limit.saturating_add(1))];
            if let Some(at) = position(&within[searched..], b'\n') {
                break (searched + at + 1, true);
            }
            if unread.len() > limit {
                break (limit, false);
            }
            if self.ended {
                break (unread.len(), true);
            }
            searched = unread.len();
            self.fill().await?;
        };
        let bytes = self.buf.take(n);
        Ok(LinePiece { bytes, ends_line })
    }
}

/// A line, or a piece of one that is longer than the limit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinePiece {
    /// The bytes, including the `\n` if this piece ends with it. Empty only at the end of the stream.
    pub bytes: Vec<u8>,
    /// Whether the line ends with this piece: with a `\n`, or at the end of the stream.
    pub ends_line: bool,
}

/// The lines of a [`StreamReader`].
///
/// A line longer than the [limit](StreamReader::limit) is an error until it is read in another way:
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use prun::process::{Command, ReadError, Stdio};
///
/// let mut command = Command::shell("echo one; head -c 1000000 /dev/zero; echo; echo three");
/// let mut process = command.stdout(Stdio::Pipe).spawn().await?;
/// let mut stdout = process.stdout.take().expect("it is a pipe");
/// let mut lines = stdout.lines();
/// let mut lengths = Vec::new();
/// loop {
///     match lines.next_line().await {
///         Ok(Some(line)) => lengths.push(line.len()),
///         Ok(None) => break,
///         // Skip the line, piece by piece.
///         Err(ReadError::LimitOverrun { .. }) => {
///             while !lines.get_mut().read_line_piece().await?.ends_line {}
///         }
///         Err(error) => return Err(error.into()),
///     }
/// }
/// assert_eq!(lengths, [4, 6]);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Lines<'a> {
    reader: &'a mut StreamReader,
}

impl Lines<'_> {
    /// Returns the next line, including its `\n` if it has one; `None` at the end of the stream.
    ///
    /// # Errors
    /// As [`StreamReader::read_line`].
    ///
    /// # Cancel safety
    /// This method is cancel safe: it may be dropped and called again.
    pub async fn next_line(&mut self) -> Result<Option<Vec<u8>>, ReadError> {
        let line = self.reader.read_line().await?;
        Ok(Some(line).filter(|line| !line.is_empty()))
    }

    /// Returns the reader, which may be used between lines.
    pub fn get_mut(&mut self) -> &mut StreamReader {
        self.reader
    }
}
