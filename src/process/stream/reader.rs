//! Reading a process's output, lazily: what nobody reads stays in the pipe.

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
use super::chunk::{CHUNK, append, read_into};
use super::chunk::{CHUNKS_AT_THE_END, Chunk, read_chunk};
use super::search::first_end;
use crate::os::{enlarge, pipe};

/// Why a read did not give what was asked for. Nothing is dropped but what the error carries.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The separator did not come within the limit. The bytes stay in the reader, and the same call
    /// fails again: raise the limit ([`StreamReader::set_limit`]), take a long line in pieces
    /// ([`StreamReader::read_line_piece`]), or take the bytes ([`StreamReader::read_exactly`]).
    #[error("no separator within the first {consumed} bytes")]
    LimitOverrun {
        /// How many bytes are in the reader and are known not to hold the separator.
        consumed: usize,
    },
    /// The stream ended before what was asked for.
    #[error("the stream ended after {} bytes", partial.len())]
    Incomplete {
        /// What came before the end.
        partial: Vec<u8>,
        /// How many bytes were asked for, if a number was.
        expected: Option<usize>,
    },
    /// The pipe could not be read.
    #[error("could not read from the process")]
    Io(#[from] io::Error),
}

/// The reading end of a process's standard output or standard error, as asyncio's `StreamReader`.
///
/// It reads only when asked, so a process that writes more than a pipe holds (64 KiB on Linux)
/// waits until somebody reads; [`Stdio::Capture`](crate::process::Stdio::Capture) is the kind that is
/// always drained.
///
/// It is a [`tokio::io::AsyncRead`] and [`tokio::io::AsyncBufRead`] too, for all that takes one:
/// `tokio::io::copy`, codecs, decoders. Where tokio's extension traits are imported, the methods
/// here come before theirs of the same name. And it becomes the standard input of the next process
/// of a pipeline, by [`Stdio::try_from`](crate::process::Stdio#impl-TryFrom<StreamReader>-for-Stdio).
///
/// # Cancel safety
/// Every method here may be dropped and called again, or another one in its place: bytes leave the
/// reader only with a result.
#[derive(Debug)]
pub struct StreamReader {
    pub(super) pipe: AsyncFd<File>,
    /// Whether the end of the pipe was seen.
    pub(super) ended: bool,
    pub(super) buf: Buffer,
    pub(super) limit: NonZeroUsize,
    /// Whether the pipe is given more room as soon as much comes through it.
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

    /// Reads at least one byte into `buf`, and at most what it has room for; 0 is the end of the
    /// stream (or an empty `buf`).
    ///
    /// # Errors
    /// When the pipe cannot be read.
    ///
    /// # Cancel safety
    /// A dropped read has taken nothing.
    pub async fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        poll_fn(|cx| self.poll_read_into(cx, buf)).await
    }

    /// Reads at least one byte and at most `max`; an empty result is the end of the stream (or
    /// `max` was 0). asyncio's `read(n)`.
    ///
    /// # Errors
    /// When the pipe cannot be read.
    ///
    /// # Cancel safety
    /// A dropped read has taken nothing.
    pub async fn read_chunk(&mut self, max: usize) -> io::Result<Vec<u8>> {
        if max > 0 && self.buf.is_empty() {
            self.fill().await?;
        }
        Ok(self.buf.take(max.min(self.buf.len())))
    }

    /// Reads until the end of the stream, without a limit. asyncio's `read()`.
    ///
    /// # Errors
    /// When the pipe cannot be read.
    ///
    /// # Cancel safety
    /// What a dropped read had got stays in the reader.
    pub async fn read_to_end(&mut self) -> io::Result<Vec<u8>> {
        self.fill_to_end().await?;
        Ok(self.buf.take_all())
    }

    /// Reads up to and including `separator`.
    ///
    /// # Errors
    /// [`ReadError::LimitOverrun`] when what stands before the separator is longer than the
    /// limit (the bytes are kept); [`ReadError::Incomplete`] with all that is left when the
    /// stream ends first.
    ///
    /// # Panics
    /// When `separator` is empty.
    ///
    /// # Cancel safety
    /// What a dropped read had got stays in the reader.
    pub async fn read_until(&mut self, separator: &[u8]) -> Result<Vec<u8>, ReadError> {
        self.read_until_any(&[separator]).await
    }

    /// Reads up to and including one of `separators`, the one that ends first: the result is the
    /// shortest possible. asyncio's `readuntil` with a tuple.
    ///
    /// Of two that end together the shorter one counts, when what stands before it is held to the
    /// limit.
    ///
    /// # Errors
    /// As [`read_until`](Self::read_until).
    ///
    /// # Panics
    /// When there are no separators, or one is empty.
    ///
    /// # Cancel safety
    /// What a dropped read had got stays in the reader.
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
        // Bytes that were searched are not searched again, but for a separator cut in two.
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

    /// Reads exactly `n` bytes, whatever the limit.
    ///
    /// # Errors
    /// [`ReadError::Incomplete`] with all that is left when the stream ends first.
    ///
    /// # Cancel safety
    /// What a dropped read had got stays in the reader.
    pub async fn read_exactly(&mut self, n: usize) -> Result<Vec<u8>, ReadError> {
        while self.buf.len() < n {
            if self.ended {
                return Err(self.incomplete(Some(n)));
            }
            self.fill().await?;
        }
        Ok(self.buf.take(n))
    }

    /// Whether the end of the stream was seen and everything before it was read. It says nothing
    /// of the process: a stream may end before it, or outlive it.
    #[must_use]
    pub fn at_eof(&self) -> bool {
        self.ended && self.buf.is_empty()
    }

    /// How far [`read_line`](Self::read_line) and [`read_until`](Self::read_until) look for the
    /// separator, in bytes; of [`read_line_piece`](Self::read_line_piece) the longest piece.
    #[must_use]
    pub fn limit(&self) -> NonZeroUsize {
        self.limit
    }

    /// Sets the limit, in place of [`Command::limit`](crate::process::Command::limit): after
    /// [`ReadError::LimitOverrun`], say, since the bytes are still there.
    pub fn set_limit(&mut self, bytes: NonZeroUsize) {
        self.limit = bytes;
    }

    /// Takes everything up to the end of the stream into the reader, to be taken out later.
    pub(crate) async fn fill_to_end(&mut self) -> io::Result<()> {
        while !self.ended {
            self.fill().await?;
        }
        Ok(())
    }

    /// Takes into the reader what is in the pipe now.
    pub(crate) fn fill_available(&mut self) -> io::Result<()> {
        // A bound, since whoever holds the pipe may write without end.
        for _ in 0..CHUNKS_AT_THE_END {
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

    /// All bytes that were read and not handed out.
    pub(crate) fn take_all(&mut self) -> Vec<u8> {
        self.buf.take_all()
    }

    /// Whether there may be more to come through the pipe.
    pub(crate) fn is_open(&self) -> bool {
        !self.ended
    }

    /// Reads until the end and keeps nothing but that there was something.
    pub(crate) async fn discard(self, spoke: Arc<AtomicBool>) {
        while let Ok(mut ready) = self.pipe.readable().await {
            let note = |_: &[u8]| spoke.store(true, Ordering::Relaxed);
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

    /// Reads one chunk into the buffer, or sees the end.
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

    /// Reads once, as soon as there is something; 0 is the end.
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
