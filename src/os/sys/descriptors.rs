//! Duplicating, registering and closing descriptors.

use std::borrow::Borrow;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::calls::retry;

/// Duplicates `fd` to the lowest free number from `least` on, close-on-exec.
pub(crate) fn duplicate_from(fd: BorrowedFd<'_>, least: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: the call takes integers.
    let copy = retry(|| unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD_CLOEXEC, least) })?;
    // SAFETY: the kernel has just returned this descriptor, and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(copy) })
}

/// Registers `file` with the runtime's event loop; panics if the runtime has no I/O driver.
pub(crate) fn register<F: AsRawFd + Borrow<File>>(
    file: F,
    interest: Interest,
) -> io::Result<AsyncFd<F>> {
    // SAFETY: a `File`, owned or shared, owns its descriptor, which stays open and unchanged until the
    // `AsyncFd` and with it the `File` is dropped.
    unsafe { AsyncFd::register_with_interest(file, interest) }.map_err(io::Error::from)
}

/// Closes every descriptor from `least` on, if the system can (Linux 5.9): for a program that has just
/// started, has opened nothing, and needs no inherited descriptor.
#[cfg_attr(not(linux), expect(unused_variables))]
pub(crate) fn close_from(least: libc::c_uint) {
    #[cfg(linux)]
    // SAFETY: the call takes integers, and no value in such a program owns one of the descriptors.
    let _ = unsafe { libc::syscall(libc::SYS_close_range, least, libc::c_uint::MAX, 0) };
}
