//! Sending a part of a file to a process, as asyncio's `loop.sendfile`.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::io::unix::AsyncFd;
use tokio::sync::oneshot;

use super::writer::StreamWriter;
use crate::process::spool::on_thread;

/// How many bytes are moved at once, if the pipe has the capacity.
const MOVE_BYTES: u64 = 1 << 20;

/// How many bytes are copied at once where the system cannot move them.
const COPY_BYTES: u64 = 64 * 1024;

/// Moves bytes of files into a pipe, on another thread, as reading a file may take long.
#[derive(Debug, Default)]
pub(crate) struct FileSender {
    /// A move that was begun.
    moving: Option<oneshot::Receiver<io::Result<u64>>>,
}

impl StreamWriter {
    /// Waits until the pipe has capacity.
    ///
    /// # Errors
    /// `BrokenPipe` if the process has closed its end.
    pub(crate) async fn writable(&self) -> io::Result<()> {
        let pipe = self.pipe().ok_or(io::ErrorKind::BrokenPipe)?;
        loop {
            let mut ready = pipe.writable().await?;
            // What the event loop knows may be from before the last write.
            let mut polled = [PollFd::new(pipe.get_ref(), PollFlags::OUT)];
            poll(&mut polled, Some(&Timespec::default()))?;
            let events = polled[0].revents();
            if events.contains(PollFlags::ERR) {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            if events.contains(PollFlags::OUT) {
                return Ok(());
            }
            ready.clear_ready();
        }
    }
}

impl FileSender {
    /// Moves some of the `length` bytes of `file` from `at` on into the pipe, once it has capacity, and
    /// returns how many. Nothing must be queued.
    ///
    /// If dropped, bytes that are just being moved are counted by [`settle`](Self::settle).
    ///
    /// # Errors
    /// `BrokenPipe` if the process has closed its end; `UnexpectedEof` if the file has fewer bytes.
    pub(crate) async fn send(
        &mut self,
        stdin: &StreamWriter,
        file: &Arc<File>,
        at: u64,
        length: u64,
    ) -> io::Result<u64> {
        let pipe = stdin.pipe().ok_or(io::ErrorKind::BrokenPipe)?;
        loop {
            let mut ready = pipe.writable().await?;
            match self.begin(&pipe, file, at, length).await {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready.clear_ready(),
                moved => return moved,
            }
        }
    }

    async fn begin(
        &mut self,
        pipe: &Arc<AsyncFd<File>>,
        file: &Arc<File>,
        at: u64,
        length: u64,
    ) -> io::Result<u64> {
        let (file, pipe) = (Arc::clone(file), Arc::clone(pipe));
        self.moving = Some(on_thread(move || {
            move_bytes(&file, at, pipe.get_ref(), length)
        }));
        self.end().await
    }

    /// Waits for the end of a move that was begun.
    async fn end(&mut self) -> io::Result<u64> {
        let Some(moving) = &mut self.moving else {
            return Ok(0);
        };
        let moved = moving.await;
        self.moving = None;
        moved.unwrap_or_else(|_| Err(io::Error::other("the thread that reads the file has ended")))
    }

    /// Waits until a move that was begun when [`send`](Self::send) was dropped has ended, and returns how
    /// many bytes were moved.
    pub(crate) async fn settle(&mut self) -> u64 {
        self.end().await.unwrap_or(0)
    }
}

/// Moves bytes without copying them through this program, where the system can do that.
fn move_bytes(file: &File, at: u64, pipe: &File, length: u64) -> io::Result<u64> {
    #[cfg(linux)]
    {
        use rustix::io::Errno;
        use rustix::pipe::{SpliceFlags, splice};
        let most = usize::try_from(length.min(MOVE_BYTES)).unwrap_or(usize::MAX);
        loop {
            let mut from = at;
            match splice(
                file,
                Some(&mut from),
                pipe,
                None,
                most,
                SpliceFlags::NONBLOCK,
            ) {
                Ok(0) if length > 0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(moved) => return Ok(moved as u64),
                Err(Errno::INTR) => {}
                // A file system without it.
                Err(Errno::INVAL) => break,
                Err(error) => return Err(error.into()),
            }
        }
    }
    copy_bytes(file, at, pipe, length.min(MOVE_BYTES))
}

fn copy_bytes(file: &File, at: u64, mut pipe: &File, length: u64) -> io::Result<u64> {
    use std::io::Write;
    let mut bytes = vec![0; length.min(COPY_BYTES) as usize];
    file.read_exact_at(&mut bytes, at)?;
    pipe.write(&bytes).map(|written| written as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::pipe;
    use std::io::{Read, Write};
    use std::os::fd::OwnedFd;

    #[test]
    fn bytes_are_moved_or_copied_from_an_offset() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        for how in [move_bytes, copy_bytes] {
            let (mut reader, writer) = pipe().unwrap();
            let writer = File::from(OwnedFd::from(writer));
            assert_eq!(how(&file, 2, &writer, 5).unwrap(), 5);
            let error = how(&file, 10, &writer, 1).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
            drop(writer);
            let mut read = String::new();
            reader.read_to_string(&mut read).unwrap();
            assert_eq!(read, "23456");
        }
    }
}
