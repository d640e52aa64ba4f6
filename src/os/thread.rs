//! Threads that receive no signals.

use std::io;
use std::thread::{Builder, JoinHandle};

use super::own_signals::without_signals;

/// Starts a named thread that receives no signals, so that they are all delivered to the main thread:
/// a check there sees every signal so far. Nor is it woken when a child ends.
///
/// `posix_spawn` blocks all signals in the calling thread. A `SIGCHLD` that arrives meanwhile is
/// delivered to any other thread that accepts it, which wakes only to ignore it: with short jobs that
/// was every third one.
///
/// # Errors
/// If the system cannot start a thread.
pub(crate) fn start_thread<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    without_signals(|| Builder::new().name(name.into()).spawn(work))
}
