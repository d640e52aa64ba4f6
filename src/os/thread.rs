//! Threads beside the one that starts processes.

use std::io;
use std::thread::{Builder, JoinHandle};

use super::own_signals::without_signals;

/// Starts a thread of this name that takes no signals, so that they come to the main thread alone:
/// whoever asks there what has come so far knows it of all. Nor is it woken when a child ends.
///
/// `posix_spawn` blocks all signals in the thread that calls it. A `SIGCHLD` that comes meanwhile
/// goes to any other thread that takes it, which the system wakes only to ignore it: with short
/// jobs that was every third one.
///
/// # Errors
/// When the system has no thread to give.
pub(crate) fn start_thread<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    without_signals(|| Builder::new().name(name.into()).spawn(work))
}
