//! Blocking writes to a file that another process may have made non-blocking.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

/// Writes to a file that is shared with other processes, such as a standard stream, whose flags are
/// shared as well. Some programs (node, ssh) set `O_NONBLOCK`, which is never changed here.
#[derive(Debug)]
pub(crate) struct Blocking(File);

impl Blocking {
    pub(crate) fn new(file: File) -> Self {
        Self(file)
    }

    /// Waits until the file accepts more, or returns why it does not.
    pub(crate) fn wait(&self) -> io::Result<()> {
        match poll(&mut [PollFd::new(&self.0, PollFlags::OUT)], None) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Write for Blocking {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.0.write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.wait()?,
                written => return written,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsFd for Blocking {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
