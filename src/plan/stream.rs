//! What is read once, from front to back: standard input, a pipe, a terminal.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{OFlags, fcntl_getfl};
use rustix::io::Errno;

use super::file::OpenError;

/// A file whose writer decides what is in it, and when. It may be shared with programs that set
/// `O_NONBLOCK` on it; that nothing is there yet is no error.
pub(super) struct Stream(File);

impl Stream {
    pub(super) fn new(file: File) -> Self {
        Self(file)
    }

    /// Standard input, which is to be a `what`. Not std's own, for which one that cannot be read is
    /// one that is empty.
    pub(super) fn stdin(what: &'static str) -> Result<Self, OpenError> {
        let unopened = |error| OpenError::Open("stdin".to_owned(), error, what);
        let file = File::from(io::stdin().as_fd().try_clone_to_owned().map_err(unopened)?);
        let flags = fcntl_getfl(&file).map_err(|error| unopened(error.into()))?;
        if flags & OFlags::RWMODE == OFlags::WRONLY {
            return Err(OpenError::WriteOnly(what));
        }
        match file.metadata().map_err(unopened)?.is_dir() {
            true => Err(OpenError::Directory("stdin".to_owned(), what)),
            false => Ok(Self(file)),
        }
    }
}

impl Read for Stream {
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
