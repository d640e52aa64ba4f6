//! Threads beside the one that starts processes.

use std::io;
use std::thread::{Builder, JoinHandle};

use nix::sys::signal::{SigSet, Signal};

/// Starts a thread of this name that is not woken when a child ends.
///
/// `posix_spawn` blocks all signals in the thread that calls it. A `SIGCHLD` that comes meanwhile
/// goes to any other thread that takes it, which the system wakes only to ignore it: with short
/// jobs that was every third one.
///
/// # Errors
/// When the system has no thread to give.
pub(crate) fn start_beside<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    Builder::new().name(name.into()).spawn(move || {
        let mut child_ended = SigSet::empty();
        child_ended.add(Signal::SIGCHLD);
        // A thread that is woken for nothing still does its work.
        let _ = child_ended.thread_block();
        work()
    })
}
