//! Children between their birth and their program.
//!
//! `posix_spawn` returns when the child has executed its program, and cannot be interrupted before. A
//! child that a Ctrl-Z stops in that moment, while it is still in our process group, would hold the
//! start up for ever: it has its own group by then, which nobody continues. And one whose start is
//! given up must not execute its program after all, when a server that was gone is there again.

use std::io;
#[cfg(linux)]
use std::{os::fd::AsFd, time::Duration};

#[cfg(linux)]
use super::claims::is_being_started;
#[cfg(linux)]
use super::spawner;
#[cfg(linux)]
use crate::process::beside::start_beside;
#[cfg(linux)]
use crate::process::{group, sys};

/// A spawn takes well under a millisecond; one that takes so long is looked at.
#[cfg(linux)]
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Starts a thread that continues children which were stopped before they executed their program.
///
/// For programs that are started from a terminal: a Ctrl-Z in the moment in which a process begins
/// can stop it while it is still in the group of its parent, but too late for it to have its own
/// program; whoever starts it would wait for ever. The thread looks ten times a second, and lives as
/// long as the program. Linux only; elsewhere nothing is done.
///
/// # Errors
/// When no thread can be started.
#[doc(hidden)]
pub fn continue_stopped_spawns() -> io::Result<()> {
    #[cfg(linux)]
    start_beside("prun-spawns", look_for_ever)?;
    Ok(())
}

#[cfg(linux)]
fn look_for_ever() {
    let mut before = Vec::new();
    loop {
        std::thread::sleep(LOOK_EVERY);
        let taken = spawner::taken();
        for start in taken.iter().filter(|start| before.contains(*start)) {
            let stopped = of(start.1).filter(|pid| group::is_stopped(*pid as u32));
            stopped.for_each(|pid| signal(start.1, pid, libc::SIGCONT));
        }
        before = taken;
    }
}

/// Kills the child that `thread` is starting, if there is one: before it executes its program, or just
/// after. The thread must be kept from starting another one meanwhile.
#[cfg(linux)]
pub(in crate::process) fn kill(thread: libc::pid_t) {
    of(thread).for_each(|pid| signal(thread, pid, libc::SIGKILL));
}

/// Elsewhere it is killed when its start is over.
#[cfg(not(linux))]
pub(in crate::process) fn kill(_thread: libc::pid_t) {}

/// What a thread is starting: those of its children whose start is not over.
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
    // One that could not execute its program is reaped by its start at any moment. What is opened
    // while the number is still that of a child cannot be another process.
    if let Ok(pidfd) = sys::pidfd_open(child)
        && of(thread).any(|pid| pid == child)
    {
        // It may have ended meanwhile, which is as good.
        let _ = sys::pidfd_send_signal(pidfd.as_fd(), signal, false);
    }
}

/// The number of the calling thread.
#[cfg(linux)]
pub(in crate::process) fn this_thread() -> libc::pid_t {
    thread_local! {
        static NUMBER: libc::pid_t = nix::unistd::gettid().as_raw();
    }
    NUMBER.with(|number| *number)
}

#[cfg(not(linux))]
pub(in crate::process) fn this_thread() -> libc::pid_t {
    0
}
