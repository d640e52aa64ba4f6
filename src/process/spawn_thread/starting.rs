//! Children that have not executed their program yet.
//!
//! `posix_spawn` returns when the child has executed its program, and cannot be interrupted before. If a
//! start is cancelled, its child must not execute its program later, when a server that was down is back.

#[cfg(linux)]
use std::os::fd::AsFd;

#[cfg(linux)]
use crate::os::{process_group, sys};
#[cfg(linux)]
use crate::process::reap::claims::is_being_started;

/// Kills the child that `thread` is starting, if there is one: before it executes its program, or right
/// after. The thread must be kept from starting another one meanwhile.
#[cfg(linux)]
pub(crate) fn kill(thread: libc::pid_t) {
    of(thread).for_each(|pid| signal(thread, pid, libc::SIGKILL));
}

/// Continues the stopped children that `thread` is starting.
#[cfg(linux)]
pub(crate) fn continue_stopped(thread: libc::pid_t) {
    let stopped = of(thread).filter(|pid| process_group::is_stopped(*pid as u32));
    stopped.for_each(|pid| signal(thread, pid, libc::SIGCONT));
}

/// On other systems it is killed when its start has completed.
#[cfg(not(linux))]
pub(crate) fn kill(_thread: libc::pid_t) {}

/// The children of a thread whose start has not completed.
#[cfg(linux)]
fn of(thread: libc::pid_t) -> impl Iterator<Item = libc::pid_t> {
    let children = std::fs::read_to_string(format!("/proc/self/task/{thread}/children"));
    let numbers = children.unwrap_or_default();
    let numbers: Vec<_> = numbers
        .split_whitespace()
        .filter_map(|number| number.parse().ok())
        .collect();
    numbers.into_iter().filter(|pid| is_being_started(*pid))
}

#[cfg(linux)]
fn signal(thread: libc::pid_t, child: libc::pid_t, signal: i32) {
    // If it cannot execute its program, its starter reaps it at any moment. A pidfd opened while the
    // number is still that of a child cannot refer to another process.
    if let Ok(pidfd) = sys::pidfd_open(child)
        && of(thread).any(|pid| pid == child)
    {
        // It may have ended meanwhile, which is as good.
        let _ = sys::pidfd_send_signal(pidfd.as_fd(), signal, false);
    }
}

/// The id of the calling thread.
#[cfg(linux)]
pub(crate) fn this_thread() -> libc::pid_t {
    thread_local! {
        static NUMBER: libc::pid_t = nix::unistd::gettid().as_raw();
    }
    NUMBER.with(|number| *number)
}

#[cfg(not(linux))]
pub(crate) fn this_thread() -> libc::pid_t {
    0
}
