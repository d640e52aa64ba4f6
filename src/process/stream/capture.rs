//! Streams that are always drained, so that a process can never block on its output.

use std::fs::File;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::io::unix::AsyncFd;
use tokio::sync::{Notify, Semaphore};

use super::chunk::{CHUNKS_AT_THE_END, Chunk, read_chunk};
use crate::os::{TerminalSize, pty};
use crate::os::{comes, enlarge, pipe};
use crate::process::spool::{Spool, SpoolOptions, Transfer, is_wanted, on_thread};

/// A stream being captured: a background future moves its bytes from the pipe to a [`Spool`].
#[derive(Debug)]
pub(crate) struct Capture(pub(super) Arc<SharedCapture>);

#[derive(Debug)]
pub(super) struct SharedCapture {
    pub(super) pipe: Arc<File>,
    /// Whether the pipe may be made larger than it is.
    may_grow: bool,
    /// Whoever has its one permit reads the pipe: this thread, or one that waits for the disk.
    reading: Semaphore,
    /// Nobody waits for anything while it is locked.
    state: Mutex<CaptureState>,
    pub(super) ended: Notify,
    /// For whoever takes pieces: there is one, or the end has come.
    pub(super) printed: Notify,
    /// For the pump: a piece was taken.
    pub(super) taken: Notify,
}

#[derive(Debug)]
pub(super) struct CaptureState {
    /// The pipe as the loop knows it, until the pump takes it.
    pub(super) registered: Option<AsyncFd<Arc<File>>>,
    /// None once the capture was taken: what comes later is read and thrown away, because a
    /// closed pipe would kill a daemon that the process left behind.
    spool: Option<Spool>,
    /// To be set when something comes after that.
    spoke: Option<Arc<AtomicBool>>,
    /// Whether somebody takes it in pieces, so that nothing more is read while memory is full.
    in_pieces: bool,
    /// When something was read last.
    printed_at: Option<Instant>,
    pub(super) ended: bool,
}

