//! [`StreamWriter`]: writes to a process's standard input.

use std::fmt;
use std::fs::File;
use std::future::poll_fn;
use std::io::{self, IoSlice, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncWrite, Interest};
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use super::write_queue::{Queue, poll_write, unless_full};
use crate::os::sys;

/// [`StreamWriter::drain`] waits if more bytes than this are queued, as in asyncio …
const HIGH_WATER: usize = 64 * 1024;
/// … until at most this many are left.
const LOW_WATER: usize = 16 * 1024;

/// The write end of a process's standard input, like asyncio's `StreamWriter`.
///
/// [`write`](Self::write) writes as much as the pipe accepts and queues the rest, [`drain`](Self::drain)
/// waits while too much is queued, and [`close`](Self::close) signals the end of the input. Queued bytes
/// are written in the background: also after `close`, and after the writer is dropped, which closes it
/// too. This requires a running runtime: bytes still queued when the runtime of the spawn shuts down
/// are lost. Wait for them with [`wait_closed`](Self::wait_closed) or [`flush`](Self::flush), or
/// discard them with [`abort`](Self::abort).
///
/// As a tokio [`AsyncWrite`] it queues nothing: a write waits until the pipe has capacity, and shutdown
/// closes the pipe. (The methods here take precedence: `write`, `write_all` and `flush` of
/// `AsyncWriteExt` must be called by their full names.) There is no `AsFd`, since a closed writer has no
/// descriptor: see [`fd`](Self::fd).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use prun::process::{Command, Stdio};
///
/// let mut sort = Command::exec("sort").stdin(Stdio::Pipe).stdout(Stdio::Pipe).spawn().await?;
/// let mut stdin = sort.stdin.take().expect("it is a pipe");
/// for n in (0..50_000).rev() {
///     stdin.write(format!("{n:05}\n"))?;
///     stdin.drain().await?;
/// }
/// stdin.close();
/// let sorted = sort.stdout.take().expect("it is a pipe").read_to_end().await?;
/// assert!(sorted.starts_with(b"00000\n00001\n"));
/// # Ok(()) }
/// ```
pub struct StreamWriter {
    /// `None` once it is closed; the queue holds the pipe for as long as it needs it.
    pipe: Option<Arc<AsyncFd<File>>>,
    queue: Queue,
    /// Runs the future that moves queued bytes.
    runtime: Handle,
    /// The last such future.
    flow: Option<AbortHandle>,
}

impl StreamWriter {
    /// Must be called within the runtime that `pipe` is registered with.
    pub(crate) fn new(pipe: AsyncFd<File>) -> Self {
        Self {
            pipe: Some(Arc::new(pipe)),
            queue: Queue::default(),
            runtime: Handle::current(),
            flow: None,
        }
    }

    /// Writes as much as the pipe accepts, and queues the rest; never waits. May be called from any
    /// thread, also outside the runtime.
    ///
    /// An owned `Vec` is not copied, unless other bytes are queued before it.
    ///
    /// # Errors
    /// `BrokenPipe` if the process has closed its end, or after [`close`](Self::close): bytes are never
    /// silently dropped. Another kind if the runtime of the spawn has shut down.
    pub fn write(&mut self, bytes: impl Into<Vec<u8>>) -> io::Result<()> {
        let pipe = self.pipe.as_ref().ok_or(io::ErrorKind::BrokenPipe)?;
        let Some(bytes) = self.queue.append(bytes.into())? else {
            return Ok(());
        };
        if bytes.is_empty() {
            return Ok(());
        }
        // Only once: a process that reads as fast as this writes must not hold up the caller.
        let written = unless_full(|| pipe.get_ref().write(&bytes));
        let written = written.inspect_err(|error| self.queue.lose(error))?;
        if written < bytes.len() {
            let pipe = Arc::clone(pipe);
            self.flow = Some(self.queue.begin(pipe, bytes, written, &self.runtime));
            self.queue.check()?;
        }
        Ok(())
    }

    /// Waits while more than 64 KiB are queued, until at most 16 KiB are.
    ///
    /// # Errors
    /// `BrokenPipe` if the process has closed its end. Another kind if the runtime of the spawn shuts
    /// down first.
    ///
    /// # Cancel safety
    /// This method is cancel safe. Queued bytes are written meanwhile.
    pub async fn drain(&mut self) -> io::Result<()> {
        if self.unsent() > HIGH_WATER {
            return self.wait_until_at_most(LOW_WATER).await;
        }
        self.queue.check()
    }

    /// Writes `bytes`, and waits until they and all bytes queued before them are in the pipe.
    ///
    /// # Errors
    /// As [`write`](Self::write) and [`drain`](Self::drain).
    ///
    /// # Cancel safety
    /// This method is not cancel safe: `bytes` are written or queued at the first poll, and are still
    /// written if the future is dropped. Continue with [`flush`](Self::flush), not with the same bytes.
    pub async fn write_all(&mut self, bytes: impl Into<Vec<u8>>) -> io::Result<()> {
        self.write(bytes)?;
        self.flush().await
    }

    /// Waits until all queued bytes are in the pipe.
    ///
    /// # Errors
    /// As [`drain`](Self::drain).
    ///
    /// # Cancel safety
    /// This method is cancel safe. Queued bytes are written meanwhile.
    pub async fn flush(&mut self) -> io::Result<()> {
        self.wait_until_at_most(0).await
    }

