//! Reading a process's output, lazily: what nobody reads stays in the pipe.

use std::cell::RefCell;
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use rustix::io::Errno;
use tokio::io::unix::AsyncFd;

/// As much as a pipe holds by default, so that one read empties it.
const CHUNK: usize = 64 * 1024;

thread_local! {
    /// One buffer for all reads of a thread: a buffer for each stream would cost memory for
    /// every process that runs, and a read never waits while it holds this one. Memory that no
    /// read has filled is none yet.
    static SCRATCH: RefCell<Box<[MaybeUninit<u8>]>> = RefCell::new(Box::new_uninit_slice(CHUNK));
}

/// More than the largest pipe holds (1 MiB): so many chunks take all that an ended process wrote.
pub(super) const CHUNKS_AT_THE_END: usize = 32;

/// What one read of a pipe gave.
pub(super) enum Chunk {
    /// Bytes; fewer than were asked for means that the pipe was empty then.
    Data { short: bool },
    /// Nothing is there now.
    Empty,
    /// Every writer has closed it.
    Eof,
}

/// Reads once, without waiting, and hands the bytes to `sink`.
pub(super) fn read_chunk(pipe: &File, most: usize, sink: impl FnOnce(&[u8])) -> io::Result<Chunk> {
    SCRATCH.with_borrow_mut(|scratch| {
        let most = most.min(scratch.len());
        loop {
            return match rustix::io::read(pipe, &mut scratch[..most]) {
                Ok(([], _)) => Ok(Chunk::Eof),
                Ok((bytes, _)) => {
                    sink(bytes);
                    let short = bytes.len() < most;
                    Ok(Chunk::Data { short })
                }
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN) => Ok(Chunk::Empty),
                Err(error) => Err(error.into()),
            };
        }
    })
}

/// Reads until the end and keeps nothing but that there was something.
pub(super) async fn discard(pipe: AsyncFd<File>, spoke: Arc<AtomicBool>) {
    while let Ok(mut ready) = pipe.readable().await {
        match read_chunk(pipe.get_ref(), usize::MAX, |_| {
            spoke.store(true, Ordering::Relaxed)
        }) {
            Ok(Chunk::Data { .. }) => tokio::task::yield_now().await,
            Ok(Chunk::Empty) => ready.clear_ready(),
            Ok(Chunk::Eof) | Err(_) => return,
        }
    }
}

/// Why a read did not give what was asked for. Nothing is dropped but what the error carries.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The separator did not come within the limit. The bytes stay in the reader: read them with
    /// [`StreamReader::read_exactly`], or go on with a higher limit.
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
/// waits until somebody reads; [`Stdio::Capture`](super::Stdio::Capture) is the kind that is
/// always drained. Every method is cancel-safe: bytes leave the reader only with a result.
#[derive(Debug)]
pub struct StreamReader {
    /// None once its end was seen.
    pipe: Option<AsyncFd<File>>,
    buf: Vec<u8>,
    /// Where the unread bytes of `buf` begin.
    start: usize,
    limit: usize,
}

impl StreamReader {
    pub(super) fn new(pipe: AsyncFd<File>, limit: NonZeroUsize) -> Self {
        Self {
            pipe: Some(pipe),
            buf: Vec::new(),
            start: 0,
            limit: limit.get(),
        }
    }

    /// Reads at least one byte and at most `max`; an empty result is the end of the stream (or
    /// `max` was 0).
    ///
    /// # Errors
    /// When the pipe cannot be read.
    pub async fn read(&mut self, max: usize) -> io::Result<Vec<u8>> {
        if max > 0 && self.unread().is_empty() {
            self.fill().await?;
        }
        let n = max.min(self.unread().len());
        Ok(self.take(n))
    }

    /// Reads until the end of the stream, without a limit.
    ///
    /// # Errors
    /// When the pipe cannot be read.
    pub async fn read_to_end(&mut self) -> io::Result<Vec<u8>> {
        self.fill_to_end().await?;
        Ok(self.take_all())
    }

    /// Reads a line with its `\n`. At the end of the stream comes what is left without one, then
    /// an empty result.
    ///
    /// # Errors
    /// [`ReadError::LimitOverrun`] when the line without its `\n` is longer than the limit; the
    /// bytes are kept, unlike asyncio's `readline`, which drops them.
    pub async fn read_line(&mut self) -> Result<Vec<u8>, ReadError> {
        match self.read_until(b"\n").await {
            Err(ReadError::Incomplete { partial, .. }) => Ok(partial),
            other => other,
        }
    }

