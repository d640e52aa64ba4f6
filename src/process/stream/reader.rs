//! [`StreamReader`]: reads output on demand; unread output stays in the pipe.

use std::fs::File;
use std::future::poll_fn;
use std::io;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::unix::AsyncFd;

use super::buffer::Buffer;
use super::chunk::{CHUNK, Chunk, MAX_CHUNKS_AT_END, append, read_chunk, read_into};
use super::search::first_end;
use crate::os::{enlarge, pipe};

/// Why a read failed. No bytes are lost: they stay in the reader or are in the error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The separator was not found within the limit. The bytes stay in the reader, and the same call
    /// fails again: raise the limit ([`StreamReader::set_limit`]), read a long line in pieces
    /// ([`StreamReader::read_line_piece`]), or read the bytes ([`StreamReader::read_exactly`]).
    #[error("no separator within the first {consumed} bytes")]
    LimitOverrun {
        /// The number of bytes in the reader that are known not to contain the separator.
        consumed: usize,
    },
    /// The stream ended early.
    #[error("the stream ended after {} bytes", partial.len())]
    Incomplete {
        /// The bytes before the end.
        partial: Vec<u8>,
        /// The number of bytes requested, for [`StreamReader::read_exactly`].
        expected: Option<usize>,
    },
    /// The pipe could not be read.
    #[error("could not read from the process")]
    Io(#[from] io::Error),
}

/// The read end of a process's standard output or standard error, like asyncio's `StreamReader`.
///
/// It reads only on demand, so a process that writes more than the pipe holds (64 KiB on Linux) waits
/// until its output is read; [`Stdio::Capture`](crate::process::Stdio::Capture) is always drained.
///
/// It implements [`tokio::io::AsyncRead`] and [`tokio::io::AsyncBufRead`], for `tokio::io::copy`, codecs
/// and decoders. If tokio's extension traits are imported, the methods here take precedence over
/// theirs of the same name. It can also be converted to the standard input of the next process of a
/// pipeline, with [`Stdio::try_from`](crate::process::Stdio#impl-TryFrom<StreamReader>-for-Stdio).
///
/// # Cancel safety
/// All methods are cancel safe: a dropped call may be followed by the same or any other method, since
/// bytes leave the reader only with a result.
#[derive(Debug)]
pub struct StreamReader {
    pub(super) pipe: AsyncFd<File>,
    /// Whether the end of the pipe was reached.
    pub(super) ended: bool,
    pub(super) buf: Buffer,
    pub(super) limit: NonZeroUsize,
    /// Whether the pipe is enlarged once there is much output.
    may_grow: bool,
}

impl StreamReader {
    pub(crate) fn new(pipe: AsyncFd<File>, limit: NonZeroUsize, may_grow: bool) -> Self {
        Self {
            pipe,
            ended: false,
            buf: Buffer::default(),
            limit,
            may_grow,
        }
    }

