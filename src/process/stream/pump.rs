//! The future that drains captured streams, or has them drained by a thread that may wait for the disk.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::Interest;
use tokio::task::AbortHandle;

use super::capture::{Capture, ReadProgress, SharedCapture};
use crate::os::sys::register;

/// How many chunks are read before other futures may run.
const CHUNKS_PER_TURN: usize = 16;

/// How long a thread that moves output to the file waits for more of it, which costs less than
/// starting again.
const LINGER: Duration = Duration::from_millis(2);

/// The interval between reads of a pipe that cannot be registered with the runtime.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Drains the streams of one process from now on, in one future, whose handle is returned. Must be
/// called within a tokio runtime.
pub(crate) fn drain(stdout: Option<&Capture>, stderr: Option<&Capture>) -> Option<AbortHandle> {
    let shared = |Capture(shared): &Capture| Arc::clone(shared);
    match (stdout.map(shared), stderr.map(shared)) {
        (Some(stdout), Some(stderr)) => {
            let both = tokio::spawn(async { tokio::join!(pump(stdout), pump(stderr)) });
            Some(both.abort_handle())
        }
        (Some(only), None) | (None, Some(only)) => Some(tokio::spawn(pump(only)).abort_handle()),
        (None, None) => None,
    }
}

async fn pump(shared: Arc<SharedCapture>) {
    let mut registered = shared.lock().registered.take();
    loop {
        let progress = match &registered {
            Some(pipe) => {
                let Ok(mut ready) = pipe.readable().await else {
                    // The runtime is shutting down; nobody must wait for ever.
                    shared.lock().ended = true;
                    break;
                };
                let progress = shared.read_here(CHUNKS_PER_TURN).await;
                if progress == ReadProgress::Empty {
                    ready.clear_ready();
                }
                progress
            }
            None => {
                let progress = shared.read(CHUNKS_PER_TURN, LINGER).await;
                if progress == ReadProgress::Empty {
                    registered = register(Arc::clone(&shared.pipe), Interest::READABLE).ok();
                }
                progress
            }
        };
        match progress {
            ReadProgress::Empty if registered.is_some() => {}
            // The system has no capacity for another registration: poll the pipe.
            ReadProgress::Empty => tokio::time::sleep(POLL_INTERVAL).await,
            // While another thread reads it, each write to it would wake this one.
            ReadProgress::Beyond => registered = None,
            ReadProgress::More => tokio::task::yield_now().await,
            ReadProgress::Full => shared.taken.notified().await,
            ReadProgress::Ended => break,
        }
    }
    shared.ended.notify_one();
    shared.printed.notify_one();
}
