//! Pipes: creating, registering with the event loop, and enlarging.

use std::fs::File;
use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::sys;

/// The capacity of a pipe with much output: its ends seldom wait for each other, and its contents are
/// still in a CPU cache when they are moved.
pub(crate) const LARGE: usize = 256 * 1024;

/// Creates a pipe that children do not inherit; a real one, so that `/dev/stdin` can be opened.
pub(crate) fn pipe() -> io::Result<(PipeReader, PipeWriter)> {
    io::pipe()
}

/// Registers our end of a pipe with the runtime's event loop; it can be deregistered and registered again.
pub(crate) fn register_shared(end: impl Into<OwnedFd>) -> io::Result<AsyncFd<Arc<File>>> {
    let end = nonblocking(end)?;
    sys::register(Arc::new(end), Interest::READABLE)
}

/// Registers our end of a pipe with the runtime's event loop.
pub(crate) fn register(end: impl Into<OwnedFd>, interest: Interest) -> io::Result<AsyncFd<File>> {
    sys::register(nonblocking(end)?, interest)
}

/// Makes the file non-blocking. Only for descriptors created by us: the flag is shared with all processes
/// that have an inherited one.
fn nonblocking(end: impl Into<OwnedFd>) -> io::Result<File> {
    let end = File::from(end.into());
    rustix::io::ioctl_fionbio(&end, true)?;
    Ok(end)
}

/// Sets the capacity of a pipe to `bytes`, so that its ends wait for each other less often. For pipes
/// with much output. Other files are unchanged, as are pipes if the system refuses.
#[cfg(linux)]
pub(crate) fn enlarge(pipe: impl AsFd, bytes: usize) {
    use rustix::pipe::{fcntl_getpipe_size, fcntl_setpipe_size};
    if fcntl_getpipe_size(&pipe).is_ok_and(|size| size < bytes) {
        let _ = fcntl_setpipe_size(pipe, bytes);
    }
}

/// On other systems pipes grow by themselves.
#[cfg(not(linux))]
pub(crate) fn enlarge(_pipe: impl AsFd, _bytes: usize) {}

/// Sets the capacity of a pipe to at least this many bytes, as rounded by the system.
#[cfg(linux)]
pub(crate) fn set_size(pipe: impl AsFd, bytes: usize) -> io::Result<()> {
    rustix::pipe::fcntl_setpipe_size(pipe, bytes)?;
    Ok(())
}

/// On other systems the capacity of a pipe cannot be set.
#[cfg(not(linux))]
pub(crate) fn set_size(_pipe: impl AsFd, _bytes: usize) -> io::Result<()> {
    Ok(())
}

/// Waits up to `within` for data or the end of `pipe`; returns whether there is either.
pub(crate) fn comes(pipe: &File, within: Duration) -> bool {
    use rustix::event::{PollFd, PollFlags, poll};
    let Ok(within) = within.try_into() else {
        return false;
    };
    let mut fds = [PollFd::new(pipe, PollFlags::IN)];
    poll(&mut fds, Some(&within)).is_ok_and(|ready| ready > 0)
}
