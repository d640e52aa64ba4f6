//! Streams that are always drained, so that a process can never block on its output.

use std::fs::File;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::io::unix::AsyncFd;
use tokio::sync::Notify;

use super::pipe::enlarge;
use super::pty::{self, TerminalSize};
use super::reader::{CHUNKS_AT_THE_END, Chunk, read_chunk};
use super::spool::{Spool, SpoolOptions};

/// So many chunks are read before other futures get their turn.
const CHUNKS_A_TURN: usize = 16;

/// The room of a pipe that gives much: its ends seldom wait for each other, and what is in it is
/// still in a cache of the processor when it is moved.
const LARGE_PIPE: usize = 256 * 1024;

/// A stream being captured: a background future moves its bytes from the pipe to a [`Spool`].
#[derive(Debug)]
pub(super) struct Capture(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    pipe: AsyncFd<File>,
    state: Mutex<State>,
    ended: Notify,
    /// For whoever takes pieces: there is one, or the end has come.
    printed: Notify,
    /// For the pump: a piece was taken.
    taken: Notify,
}

#[derive(Debug)]
struct State {
    /// None once the capture was taken: what comes later is read and thrown away, because a
    /// closed pipe would kill a daemon that the process left behind.
    spool: Option<Spool>,
    /// Whether somebody takes it in pieces, so that nothing more is read while memory is full.
    in_pieces: bool,
    /// When something was read last.
    printed_at: Option<Instant>,
    ended: bool,
}

impl Capture {
    /// One of what comes through `pipe`, as soon as it is drained.
    pub(super) fn new(pipe: AsyncFd<File>, options: SpoolOptions) -> Self {
        Self(Arc::new(Shared {
            pipe,
            state: Mutex::new(State {
                spool: Some(Spool::new(options)),
                in_pieces: false,
                printed_at: None,
                ended: false,
            }),
            ended: Notify::new(),
            printed: Notify::new(),
            taken: Notify::new(),
        }))
    }

    /// Gives the terminal that it comes through another size.
    pub(super) fn resize(&self, size: TerminalSize) -> io::Result<()> {
        pty::resize(self.0.pipe.get_ref(), size)
    }

    /// The way to take it in pieces.
    pub(super) fn pieces(&self) -> Pieces {
        Pieces(Arc::clone(&self.0))
    }

    /// A way to look at its end.
    pub(super) fn peek(&self) -> Peek {
        Peek(Arc::clone(&self.0))
    }

    /// Takes what is in the pipe now; true when that was its end. Bounded, since a process that was
    /// left behind may write without end.
    pub(super) fn drain_available(&self) -> bool {
        let mut state = self.0.lock();
        // Nobody takes pieces any more.
        state.in_pieces = false;
        self.0.read_into(&mut state, CHUNKS_AT_THE_END) == Progress::Ended
    }

    /// Waits until every writer has closed the pipe. Cancel-safe.
    pub(super) async fn ended(&self) {
        while !self.0.lock().ended {
            self.0.ended.notified().await;
        }
    }

    /// Hands out what was captured. Where a writer is left, its output is thrown away from now on.
    pub(super) fn take(self) -> Spool {
        let spool = self.0.lock().spool.take().unwrap_or_default();
        self.0.printed.notify_one();
        self.0.taken.notify_one();
        spool
    }
}

/// Captured output, taken out while the process runs.
///
/// From the first call of [`ready`](Self::ready) on, the process has to wait when nobody takes what
/// it prints: no more is read than what fits in memory. What was not taken when the process ends
/// comes with [`Process::captured`](super::Process::captured).
#[derive(Debug)]
pub struct Pieces(Arc<Shared>);

impl Pieces {
    /// Waits until there is something to take; false at the end of the stream.
    ///
    /// # Cancel safety
    /// May be dropped and called again.
    pub async fn ready(&mut self) -> bool {
        loop {
            {
                let mut state = self.0.lock();
                state.in_pieces = true;
                let Some(spool) = &state.spool else {
                    return false;
                };
                if spool.taken() < spool.len() {
                    return true;
                }
                if state.ended {
                    return false;
                }
            }
            self.0.printed.notified().await;
        }
    }

