//! Pipes: made, registered with the poll loop, and given more room.

use std::fs::File;
use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::sys;

/// The room of a pipe that gives much: its ends seldom wait for each other, and what is in it is
/// still in a cache of the processor when it is moved.
pub(crate) const LARGE: usize = 256 * 1024;

/// A pipe whose ends no other process of ours inherits; a real one, so that `/dev/stdin` opens.
pub(crate) fn pipe() -> io::Result<(PipeReader, PipeWriter)> {
    io::pipe()
}

/// Our end of a pipe, for the poll loop of the runtime, which may forget it and learn of it again.
pub(crate) fn register_shared(end: impl Into<OwnedFd>) -> io::Result<AsyncFd<Arc<File>>> {
    let end = nonblocking(end)?;
    sys::register(Arc::new(end), Interest::READABLE)
}

/// Our end of a pipe, for the poll loop of the runtime.
pub(crate) fn register(end: impl Into<OwnedFd>, interest: Interest) -> io::Result<AsyncFd<File>> {
    sys::register(nonblocking(end)?, interest)
}

/// Makes reads and writes return `WouldBlock` in place of waiting. For an end of our own making: the
/// flag would reach all who share an inherited one.
fn nonblocking(end: impl Into<OwnedFd>) -> io::Result<File> {
    let end = File::from(end.into());
    rustix::io::ioctl_fionbio(&end, true)?;
    Ok(end)
}

/// Lets a pipe hold `bytes`, so that its two ends need not wait for each other so often. For pipes
/// through which much goes; what is none, and a system that refuses, stay as they are.
#[cfg(linux)]
pub(crate) fn enlarge(pipe: impl AsFd, bytes: usize) {
    use rustix::pipe::{fcntl_getpipe_size, fcntl_setpipe_size};
    if fcntl_getpipe_size(&pipe).is_ok_and(|size| size < bytes) {
        let _ = fcntl_setpipe_size(pipe, bytes);
    }
}

/// Elsewhere the system gives a pipe the room that it needs.
#[cfg(not(linux))]
pub(crate) fn enlarge(_pipe: impl AsFd, _bytes: usize) {}

/// Makes a pipe so large, or as much larger as the system has it.
#[cfg(linux)]
pub(crate) fn set_size(pipe: impl AsFd, bytes: usize) -> io::Result<()> {
    rustix::pipe::fcntl_setpipe_size(pipe, bytes)?;
    Ok(())
}

/// Elsewhere a pipe has no size that could be set.
#[cfg(not(linux))]
pub(crate) fn set_size(_pipe: impl AsFd, _bytes: usize) -> io::Result<()> {
    Ok(())
}

/// Whether something comes through `pipe`, or its end, within so long; waits for it.
pub(crate) fn comes(pipe: &File, within: Duration) -> bool {
    use rustix::event::{PollFd, PollFlags, poll};
    let Ok(within) = within.try_into() else {
        return false;
    };
    let mut fds = [PollFd::new(pipe, PollFlags::IN)];
    poll(&mut fds, Some(&within)).is_ok_and(|ready| ready > 0)
}