    /// Reads at least one byte into `buf`, and at most its length. Returns 0 at the end of the stream (or
    /// if `buf` is empty).
    ///
    /// # Errors
    /// If the pipe cannot be read.
    ///
    /// # Cancel safety
    /// This method is cancel safe: a dropped read has taken no bytes.
    pub async fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        poll_fn(|cx| self.poll_read_into(cx, buf)).await
    }

    /// Reads at least one byte and at most `max`. Returns an empty vector at the end of the stream (or if
    /// `max` is 0). asyncio's `read(n)`.
    ///
    /// # Errors
    /// If the pipe cannot be read.
    ///
    /// # Cancel safety
    /// This method is cancel safe: a dropped read has taken no bytes.
    pub async fn read_chunk(&mut self, max: usize) -> io::Result<Vec<u8>> {
        if max > 0 && self.buf.is_empty() {
            self.fill().await?;
        }
        Ok(self.buf.take(max.min(self.buf.len())))
    }

    /// Reads until the end of the stream, without a limit. asyncio's `read()`.
    ///
    /// # Errors
    /// If the pipe cannot be read.
    ///
    /// # Cancel safety
    /// This method is cancel safe: bytes that were read stay in the reader.
    pub async fn read_to_end(&mut self) -> io::Result<Vec<u8>> {
        self.fill_to_end().await?;
        Ok(self.buf.take_all())
    }

    /// Reads up to and including `separator`.
    ///
    /// # Errors
    /// [`ReadError::LimitOverrun`] if more bytes than the limit precede the separator (the bytes are
    /// kept); [`ReadError::Incomplete`] with all remaining bytes if the stream ends first.
    ///
    /// # Panics
    /// If `separator` is empty.
    ///
    /// # Cancel safety
    /// This method is cancel safe: bytes that were read stay in the reader.
    pub async fn read_until(&mut self, separator: &[u8]) -> Result<Vec<u8>, ReadError> {
        self.read_until_any(&[separator]).await
    }

    /// Reads up to and including one of `separators`, the one that ends first, so that the result is the
    /// shortest possible. asyncio's `readuntil` with a tuple.
    ///
    /// If two end at the same byte, the shorter one determines how many bytes precede the separator and
    /// count towards the limit.
    ///
    /// # Errors
    /// As [`read_until`](Self::read_until).
    ///
    /// # Panics
    /// If there are no separators, or one is empty.
    ///
    /// # Cancel safety
    /// This method is cancel safe: bytes that were read stay in the reader.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use prun::process::{Command, Stdio};
    ///
    /// let mut process = Command::shell("printf 'yes; no. '").stdout(Stdio::Pipe).spawn().await?;
    /// let mut stdout = process.stdout.take().expect("it is a pipe");
    /// assert_eq!(stdout.read_until_any(&[b". ", b"; "]).await?, b"yes; ");
    /// assert_eq!(stdout.read_until_any(&[b". ", b"; "]).await?, b"no. ");
    /// # Ok(()) }
    /// ```
    pub async fn read_until_any(&mut self, separators: &[&[u8]]) -> Result<Vec<u8>, ReadError> {
        let lengths = || separators.iter().map(|separator| separator.len());
        assert!(lengths().len() > 0, "there is no separator to read until");
        assert!(lengths().all(|len| len > 0), "a separator is empty");
        let longest = lengths().fold(1, usize::max);
        self.read_until_found(longest, |bytes| first_end(bytes, separators))
            .await
    }

    /// Reads up to and including the separator that `find` finds, which has at most `longest` bytes.
    pub(super) async fn read_until_found(
        &mut self,
        longest: usize,
        find: impl Fn(&[u8]) -> Option<Range<usize>>,
    ) -> Result<Vec<u8>, ReadError> {
        let limit = self.limit.get();
        // Do not search bytes again, except for a separator that was cut in two.
        let mut searched = 0;
        loop {
            let unread = self.buf.unread();
            if let Some(found) = find(&unread[searched..]) {
                let before = searched + found.start;
                if before > limit {
                    return Err(ReadError::LimitOverrun { consumed: before });
                }
                return Ok(self.buf.take(searched + found.end));
            }
            searched = (unread.len() + 1).saturating_sub(longest);
            if searched > limit {
                return Err(ReadError::LimitOverrun { consumed: searched });
            }
            if self.ended {
                return Err(self.incomplete(None));
            }
            self.fill().await?;
        }
    }

    /// Reads exactly `n` bytes, regardless of the limit.
    ///
    /// # Errors
    /// [`ReadError::Incomplete`] with all remaining bytes if the stream ends first.
    ///
    /// # Cancel safety
    /// This method is cancel safe: bytes that were read stay in the reader.
    pub async fn read_exactly(&mut self, n: usize) -> Result<Vec<u8>, ReadError> {
        while self.buf.len() < n {
            if self.ended {
                return Err(self.incomplete(Some(n)));
            }
            self.fill().await?;
        }
        Ok(self.buf.take(n))
    }

    /// Returns whether the end of the stream was reached and all bytes before it were read. This does not
    /// depend on the process: a stream may end before the process does, or after it.
    #[must_use]
    pub fn at_eof(&self) -> bool {
        self.ended && self.buf.is_empty()
    }

    /// Returns how far [`read_line`](Self::read_line) and [`read_until`](Self::read_until) search for the
    /// separator, and the longest piece of [`read_line_piece`](Self::read_line_piece), in bytes.
    #[must_use]
    pub fn limit(&self) -> NonZeroUsize {
        self.limit
    }

    /// Sets the limit, replacing [`Command::limit`](crate::process::Command::limit). The bytes of a
    /// [`ReadError::LimitOverrun`] are still in the reader, and can be read with a higher limit.
    pub fn set_limit(&mut self, bytes: NonZeroUsize) {
        self.limit = bytes;
    }

    /// Reads to the end of the stream into the buffer, to be taken later.
    pub(crate) async fn fill_to_end(&mut self) -> io::Result<()> {
        while !self.ended {
            self.fill().await?;
        }
        Ok(())
    }

    /// Reads what is in the pipe now into the buffer.
    pub(crate) fn fill_available(&mut self) -> io::Result<()> {
        // Bounded, since the holder of the pipe may write without end.
        for _ in 0..MAX_CHUNKS_AT_END {
            match append(self.pipe.get_ref(), self.buf.end())? {
                Chunk::Data { .. } => {}
                Chunk::Empty => break,
                Chunk::Eof => {
                    self.ended = true;
                    break;
                }
            }
        }
        Ok(())
    }

    /// Takes all bytes that were read and not handed out.
    pub(crate) fn take_all(&mut self) -> Vec<u8> {
        self.buf.take_all()
    }

    /// Whether the pipe may still yield bytes.
    pub(crate) fn is_open(&self) -> bool {
        !self.ended
    }

    /// Reads and discards until the end, and sets `has_output` if there was any output.
    pub(crate) async fn discard(self, has_output: Arc<AtomicBool>) {
        while let Ok(mut ready) = self.pipe.readable().await {
            let note = |_: &[u8]| has_output.store(true, Ordering::Relaxed);
            match read_chunk(self.pipe.get_ref(), usize::MAX, note) {
                Ok(Chunk::Data { .. }) => tokio::task::yield_now().await,
                Ok(Chunk::Empty) => ready.clear_ready(),
                Ok(Chunk::Eof) | Err(_) => return,
            }
        }
    }

    fn incomplete(&mut self, expected: Option<usize>) -> ReadError {
        let partial = self.buf.take_all();
        ReadError::Incomplete { partial, expected }
    }

    /// Reads one chunk into the buffer, or detects the end.
    pub(super) async fn fill(&mut self) -> io::Result<()> {
        poll_fn(|cx| self.poll_fill(cx)).await
    }

    pub(super) fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_pipe(cx, |pipe, buf| append(pipe, buf.end()))
            .map_ok(drop)
    }

    pub(super) fn poll_read_into(
        &mut self,
        cx: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        if into.is_empty() || !self.buf.is_empty() {
            return Poll::Ready(Ok(self.buf.take_into(into)));
        }
        self.poll_pipe(cx, |pipe, _| read_into(pipe, into))
    }

    /// Reads once, as soon as there is data; 0 is the end.
    fn poll_pipe(
        &mut self,
        cx: &mut Context<'_>,
        mut read: impl FnMut(&File, &mut Buffer) -> io::Result<Chunk>,
    ) -> Poll<io::Result<usize>> {
        if self.ended {
            return Poll::Ready(Ok(0));
        }
        loop {
            let mut ready = ready!(self.pipe.poll_read_ready(cx))?;
            match read(ready.get_inner(), &mut self.buf)? {
                Chunk::Data { len, short } => {
                    if short {
                        ready.clear_ready();
                    }
                    if len >= CHUNK && self.may_grow {
                        self.may_grow = false;
                        enlarge(self.pipe.get_ref(), pipe::LARGE);
                    }
                    return Poll::Ready(Ok(len));
                }
                Chunk::Empty => ready.clear_ready(),
                Chunk::Eof => {
                    self.ended = true;
                    return Poll::Ready(Ok(0));
                }
            }
        }
    }
}
