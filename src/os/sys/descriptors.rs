//! Duplicating, registering and closing descriptors.

use std::borrow::Borrow;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

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