    /// The lines from here on, one at a time; asyncio's `async for`.
    pub fn lines(&mut self) -> Lines<'_> {
        Lines { reader: self }
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
    pub async fn read_until(&mut self, separator: &[u8]) -> Result<Vec<u8>, ReadError> {
        assert!(!separator.is_empty(), "a separator has at least one byte");
        // Bytes that were searched are not searched again, but for a separator cut in two.
        let mut searched = 0;
        loop {
            let from = searched;
            if let Some(at) = find(&self.unread()[from..], separator) {
                if from + at > self.limit {
                    return Err(ReadError::LimitOverrun {
                        consumed: from + at,
                    });
                }
                return Ok(self.take(from + at + separator.len()));
            }
            searched = (self.unread().len() + 1).saturating_sub(separator.len());
            if searched > self.limit {
                return Err(ReadError::LimitOverrun { consumed: searched });
            }
            if self.pipe.is_none() {
                return Err(ReadError::Incomplete {
                    partial: self.take_all(),
                    expected: None,
                });
            }
            self.fill().await?;
        }
    }

    /// Reads exactly `n` bytes, whatever the limit.
    ///
    /// # Errors
    /// [`ReadError::Incomplete`] with all that is left when the stream ends first.
    pub async fn read_exactly(&mut self, n: usize) -> Result<Vec<u8>, ReadError> {
        while self.unread().len() < n {
            if self.pipe.is_none() {
                return Err(ReadError::Incomplete {
                    partial: self.take_all(),
                    expected: Some(n),
                });
            }
            self.fill().await?;
        }
        Ok(self.take(n))
    }

    /// Whether the end of the stream was seen and everything before it was read. It says nothing
    /// of the process: a stream may end before it, or outlive it.
    #[must_use]
    pub fn at_eof(&self) -> bool {
        self.pipe.is_none() && self.unread().is_empty()
    }

    /// Takes everything up to the end of the stream into the reader, to be taken out later.
    pub(super) async fn fill_to_end(&mut self) -> io::Result<()> {
        while self.pipe.is_some() {
            self.fill().await?;
        }
        Ok(())
    }

    /// Takes what is in the pipe now and looks at it no more; hands out the pipe, if its end was
    /// not seen.
    pub(super) fn detach(&mut self) -> io::Result<Option<AsyncFd<File>>> {
        let Some(pipe) = self.pipe.take() else {
            return Ok(None);
        };
        let buf = &mut self.buf;
        // A bound, since whoever holds the pipe may write without end.
        for _ in 0..CHUNKS_AT_THE_END {
            match read_chunk(pipe.get_ref(), CHUNK, |bytes| buf.extend_from_slice(bytes))? {
                Chunk::Data { .. } => {}
                Chunk::Empty => break,
                Chunk::Eof => return Ok(None),
            }
        }
        Ok(Some(pipe))
    }

    /// All bytes that were read and not handed out.
    pub(super) fn take_all(&mut self) -> Vec<u8> {
        let n = self.unread().len();
        self.take(n)
    }

    fn unread(&self) -> &[u8] {
        &self.buf[self.start..]
    }

    fn take(&mut self, n: usize) -> Vec<u8> {
        if self.start == 0 && n == self.buf.len() {
            return std::mem::take(&mut self.buf);
        }
        let taken = self.buf[self.start..self.start + n].to_vec();
        self.start += n;
        if self.start == self.buf.len() {
            self.buf.clear();
            self.start = 0;
        }
        taken
    }

    /// Reads one chunk into the buffer, or sees the end.
    async fn fill(&mut self) -> io::Result<()> {
        std::future::poll_fn(|cx| self.poll_fill(cx)).await
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(pipe) = &self.pipe else {
            return Poll::Ready(Ok(()));
        };
        // Bytes that were handed out make room before the buffer grows.
        self.buf.drain(..self.start);
        self.start = 0;
        loop {
            let mut ready = ready!(pipe.poll_read_ready(cx))?;
            let buf = &mut self.buf;
            match read_chunk(ready.get_inner(), CHUNK, |bytes| {
                buf.extend_from_slice(bytes)
            })? {
                Chunk::Data { short } => {
                    if short {
                        ready.clear_ready();
                    }
                    return Poll::Ready(Ok(()));
                }
                Chunk::Empty => ready.clear_ready(),
                Chunk::Eof => {
                    drop(ready);
                    self.pipe = None;
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

/// The lines of a [`StreamReader`].
#[derive(Debug)]
pub struct Lines<'a> {
    reader: &'a mut StreamReader,
}

impl Lines<'_> {
    /// The next line, with its `\n` if it has one; none at the end of the stream.
    ///
    /// # Errors
    /// As [`StreamReader::read_line`].
    ///
    /// # Cancel safety
    /// May be dropped and called again.
    pub async fn next_line(&mut self) -> Result<Option<Vec<u8>>, ReadError> {
        let line = self.reader.read_line().await?;
        Ok(Some(line).filter(|line| !line.is_empty()))
    }
}

/// Where `needle` begins in `hay`.
fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    match needle {
        [byte] => hay.iter().position(|b| b == byte),
        _ => hay
            .windows(needle.len())
            .position(|window| window == needle),
    }
}
