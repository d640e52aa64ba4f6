//! An input that is read once, sequentially: standard input, a pipe, a terminal.

use std::fs::File;
use std::io::{self, Read};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

/// A file whose reads may block. It may be shared with programs that set `O_NONBLOCK` on it, so on
/// `EAGAIN` it is polled.
pub(crate) struct InputStream(File);

impl InputStream {
    pub(crate) fn new(file: File) -> Self {
        Self(file)
    }
}

impl Read for InputStream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(into) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    match poll(&mut [PollFd::new(&self.0, PollFlags::IN)], None) {
                        Ok(_) | Err(Errno::INTR) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
                read => return read,
            }
        }
    }
}
