//! Streams that are always drained, so that a process can never block on its output.

use std::fs::File;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::unix::AsyncFd;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::reader::{CHUNKS_AT_THE_END, Chunk, read_chunk};
use super::spool::{Spool, SpoolOptions};

/// So many chunks are read before other futures get their turn.
const CHUNKS_A_TURN: usize = 16;

/// A stream being captured: a background future moves its bytes from the pipe to a [`Spool`].
#[derive(Debug)]
pub(super) struct Capture {
    shared: Arc<Shared>,
    pump: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    pipe: AsyncFd<File>,
    state: Mutex<State>,
    ended: Notify,
}

#[derive(Debug)]
struct State {
    /// None once the capture was taken: what comes later is read and thrown away, because a
    /// closed pipe would kill a daemon that the process left behind.
    spool: Option<Spool>,
    ended: bool,
}

impl Capture {
    /// Starts to drain `pipe`; must be called within a tokio runtime.
    pub(super) fn start(pipe: AsyncFd<File>, options: SpoolOptions) -> Self {
        let shared = Arc::new(Shared {
            pipe,
            state: Mutex::new(State {
                spool: Some(Spool::new(options)),
                ended: false,
            }),
            ended: Notify::new(),
        });
        let pump = tokio::spawn(pump(Arc::clone(&shared)));
        Self { shared, pump }
    }

    /// Takes what is in the pipe now; true when that was its end. Bounded, since a process that was
    /// left behind may write without end.
    pub(super) fn drain_available(&self) -> bool {
        self.shared.read_available(CHUNKS_AT_THE_END) == Progress::Ended
    }

    /// Waits until every writer has closed the pipe. Cancel-safe.
    pub(super) async fn ended(&self) {
        while !self.shared.lock().ended {
            self.shared.ended.notified().await;
        }
    }

    /// Hands out what was captured. Where a writer is left, its output is thrown away from now on.
    pub(super) fn take(self) -> Spool {
        let mut state = self.shared.lock();
        if state.ended {
            self.pump.abort();
        }
        state.spool.take().unwrap_or_default()
    }
}

#[derive(PartialEq)]
enum Progress {
    /// The pipe was empty.
    Empty,
    /// There may be more.
    More,
    /// Every writer has closed the pipe.
    Ended,
}

impl Shared {
    /// A panic while the lock is held cannot leave the state half changed, so poison is ignored.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read_available(&self, chunks: usize) -> Progress {
        let mut state = self.lock();
        if state.ended {
            return Progress::Ended;
        }
        for _ in 0..chunks {
            let spool = &mut state.spool;
            let keep = |bytes: &[u8]| {
                if let Some(spool) = spool {
                    spool.append(bytes);
                }
            };
            match read_chunk(self.pipe.get_ref(), usize::MAX, keep) {
                Ok(Chunk::Data { .. }) => {}
                Ok(Chunk::Empty) => return Progress::Empty,
                // A pipe that cannot be read will not give more.
                Ok(Chunk::Eof) | Err(_) => {
                    state.ended = true;
                    return Progress::Ended;
                }
            }
        }
        Progress::More
    }
}

async fn pump(shared: Arc<Shared>) {
    loop {
        let Ok(mut ready) = shared.pipe.readable().await else {
            // The runtime is shutting down; whoever waits must not wait for ever.
            shared.lock().ended = true;
            break;
        };
        match shared.read_available(CHUNKS_A_TURN) {
            Progress::Empty => ready.clear_ready(),
            Progress::More => tokio::task::yield_now().await,
            Progress::Ended => break,
        }
    }
    shared.ended.notify_one();
}
