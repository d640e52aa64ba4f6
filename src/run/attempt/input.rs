//! The standard input of a running attempt: sent to it as it reads, and counted.

use std::convert::Infallible;
use std::fs::File;
use std::future::poll_fn;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::pin::Pin;
use std::time::Duration;

use rustix::io::ioctl_fionread;
use tokio::io::AsyncWrite;
use tokio::time::timeout;

use crate::event::InputBytes;
use crate::os::enlarge;
use crate::plan::{Block, Content, JobInput};
use crate::process::{FileSender, Process, StreamWriter};
use crate::run::shared_blocks::SharedBlocks;

/// How many bytes are written at once: other jobs and signals wait meanwhile.
const WRITE_BYTES: usize = 256 * 1024;

/// The capacity of the pipe of a large input, which is what the system allows without privileges.
const PIPE_BYTES: usize = 1 << 20;

/// A smaller input fits into any pipe.
const LARGE: u64 = 64 * 1024;

/// How long a read of a file that was begun may delay the end of an attempt.
const LAST_READ: Duration = Duration::from_millis(500);

/// Sends an attempt its input.
pub(crate) struct Feeder {
    stdin: StreamWriter,
    files: FileSender,
    /// How many bytes the job was to get, and how many are in its pipe or were read.
    given: u64,
    sent: u64,
    /// A further block, and how many bytes were sent before it: it goes to another job if none of its own
    /// are.
    unsent: Option<(Block, u64)>,
    /// The pipe, once its input has ended, to see what is left in it.
    closed: Option<File>,
    /// Why the input could not be read.
    error: Option<io::Error>,
}

impl Feeder {
    /// Returns `None` for a process that has an input of another kind than its job's.
    pub(crate) fn new(process: &mut Process, input: Option<&JobInput>) -> Option<Self> {
        Some(Self {
            stdin: process.stdin.take()?,
            files: FileSender::default(),
            given: input?.length(),
            sent: 0,
            unsent: None,
            closed: None,
            error: None,
        })
    }

    /// Sends the input, then blocks of those that are `shared`, and ends it. Never returns.
    pub(crate) async fn feed(
        &mut self,
        input: &JobInput,
        shared: Option<&SharedBlocks>,
    ) -> Infallible {
        if let Some(pipe) = self.stdin.fd()
            && self.given > LARGE
        {
            let bytes = usize::try_from(self.given).unwrap_or(PIPE_BYTES);
            enlarge(pipe, bytes.min(PIPE_BYTES).next_power_of_two());
        }
        let fed = self.feed_all(input, shared).await;
        // A job that does not read its input is not an error.
        self.error = fed
            .err()
            .filter(|error| error.kind() != io::ErrorKind::BrokenPipe);
        self.give_back(shared);
        self.closed = self.stdin.fd().and_then(reopen);
        self.stdin.close();
        std::future::pending().await
    }

    async fn feed_all(
        &mut self,
        input: &JobInput,
        shared: Option<&SharedBlocks>,
    ) -> io::Result<()> {
        match input {
            JobInput::Bytes(bytes) => self.write(bytes).await?,
            JobInput::Block(block) => {
                self.write(block.header()).await?;
                self.send(block).await?;
                if shared.is_some() {
                    block.release();
                }
            }
        }
        let Some(shared) = shared else { return Ok(()) };
        loop {
            self.stdin.writable().await?;
            let Some(block) = shared.next().await else {
                return Ok(());
            };
            let block = block.map_err(|error| io::Error::other(error.to_string()))?;
            let before = self.sent;
            self.given += block.content_length();
            let block = &self.unsent.insert((block, before)).0.clone();
            self.send(block).await?;
            self.unsent = None;
        }
    }

    /// Ends the input, and returns how much of it the job has read, and why the rest of it could not be.
    pub(crate) async fn end(
        mut self,
        shared: Option<&SharedBlocks>,
    ) -> (InputBytes, Option<io::Error>) {
        // A file on a server that does not answer is not waited for.
        if let Ok(moved) = timeout(LAST_READ, self.files.settle()).await {
            self.sent += moved;
        }
        self.give_back(shared);
        let in_pipe = match (self.stdin.fd(), &self.closed) {
            (Some(pipe), _) => ioctl_fionread(pipe).ok(),
            (None, Some(pipe)) => ioctl_fionread(pipe).ok(),
            (None, None) => None,
        };
        let unsent = self.given.saturating_sub(self.sent);
        let bytes = InputBytes {
            given: self.given,
            unread: in_pipe.map(|in_pipe| (unsent + in_pipe).min(self.given)),
        };
        // Another process may still hold the pipe, but the job has ended.
        self.stdin.abort();
        (bytes, self.error)
    }

    /// Gives back a block that was not begun.
    fn give_back(&mut self, shared: Option<&SharedBlocks>) {
        if let (Some((block, before)), Some(shared)) = (self.unsent.take(), shared)
            && before == self.sent
            && let length = block.content_length()
            && shared.give_back(block)
        {
            self.given -= length;
        }
    }

    /// Sends a block without its header.
    async fn send(&mut self, block: &Block) -> io::Result<()> {
        match block.content() {
            None => Ok(()),
            Some(Content::File {
                file,
                mut at,
                length,
            }) => {
                let end = at + length;
                while at < end {
                    let moved = self.files.send(&self.stdin, &file, at, end - at).await?;
                    at += moved;
                    self.sent += moved;
                }
                Ok(())
            }
            Some(content) => self.write(content.in_memory().unwrap_or_default()).await,
        }
    }

    async fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let piece = &bytes[..bytes.len().min(WRITE_BYTES)];
            let stdin = &mut self.stdin;
            let written = poll_fn(|cx| Pin::new(&mut *stdin).poll_write(cx, piece)).await?;
            self.sent += written as u64;
            bytes = &bytes[written..];
        }
        Ok(())
    }
}

/// Opens a pipe once more, for its reader. Whoever holds it sees what is left in the pipe after its writer
/// has closed it; `None` where the system has no such file.
fn reopen(pipe: BorrowedFd<'_>) -> Option<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let path = format!("/proc/self/fd/{}", pipe.as_raw_fd());
    let mut options = File::options();
    options.read(true).custom_flags(libc::O_NONBLOCK);
    options.open(path).ok()
}
