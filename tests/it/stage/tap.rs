//! Reads one stream of a run in a thread, so that a run never waits for its test.

use std::io::Read;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::sys;

/// The polling interval for a change of the mode.
const POLL: Duration = Duration::from_millis(5);

const OPEN: u8 = 0;
const HELD: u8 = 1;
const CLOSED: u8 = 2;

/// The bytes read so far, and the thread that reads more.
pub(super) struct Tap {
    bytes: Arc<Mutex<Vec<u8>>>,
    mode: Arc<AtomicU8>,
    thread: Option<JoinHandle<()>>,
}

impl Tap {
    /// The tap of a stream that does not exist: empty and closed.
    pub(super) fn none() -> Self {
        Self {
            bytes: Arc::default(),
            mode: Arc::default(),
            thread: None,
        }
    }

    /// Starts to read `stream` until its end: at once or, if `held`, after [`Tap::open`].
    pub(super) fn spawn(stream: impl Read + AsFd + Send + 'static, held: bool) -> Self {
        let bytes = Arc::default();
        let mode = Arc::new(AtomicU8::new(if held { HELD } else { OPEN }));
        let (into, thread_mode) = (Arc::clone(&bytes), Arc::clone(&mode));
        let thread = Some(thread::spawn(move || drain(stream, &into, &thread_mode)));
        Self {
            bytes,
            mode,
            thread,
        }
    }

    /// Starts to read a held stream.
    pub(super) fn open(&self) {
        self.mode.store(OPEN, Ordering::Release);
    }

    /// Closes our end of the stream; returns when it is closed.
    pub(super) fn close(&mut self) {
        self.mode.store(CLOSED, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("a tap does not panic");
        }
    }

    /// Whether no more bytes can arrive.
    pub(super) fn is_closed(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// The bytes so far as text; invalid UTF-8 is replaced.
    pub(super) fn text(&self) -> String {
        self.with_bytes(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// Calls `read` with the bytes read so far.
    pub(super) fn with_bytes<T>(&self, read: impl FnOnce(&[u8]) -> T) -> T {
        read(&self.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes the bytes read so far.
    pub(super) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The body of the thread. A terminal whose processes have exited returns EIO: its end of file.
fn drain(mut stream: impl Read + AsFd, into: &Mutex<Vec<u8>>, mode: &AtomicU8) {
    let mut chunk = vec![0; 64 * 1024];
    loop {
        match mode.load(Ordering::Acquire) {
            CLOSED => return,
            HELD => thread::sleep(POLL),
            _ if sys::is_readable(stream.as_fd(), POLL) => match stream.read(&mut chunk) {
                Ok(0) | Err(_) => return,
                Ok(count) => into
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .extend_from_slice(&chunk[..count]),
            },
            _ => {}
        }
    }
}
