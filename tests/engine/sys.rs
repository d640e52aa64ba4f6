//! The few system calls that a test needs and std does not have. All the `unsafe` of these tests.

#![expect(unsafe_code, reason = "std has no safe way to do these")]

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// Waits for a child behind the engine's back, as a careless library does.
pub(super) fn reap(pid: u32) {
    // SAFETY: a null status is allowed, and nothing else is touched.
    let reaped = unsafe { libc::waitpid(pid.cast_signed(), std::ptr::null_mut(), 0) };
    assert_eq!(reaped, pid.cast_signed(), "{}", io::Error::last_os_error());
}

/// Ignores a signal in this process, as one that `nohup` or a careless parent started.
pub(super) fn ignore(signal: i32) {
    // SAFETY: SIG_IGN runs no code of ours.
    unsafe { libc::signal(signal, libc::SIG_IGN) };
}

/// Catches a signal by a function that does nothing, so that it interrupts system calls.
pub(super) fn interrupt_by(signal: i32) {
    extern "C" fn nothing(_: libc::c_int) {}
    // SAFETY: zeroed is a valid `sigaction` without flags; the function is async-signal-safe.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = nothing as *const () as usize;
        assert_eq!(libc::sigaction(signal, &action, std::ptr::null_mut()), 0);
    }
}

/// Blocks a signal in this thread and in what it starts.
pub(super) fn block(signal: i32) {
    // SAFETY: `sigemptyset` initialises the set before it is used.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut set);
        libc::sigaddset(&mut set, signal);
        let blocked = libc::pthread_sigmask(libc::SIG_BLOCK, &set, std::ptr::null_mut());
        assert_eq!(blocked, 0);
    }
}

/// Lets a descriptor of ours be inherited, as one that our own parent left open.
pub(super) fn let_inherit(fd: BorrowedFd<'_>) {
    // SAFETY: the call takes integers; the descriptor is open for its length.
    let set = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFD, 0) };
    assert_eq!(set, 0, "{}", io::Error::last_os_error());
}

/// Lets this process open no descriptor from this number on, as `ulimit -Sn` does.
pub(super) fn limit_files(most: libc::rlim_t) {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the call fills one limit, and gets the address of one.
    let got = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    limit.rlim_cur = most;
    // SAFETY: the call reads one limit, and gets the address of one.
    let set = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) };
    assert_eq!((got, set), (0, 0), "{}", io::Error::last_os_error());
}

/// How many bytes a pipe can hold.
pub(super) fn pipe_size(fd: BorrowedFd<'_>) -> i32 {
    // SAFETY: the call takes integers; the descriptor is open for its length.
    unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETPIPE_SZ) }
}

/// Standard descriptors that are closed, until this is dropped: for processes of their own only.
pub(super) struct Closed(Vec<(RawFd, OwnedFd)>);

impl Closed {
    /// Closes `fds`, which are among 0, 1 and 2.
    pub(super) fn new(fds: &[RawFd]) -> Self {
        let kept = fds.iter().map(|&fd| {
            // SAFETY: the number is one of a standard descriptor; the copy is new, and ours alone.
            let copy = unsafe { OwnedFd::from_raw_fd(libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 100)) };
            // SAFETY: std never closes these three by itself, and the copy takes their place.
            unsafe { libc::close(fd) };
            (fd, copy)
        });
        Self(kept.collect())
    }
}

impl Drop for Closed {
    fn drop(&mut self) {
        for (fd, copy) in &self.0 {
            // SAFETY: both are integers of descriptors; what was opened meanwhile is closed.
            unsafe { libc::dup2(copy.as_raw_fd(), *fd) };
        }
    }
}
