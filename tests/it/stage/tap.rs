//! A tap on one stream of a run: a thread that reads it, so that a run never waits for its test.

use std::io::Read;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::sys;

/// How soon a tap that waits for bytes notices that it was turned.
const TURN: Duration = Duration::from_millis(5);

const OPEN: u8 = 0;
const HELD: u8 = 1;
const CUT: u8 = 2;

/// What was read so far, and the thread that reads on.
pub(super) struct Tap {
    bytes: Arc<Mutex<Vec<u8>>>,
    turn: Arc<AtomicU8>,
    thread: Option<JoinHandle<()>>,
}

impl Tap {
    /// The tap of a stream that is not ours to read: empty and closed.
    pub(super) fn none() -> Self {
        Self {
            bytes: Arc::default(),
            turn: Arc::default(),
            thread: None,
        }
    }

    /// Reads `stream` until its end, beginning now or, if it is held, when it is opened.
    pub(super) fn on(stream: impl Read + AsFd + Send + 'static, held: bool) -> Self {
        let bytes = Arc::default();
        let turn = Arc::new(AtomicU8::new(if held { HELD } else { OPEN }));
        let (into, turned) = (Arc::clone(&bytes), Arc::clone(&turn));
        let thread = Some(thread::spawn(move || drain(stream, &into, &turned)));
        Self {
            bytes,
            turn,
            thread,
        }
    }

    /// Lets a held tap run.
    pub(super) fn open(&self) {
        self.turn.store(OPEN, Ordering::Release);
    }

    /// Closes our end of the stream and returns when it is closed.
    pub(super) fn cut(&mut self) {
        self.turn.store(CUT, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("a tap does not panic");
        }
    }

    /// Whether nothing more can come.
    pub(super) fn is_closed(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Looks at what was read so far.
    pub(super) fn with<T>(&self, look: impl FnOnce(&[u8]) -> T) -> T {
        look(&self.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes what was read so far.
    pub(super) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The life of the thread. A terminal whose run has gone answers with EIO, which is its end of file.
fn drain(mut stream: impl Read + AsFd, into: &Mutex<Vec<u8>>, turn: &AtomicU8) {
    let mut chunk = vec![0; 64 * 1024];
    loop {
        match turn.load(Ordering::Acquire) {
            CUT => return,
            HELD => thread::sleep(TURN),
            _ if sys::is_readable(stream.as_fd(), TURN) => match stream.read(&mut chunk) {
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