    /// Takes what was captured since the last piece; it may be nothing.
    pub fn take(&mut self) -> Spool {
        let piece = self.0.lock().spool.as_mut().map(Spool::take);
        self.0.taken.notify_one();
        piece.unwrap_or_default()
    }
}

/// A look at the end of captured output, which takes nothing away.
#[derive(Clone, Debug)]
pub(super) struct Peek(Arc<Shared>);

impl Peek {
    /// When something came last, and the last bytes that came and were not taken, at most so many.
    /// None where there are none.
    pub(super) fn end(&self, most: usize) -> Option<(Instant, Vec<u8>)> {
        let state = self.0.lock();
        let (spool, printed_at) = (state.spool.as_ref()?, state.printed_at?);
        let mut end = Vec::new();
        let from = spool.len().saturating_sub(most as u64).max(spool.taken());
        // What cannot be read back is told where the output itself is.
        let _ = spool.reader(from).read_to_end(&mut end);
        (!end.is_empty()).then_some((printed_at, end))
    }
}

#[derive(PartialEq)]
enum Progress {
    /// The pipe was empty.
    Empty,
    /// There may be more.
    More,
    /// Nothing more is read until a piece is taken.
    Full,
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
        let before = state.spool.as_ref().map_or(0, Spool::len);
        let progress = self.read_into(&mut state, chunks);
        if state
            .spool
            .as_ref()
            .is_some_and(|spool| spool.len() > before)
        {
            state.printed_at = Some(Instant::now());
        }
        if state.in_pieces {
            self.printed.notify_one();
        }
        progress
    }

    fn read_into(&self, state: &mut State, chunks: usize) -> Progress {
        if state.ended {
            return Progress::Ended;
        }
        for _ in 0..chunks {
            let most = match &state.spool {
                Some(spool) if state.in_pieces => match spool.room() {
                    0 if spool.taken() < spool.len() => return Progress::Full,
                    // Nothing may be kept in memory.
                    0 => usize::MAX,
                    room => room,
                },
                _ => usize::MAX,
            };
            let spool = &mut state.spool;
            let had_file = spool.as_ref().is_some_and(Spool::has_file);
            let moved = spool
                .as_mut()
                .and_then(|spool| spool.take_from(self.pipe.get_ref()));
            match moved {
                Some(Ok(0)) => {
                    state.ended = true;
                    return Progress::Ended;
                }
                Some(Ok(_)) => continue,
                Some(Err(_)) => return Progress::Empty,
                None => {}
            }
            let keep = |bytes: &[u8]| {
                if let Some(spool) = spool {
                    spool.append(bytes);
                }
            };
            match read_chunk(self.pipe.get_ref(), most, keep) {
                Ok(Chunk::Data { .. }) => {
                    if !had_file && state.spool.as_ref().is_some_and(Spool::has_file) {
                        enlarge(self.pipe.get_ref(), LARGE_PIPE);
                    }
                }
                Ok(Chunk::Empty) => return Progress::Empty,
                // A pipe that cannot be read will not give more; of a terminal it is the end.
                Ok(Chunk::Eof) | Err(_) => {
                    state.ended = true;
                    return Progress::Ended;
                }
            }
        }
        Progress::More
    }
}

/// Drains the streams of one process from now on, by one future; must be called within a tokio
/// runtime.
pub(super) fn drain(stdout: Option<&Capture>, stderr: Option<&Capture>) {
    let shared = |Capture(shared): &Capture| Arc::clone(shared);
    match (stdout.map(shared), stderr.map(shared)) {
        (Some(stdout), Some(stderr)) => {
            tokio::spawn(async { tokio::join!(pump(stdout), pump(stderr)) });
        }
        (Some(only), None) | (None, Some(only)) => {
            tokio::spawn(pump(only));
        }
        (None, None) => {}
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
            Progress::Full => shared.taken.notified().await,
            Progress::Ended => break,
        }
    }
    shared.ended.notify_one();
    shared.printed.notify_one();
}