impl Capture {
    /// One of what comes through `pipe`, as soon as it is drained.
    pub(crate) fn new(pipe: AsyncFd<Arc<File>>, options: SpoolOptions, may_grow: bool) -> Self {
        Self(Arc::new(SharedCapture {
            pipe: Arc::clone(pipe.get_ref()),
            may_grow,
            reading: Semaphore::new(1),
            state: Mutex::new(CaptureState {
                registered: Some(pipe),
                spool: Some(Spool::new(options)),
                spoke: None,
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
    pub(crate) fn resize(&self, size: TerminalSize) -> io::Result<()> {
        pty::resize(&self.0.pipe, size)
    }

    /// The way to take it in pieces.
    pub(crate) fn pieces(&self) -> Pieces {
        Pieces(Arc::clone(&self.0))
    }

    /// A way to look at its end.
    pub(crate) fn peek(&self) -> Peek {
        Peek(Arc::downgrade(&self.0))
    }

    /// Takes what is in the pipe now; true when that was its end. Bounded, since a process that was
    /// left behind may write without end. Cancel-safe.
    pub(crate) async fn drain_available(&self) -> bool {
        // Nobody takes pieces any more.
        self.0.lock().in_pieces = false;
        self.0.read(CHUNKS_AT_THE_END, Duration::ZERO).await == ReadProgress::Ended
    }

    /// Moves what is in memory to the file, if all that was handed out has too much there.
    /// Cancel-safe.
    pub(crate) async fn spill(&self) {
        let shared = &self.0;
        let to_spill = || shared.lock().spool.as_ref().and_then(Spool::to_spill);
        if to_spill().is_none() {
            return;
        }
        let Some(reading) = Reading::of(shared).await else {
            return;
        };
        let Some(spilling) = to_spill() else { return };
        let done = on_thread(move || {
            // Where it cannot be written it stays in memory: that is no loss.
            if let (Ok(spilled), Some(spool)) = (spilling.write(), &mut reading.0.lock().spool) {
                spool.spill(spilled);
            }
        });
        let _ = done.await;
    }

    /// Waits until every writer has closed the pipe. Cancel-safe.
    pub(crate) async fn ended(&self) {
        while !self.0.lock().ended {
            self.0.ended.notified().await;
        }
    }

    /// Whether a writer may be left.
    pub(crate) fn is_open(&self) -> bool {
        !self.0.lock().ended
    }

    /// Hands out what was captured. Where a writer is left, its output is thrown away from now on, and
    /// `spoke` tells that there was some.
    pub(crate) fn take(self, spoke: Option<&Arc<AtomicBool>>) -> Spool {
        let mut spool = {
            let mut state = self.0.lock();
            state.spoke = spoke.cloned();
            state.spool.take().unwrap_or_default()
        };
        spool.count();
        self.0.printed.notify_one();
        self.0.taken.notify_one();
        spool
    }
}

/// Captured output, taken out while the process runs.
///
/// From the first call of [`ready`](Self::ready) on, the process has to wait when nobody takes what
/// it prints: no more is read than what fits in memory. What was not taken when the process ends
/// comes with [`Process::captured`](crate::process::Process::captured).
#[doc(hidden)]
#[derive(Debug)]
pub struct Pieces(Arc<SharedCapture>);

impl Drop for Pieces {
    /// Nobody takes pieces any more, so everything is kept from now on.
    fn drop(&mut self) {
        self.0.lock().in_pieces = false;
        self.0.taken.notify_one();
    }
}

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

/// A look at the end of captured output, which takes nothing away and keeps no pipe open.
#[derive(Clone, Debug)]
pub(crate) struct Peek(Weak<SharedCapture>);

impl Peek {
    /// When something came last, and the last bytes that came and were not taken, at most so many.
    /// None where there are none.
    pub(crate) fn end(&self, most: usize) -> Option<(Instant, Vec<u8>)> {
        let (last, printed_at) = {
            let shared = self.0.upgrade()?;
            let state = shared.lock();
            (state.spool.as_ref()?.last(most as u64), state.printed_at?)
        };
        let mut end = Vec::new();
        // What cannot be read back is told where the output itself is.
        let _ = last.kept(0).read_to_end(&mut end);
        (!end.is_empty()).then_some((printed_at, end))
    }
}

#[derive(PartialEq)]
pub(super) enum ReadProgress {
    /// The pipe was empty.
    Empty,
    /// There may be more.
    More,
    /// Memory is full, and the rest goes to the file.
    Beyond,
    /// Nothing more is read until a piece is taken.
    Full,
    /// Every writer has closed the pipe.
    Ended,
}

impl SharedCapture {
    /// A panic while the lock is held cannot leave the state half changed, so poison is ignored.
    pub(super) fn lock(&self) -> MutexGuard<'_, CaptureState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what is there, at most so many chunks. What memory does not take is moved to the file by
    /// another thread, which waits so long for more. Dropped, it has lost nothing.
    pub(super) async fn read(
        self: &Arc<Self>,
        chunks: usize,
        more_comes: Duration,
    ) -> ReadProgress {
        match self.read_here(chunks).await {
            ReadProgress::Beyond => {}
            progress => return progress,
        }
        let Some(reading) = Reading::of(self).await else {
            return ReadProgress::Ended;
        };
        let moved = on_thread(move || reading.0.move_to_file(chunks, more_comes));
        moved.await.unwrap_or(ReadProgress::More)
    }

    /// The same as far as memory takes it.
    pub(super) async fn read_here(&self, chunks: usize) -> ReadProgress {
        let Ok(_permit) = self.reading.acquire().await else {
            return ReadProgress::Ended;
        };
        let mut state = self.lock();
        let before = state.spool.as_ref().map_or(0, Spool::len);
        let progress = self.read_into(&mut state, chunks);
        self.note(&mut state, before);
        progress
    }

    /// Takes down that there is more than before.
    fn note(&self, state: &mut CaptureState, before: u64) {
        let has_more = |spool: &Spool| spool.len() > before;
        if state.spool.as_ref().is_some_and(has_more) {
            state.printed_at = Some(Instant::now());
        }
        if state.in_pieces {
            self.printed.notify_one();
        }
    }

    fn read_into(&self, state: &mut CaptureState, chunks: usize) -> ReadProgress {
        if state.ended {
            return ReadProgress::Ended;
        }
        for _ in 0..chunks {
            let most = match &state.spool {
                Some(spool) if spool.error().is_none() => match spool.room() {
                    0 if state.in_pieces && spool.taken() < spool.len() => {
                        return ReadProgress::Full;
                    }
                    0 => return ReadProgress::Beyond,
                    room => room,
                },
                // What comes is counted or thrown away.
                _ => usize::MAX,
            };
            let keep = |bytes: &[u8]| match (&mut state.spool, &state.spoke) {
                (Some(spool), _) => spool.append(bytes),
                (None, Some(spoke)) => spoke.store(true, Ordering::Relaxed),
                (None, None) => {}
            };
            match read_chunk(&self.pipe, most, keep) {
                Ok(Chunk::Data { .. }) => {}
                Ok(Chunk::Empty) => return ReadProgress::Empty,
                // A pipe that cannot be read will not give more; of a terminal it is the end.
                Ok(Chunk::Eof) | Err(_) => {
                    state.ended = true;
                    return ReadProgress::Ended;
                }
            }
        }
        ReadProgress::More
    }

    /// The same into the file, by whoever may wait for the disk.
    fn move_to_file(&self, chunks: usize, more_comes: Duration) -> ReadProgress {
        if self.may_grow {
            enlarge(&self.pipe, pipe::LARGE);
        }
        for _ in 0..chunks {
            let mut writing = {
                let mut state = self.lock();
                let in_pieces = state.in_pieces;
                let is_full = |spool: &Spool| in_pieces && spool.taken() < spool.len();
                match &mut state.spool {
                    Some(spool) if spool.error().is_none() && !is_full(spool) => {
                        spool.begin_writing()
                    }
                    // It is for the other thread to go on.
                    _ => return ReadProgress::More,
                }
            };
            let step = writing.move_from(&self.pipe);
            let mut state = self.lock();
            if let Some(spool) = &mut state.spool {
                let before = spool.len();
                spool.end_writing(writing);
                self.note(&mut state, before);
            }
            state.ended |= step == Transfer::Ended;
            drop(state);
            match step {
                Transfer::Ended => return ReadProgress::Ended,
                Transfer::Empty if is_wanted() || !comes(&self.pipe, more_comes) => {
                    return ReadProgress::Empty;
                }
                Transfer::Empty | Transfer::Moved => {}
            }
        }
        ReadProgress::More
    }
}

/// The permit to read a pipe, also for another thread.
struct Reading(Arc<SharedCapture>);

impl Reading {
    async fn of(shared: &Arc<SharedCapture>) -> Option<Self> {
        shared.reading.acquire().await.ok()?.forget();
        Some(Self(Arc::clone(shared)))
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.reading.add_permits(1);
    }
}
