//! Traits of a reader: a source of bytes, a descriptor, the input of another process.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncBufRead, AsyncRead, ReadBuf};

use super::chunk::CHUNK;
use super::reader::StreamReader;
use crate::process::command::Stdio;

/// Buffered bytes are read first; beyond those, nothing is read ahead.
impl AsyncRead for StreamReader {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let capacity = buf.remaining().min(CHUNK);
        let n = ready!(
            self.get_mut()
                .poll_read_into(cx, buf.initialize_unfilled_to(capacity))
        )?;
        buf.advance(n);
        Poll::Ready(Ok(()))
    }
}

/// These reads are not bound by the limit.
impl AsyncBufRead for StreamReader {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let reader = self.get_mut();
        if reader.buf.is_empty() {
            ready!(reader.poll_fill(cx))?;
        }
        Poll::Ready(Ok(reader.buf.unread()))
    }

    fn consume(self: Pin<&mut Self>, n: usize) {
        self.get_mut().buf.skip(n);
    }
}

/// The pipe. Bytes that were read ahead are no longer in it.
impl AsFd for StreamReader {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.get_ref().as_fd()
    }
}

/// Connects the output to the standard input of the next process of a pipeline, without this program in
/// between.
///
/// A [`Command`](crate::process::Command) keeps the streams that it was given. Drop it once its process
/// runs: while it holds the pipe, a writing process never learns that its reader is gone.
///
/// # Errors
/// `InvalidInput` if bytes were read ahead, which the process would not get: convert a reader before
/// anything is read from it, or read until [`at_eof`](StreamReader::at_eof).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use prun::process::{Command, Stdio};
///
/// // yes | head -n 2
/// let mut yes = Command::exec("yes").stdout(Stdio::Pipe).spawn().await?;
/// let pipe = yes.stdout.take().expect("it is a pipe");
/// let head = Command::exec("head").args(["-n", "2"]).stdin(Stdio::try_from(pipe)?).output().await?;
/// assert_eq!(head.stdout, b"y\ny\n");
/// assert_eq!(yes.wait().await?.returncode(), -13, "terminated by SIGPIPE");
/// # Ok(()) }
/// ```
impl TryFrom<StreamReader> for Stdio {
    type Error = io::Error;

    fn try_from(reader: StreamReader) -> io::Result<Self> {
        if !reader.buf.is_empty() {
            let why = "bytes of the stream were read ahead";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        if reader.ended {
            return Ok(Self::Null);
        }
        let pipe = reader.pipe.into_inner();
        // Programs expect blocking reads.
        rustix::io::ioctl_fionbio(&pipe, false)?;
        Ok(Self::Fd(Arc::new(OwnedFd::from(pipe))))
    }
}