    /// Returns the number of queued bytes that are not in the pipe yet.
    #[must_use]
    pub fn unsent(&self) -> usize {
        self.queue.len()
    }

    /// Ends the stream after the queued bytes; asyncio's `write_eof` is the same.
    ///
    /// If nothing is queued the pipe is closed at once, otherwise as soon as the last byte is in it.
    pub fn close(&mut self) {
        self.pipe = None;
    }

    /// Whether [`close`](Self::close) or [`abort`](Self::abort) was called.
    pub(crate) fn was_closed(&self) -> bool {
        self.pipe.is_none()
    }

    /// Closes the pipe at once; queued bytes are discarded. asyncio's `transport.abort`.
    pub fn abort(&mut self) {
        self.pipe = None;
        self.queue.clear();
        if let Some(flow) = self.flow.take() {
            flow.abort();
        }
    }

    /// Returns whether the stream accepts no more bytes: it was closed, or the process closed its end.
    #[must_use]
    pub fn is_closing(&self) -> bool {
        let is_open = |pipe: &Arc<AsyncFd<File>>| {
            self.queue.check().is_ok() && !reader_is_gone(pipe.get_ref())
        };
        !self.pipe.as_ref().is_some_and(is_open)
    }

    /// Closes the stream, and waits until the queued bytes are in the pipe and the pipe is closed.
    ///
    /// # Errors
    /// `BrokenPipe` if the process closed its end before all bytes were in the pipe. Another kind if the
    /// runtime of the spawn shuts down first.
    ///
    /// # Cancel safety
    /// This method is cancel safe. If dropped, the stream stays closed, and queued bytes are written.
    pub async fn wait_closed(&mut self) -> io::Result<()> {
        self.close();
        self.wait_until_at_most(0).await
    }

    /// Returns the pipe, for queries on its descriptor; `None` once it was [closed](Self::close). Its
    /// flags must not be changed: it is non-blocking.
    #[must_use]
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(|pipe| pipe.get_ref().as_fd())
    }

    /// Returns the pipe itself, in blocking mode, as processes expect it.
    pub(crate) fn into_file(mut self) -> io::Result<File> {
        self.queue.check()?;
        let invalid = |why| io::Error::new(io::ErrorKind::InvalidInput, why);
        let pipe = self
            .pipe
            .take()
            .ok_or_else(|| invalid("the stream is closed"))?;
        // The queue holds it too, as long as bytes are queued.
        let pipe = Arc::into_inner(pipe).ok_or_else(|| invalid("bytes are still queued"))?;
        let pipe = pipe.into_inner();
        rustix::io::ioctl_fionbio(&pipe, false)?;
        Ok(pipe)
    }

    /// Returns the pipe, unless it was closed.
    pub(super) fn pipe(&self) -> Option<Arc<AsyncFd<File>>> {
        self.pipe.clone()
    }

    /// Waits until at most `most` bytes are queued.
    async fn wait_until_at_most(&mut self, most: usize) -> io::Result<()> {
        poll_fn(|cx| self.queue.poll_until_at_most(cx, most)).await
    }

    fn poll_write_by(
        &self,
        cx: &mut Context<'_>,
        len: usize,
        write: impl Fn(&File) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        ready!(self.queue.poll_until_at_most(cx, 0))?;
        let pipe = self.pipe.as_ref().ok_or(io::ErrorKind::BrokenPipe)?;
        let polled = poll_write(pipe, cx, len, || write(pipe.get_ref()));
        match &polled {
            // The pipe knows only its last waiter. If that will be the queue's future, it wakes the caller
            // when it is done.
            Poll::Pending => self.queue.wake_when_empty(cx),
            Poll::Ready(Err(error)) => self.queue.lose(error),
            Poll::Ready(Ok(_)) => {}
        }
        polled
    }
}

/// Each write goes into the pipe, after the queued bytes, and waits until the pipe accepts some of it.
impl AsyncWrite for StreamWriter {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_by(cx, buf.len(), |mut pipe| pipe.write(buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let len = bufs.iter().map(|buf| buf.len()).sum();
        self.poll_write_by(cx, len, |mut pipe| pipe.write_vectored(bufs))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// As [`flush`](StreamWriter::flush).
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.queue.poll_until_at_most(cx, 0)
    }

    /// As [`wait_closed`](StreamWriter::wait_closed).
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.close();
        self.queue.poll_until_at_most(cx, 0)
    }
}

impl fmt::Debug for StreamWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamWriter")
            .field("fd", &self.fd())
            .field("unsent", &self.unsent())
            .finish_non_exhaustive()
    }
}

/// Whether every reader of a pipe that we write to has closed it.
fn reader_is_gone(pipe: &File) -> bool {
    let mut polled = [PollFd::new(pipe, PollFlags::empty())];
    let ready = poll(&mut polled, Some(&Timespec::default()));
    ready.is_ok() && polled[0].revents().contains(PollFlags::ERR)
}

/// Waits until nobody reads from `pipe` any more.
///
/// # Errors
/// For a file whose readers cannot be determined: anything but a pipe, a socket or a terminal.
pub(crate) fn reader_gone(pipe: File) -> io::Result<impl Future<Output = ()> + Send> {
    let pipe = sys::register(pipe, Interest::ERROR)?;
    Ok(async move {
        if pipe.ready(Interest::ERROR).await.is_err() {
            // The runtime is shutting down.
            std::future::pending().await
        }
    })
}
