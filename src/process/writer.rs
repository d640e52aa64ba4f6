//! Writing to a process's standard input.

use std::fs::File;
use std::io::{self, Write};
use std::task::{Context, Poll, ready};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
#[cfg(feature = "cli")]
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

#[cfg(feature = "cli")]
use super::sys;

/// Above so many queued bytes [`StreamWriter::drain`] waits, as in asyncio…
const HIGH_WATER: usize = 64 * 1024;
/// …until no more than these are left.
const LOW_WATER: usize = 16 * 1024;

/// The writing end of a process's standard input, as asyncio's `StreamWriter`.
///
/// [`write`](Self::write) queues, [`drain`](Self::drain) waits while the process does not read,
/// [`close`](Self::close) and [`wait_closed`](Self::wait_closed) give the process its end of file.
/// Bytes are written while one of the async methods runs (and at once, as far as the pipe has
/// room); dropping the writer closes the pipe, and what is still queued is not written.
#[derive(Debug)]
pub struct StreamWriter {
    /// None once it is closed.
    pipe: Option<AsyncFd<File>>,
    queue: Vec<u8>,
    /// Where the unsent bytes of `queue` begin.
    sent: usize,
    closing: bool,
    broken: bool,
}

impl StreamWriter {
    pub(super) fn new(pipe: AsyncFd<File>) -> Self {
        Self {
            pipe: Some(pipe),
            queue: Vec::new(),
            sent: 0,
            closing: false,
            broken: false,
        }
    }

    /// Queues `bytes`, after writing at once what the pipe has room for; never waits.
    ///
    /// # Errors
    /// `BrokenPipe` when the process has closed its end, or after [`close`](Self::close): bytes are
    /// never dropped in silence.
    pub fn write(&mut self, bytes: impl Into<Vec<u8>>) -> io::Result<()> {
        if self.broken || self.closing {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let bytes = bytes.into();
        if self.unsent() == 0 {
            self.queue = bytes;
            self.sent = 0;
        } else {
            self.queue.extend_from_slice(&bytes);
        }
        self.write_available()
    }

    /// Waits while more than 64 KiB are queued, until no more than 16 KiB are.
    ///
    /// # Errors
    /// `BrokenPipe` when the process has closed its end.
    ///
    /// # Cancel safety
    /// Queued bytes stay queued.
    pub async fn drain(&mut self) -> io::Result<()> {
        if self.broken {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if self.unsent() > HIGH_WATER {
            self.flush_to(LOW_WATER).await?;
        }
        Ok(())
    }

    /// Queues `bytes` and waits until all that is queued has gone into the pipe.
    ///
    /// # Errors
    /// `BrokenPipe` when the process has closed its end.
    ///
    /// # Cancel safety
    /// `bytes` are queued at the first poll and stay queued: go on with
    /// [`wait_closed`](Self::wait_closed) or another write, not with the same bytes.
    pub async fn write_all(&mut self, bytes: impl Into<Vec<u8>>) -> io::Result<()> {
        self.write(bytes)?;
        self.flush_to(0).await
    }

    /// How many queued bytes have not gone into the pipe.
    #[must_use]
    pub fn unsent(&self) -> usize {
        self.queue.len() - self.sent
    }

    /// Ends the stream after what is queued; asyncio's `write_eof` is the same.
    ///
    /// With nothing queued the pipe is closed at once, else in [`wait_closed`](Self::wait_closed).
    pub fn close(&mut self) {
        self.closing = true;
        if self.unsent() == 0 {
            self.pipe = None;
        }
    }

    /// Whether [`close`](Self::close) was called.
    pub(super) fn was_closed(&self) -> bool {
        self.closing
    }

    /// Closes the pipe at once; what is queued is not written. asyncio's `transport.abort`.
    pub fn abort(&mut self) {
        self.closing = true;
        self.pipe = None;
    }

    /// Whether the stream takes no more bytes: it was closed, or the process closed its end.
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.closing
            || self.broken
            || self
                .pipe
                .as_ref()
                .is_none_or(|pipe| reader_is_gone(pipe.get_ref()))
    }

    /// Closes the stream, and waits until what is queued has gone into the pipe and the pipe is
    /// closed.
    ///
    /// # Errors
    /// `BrokenPipe` when the process closed its end before it read everything.
    ///
    /// # Cancel safety
    /// Queued bytes stay queued; call it again.
    pub async fn wait_closed(&mut self) -> io::Result<()> {
        self.close();
        let flushed = self.flush_to(0).await;
        self.pipe = None;
        flushed
    }

    async fn flush_to(&mut self, most: usize) -> io::Result<()> {
        std::future::poll_fn(|cx| self.poll_flush(cx, most)).await
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>, most: usize) -> Poll<io::Result<()>> {
        loop {
            if self.broken {
                return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
            }
            if self.unsent() <= most {
                return Poll::Ready(Ok(()));
            }
            let Some(pipe) = &self.pipe else {
                return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
            };
            let mut ready = ready!(pipe.poll_write_ready(cx))?;
            match ready.get_inner().write(&self.queue[self.sent..]) {
                Ok(n) => self.sent += n,
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => ready.clear_ready(),
                    io::ErrorKind::Interrupted => {}
                    _ => return Poll::Ready(Err(self.broke(error))),
                },
            }
        }
    }

    fn write_available(&mut self) -> io::Result<()> {
        let Some(pipe) = &self.pipe else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        while self.sent < self.queue.len() {
            match pipe.get_ref().write(&self.queue[self.sent..]) {
                Ok(n) => self.sent += n,
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => break,
                    io::ErrorKind::Interrupted => {}
                    _ => return Err(self.broke(error)),
                },
            }
        }
        Ok(())
    }

    /// Nobody will ever read the rest: the pipe is closed, and every later call says so.
    fn broke(&mut self, error: io::Error) -> io::Error {
        self.broken = true;
        self.pipe = None;
        error
    }
}

/// Whether every reader of a pipe that we write to has closed it.
fn reader_is_gone(pipe: &File) -> bool {
    let mut look = [PollFd::new(pipe, PollFlags::empty())];
    let ready = poll(&mut look, Some(&Timespec::default()));
    ready.is_ok() && look[0].revents().contains(PollFlags::ERR)
}

/// Waits until nobody reads what is written to `pipe` any more.
///
/// # Errors
/// For a file whose readers are not known: anything but a pipe, a socket or a terminal.
#[cfg(feature = "cli")]
pub(crate) fn reader_gone(pipe: File) -> io::Result<impl Future<Output = ()> + Send> {
    let pipe = sys::register(pipe, Interest::ERROR)?;
    Ok(async move {
        if pipe.ready(Interest::ERROR).await.is_err() {
            // The runtime is shutting down.
            std::future::pending().await
        }
    })
}
