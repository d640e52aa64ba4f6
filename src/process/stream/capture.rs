//! Captured streams: always drained, so that a process never blocks on its output.

use std::fs::File;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::io::unix::AsyncFd;
use tokio::sync::{Notify, Semaphore};

use super::chunk::{Chunk, MAX_CHUNKS_AT_END, read_chunk};
use crate::os::{TerminalSize, comes, enlarge, pipe, pty};
use crate::process::spool::{Spool, SpoolOptions, Transfer, is_wanted, on_thread};

/// A captured stream: a background future moves its bytes from the pipe to a [`Spool`].
#[derive(Debug)]
pub(crate) struct Capture(pub(super) Arc<SharedCapture>);

#[derive(Debug)]
pub(super) struct SharedCapture {
    pub(super) pipe: Arc<File>,
    /// Whether the pipe may be enlarged.
    may_grow: bool,
    /// The holder of its one permit reads the pipe: this thread, or one that waits for the disk.
    reading: Semaphore,
    /// Locked only for short times: never while waiting.
    state: Mutex<CaptureState>,
    pub(super) ended: Notify,
    /// Notifies the taker of pieces: there is one, or the stream has ended.
    pub(super) printed: Notify,
    /// Notifies the pump: a piece was taken.
    pub(super) taken: Notify,
}

#[derive(Debug)]
pub(super) struct CaptureState {
    /// The pipe as registered with the runtime, until the pump takes it.
    pub(super) registered: Option<AsyncFd<Arc<File>>>,
    /// `None` once the capture was taken: later output is read and discarded, since a closed pipe
    /// would kill a daemon that the process left behind.
    spool: Option<Spool>,
    /// Set when output arrives after that.
    has_output: Option<Arc<AtomicBool>>,
    /// Whether it is taken in pieces, so that no more is read while memory is full.
    in_pieces: bool,
    /// When output was last read.
    printed_at: Option<Instant>,
    pub(super) ended: bool,
}

impl Capture {
    /// Captures the output that comes through `pipe`, as soon as it is drained.
    pub(crate) fn new(pipe: AsyncFd<Arc<File>>, options: SpoolOptions, may_grow: bool) -> Self {
        Self(Arc::new(SharedCapture {
            pipe: Arc::clone(pipe.get_ref()),
            may_grow,
            reading: Semaphore::new(1),
            state: Mutex::new(CaptureState {
                registered: Some(pipe),
                spool: Some(Spool::new(options)),
                has_output: None,
                in_pieces: false,
                printed_at: None,
                ended: false,
            }),
            ended: Notify::new(),
            printed: Notify::new(),
            taken: Notify::new(),
        }))
    }

    /// Resizes the terminal that it comes through.
    pub(crate) fn resize(&self, size: TerminalSize) -> io::Result<()> {
        pty::resize(&self.0.pipe, size)
    }

    /// Returns the view that takes it in pieces.
    pub(crate) fn pieces(&self) -> Pieces {
        Pieces(Arc::clone(&self.0))
    }

    /// Returns a view of its end.
    pub(crate) fn peek(&self) -> Peek {
        Peek(Arc::downgrade(&self.0))
    }

    /// Reads what is in the pipe now; `true` if the end was reached. Bounded, since a process that was
    /// left behind may write without end. Cancel safe.
    pub(crate) async fn drain_available(&self) -> bool {
        // Pieces are no longer taken.
        self.0.lock().in_pieces = false;
        self.0.read(MAX_CHUNKS_AT_END, Duration::ZERO).await == ReadProgress::Ended
    }

    /// Moves the bytes in memory to the file, if the streams handed out have too many there. Cancel
    /// safe.
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
            // If it cannot be written it stays in memory: nothing is lost.
            if let (Ok(spilled), Some(spool)) = (spilling.write(), &mut reading.0.lock().spool) {
                spool.spill(spilled);
            }
        });
        let _ = done.await;
    }

    /// Waits until every writer has closed the pipe. Cancel safe.
    pub(crate) async fn ended(&self) {
        while !self.0.lock().ended {
            self.0.ended.notified().await;
        }
    }

    /// Whether there may be a writer.
    pub(crate) fn is_open(&self) -> bool {
        !self.0.lock().ended
    }

    /// Hands out the captured output. If there is still a writer, its output is discarded from now on, and
    /// `has_output` is set if there was any.
    pub(crate) fn take(self, has_output: Option<&Arc<AtomicBool>>) -> Spool {
        let mut spool = {
            let mut state = self.0.lock();
            state.has_output = has_output.cloned();
            state.spool.take().unwrap_or_default()
        };
        spool.count();
        self.0.printed.notify_one();
        self.0.taken.notify_one();
        spool
    }
}

/// Captured output, taken while the process runs.
///
/// From the first call of [`ready`](Self::ready) on, the process has to wait if its output is not
/// taken: no more is read than fits in memory. The output that was not taken when the process ends is
/// returned by [`Process::captured`](crate::process::Process::captured).
#[doc(hidden)]
#[derive(Debug)]
pub struct Pieces(Arc<SharedCapture>);

impl Drop for Pieces {
    /// Pieces are no longer taken, so everything is kept from now on.
    fn drop(&mut self) {
        self.0.lock().in_pieces = false;
        self.0.taken.notify_one();
    }
}

impl Pieces {
    /// Waits until there is output to take; `false` at the end of the stream.
    ///
    /// # Cancel safety
    /// This method is cancel safe: it may be dropped and called again.
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

    /// Takes the output captured since the last piece; it may be empty.
    pub fn take(&mut self) -> Spool {
        let piece = self.0.lock().spool.as_mut().map(Spool::take);
        self.0.taken.notify_one();
        piece.unwrap_or_default()
    }
}

/// A view of the end of captured output. It takes nothing and keeps no pipe open.
#[derive(Clone, Debug)]
pub(crate) struct Peek(Weak<SharedCapture>);

impl Peek {
    /// Returns when output last arrived, and up to `most` of the last bytes not taken. `None` if there are
    /// none.
    pub(crate) fn end(&self, most: usize) -> Option<(Instant, Vec<u8>)> {
        let (last, printed_at) = {
            let shared = self.0.upgrade()?;
            let state = shared.lock();
            (state.spool.as_ref()?.last(most as u64), state.printed_at?)
        };
        let mut end = Vec::new();
        // Where the output itself is read, this error is reported.
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
    /// Memory is full; the rest goes to the file.
    Beyond,
    /// No more is read until a piece is taken.
    Full,
    /// Every writer has closed the pipe.
    Ended,
}

impl SharedCapture {
    /// Ignores poison: a panic while the lock is held cannot leave the state half changed.
    pub(super) fn lock(&self) -> MutexGuard<'_, CaptureState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the available output, up to a number of chunks. Another thread moves to the file what does not
    /// fit in memory, and waits for more for the given time. If dropped, it has lost nothing.
    pub(super) async fn read(self: &Arc<Self>, chunks: usize, linger: Duration) -> ReadProgress {
        match self.read_here(chunks).await {
            ReadProgress::Beyond => {}
            progress => return progress,
        }
        let Some(reading) = Reading::of(self).await else {
            return ReadProgress::Ended;
        };
        let moved = on_thread(move || reading.0.move_to_file(chunks, linger));
        moved.await.unwrap_or(ReadProgress::More)
    }

    /// As [`read`](Self::read), as far as memory suffices.
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

    /// Records that there is more output than before.
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
                Some(spool) if spool.error().is_none() => match spool.capacity_left() {
                    0 if state.in_pieces && spool.taken() < spool.len() => {
                        return ReadProgress::Full;
                    }
                    0 => return ReadProgress::Beyond,
                    capacity => capacity,
                },
                // Further bytes are counted or discarded.
                _ => usize::MAX,
            };
            let keep = |bytes: &[u8]| match (&mut state.spool, &state.has_output) {
                (Some(spool), _) => spool.append(bytes),
                (None, Some(has_output)) => has_output.store(true, Ordering::Relaxed),
                (None, None) => {}
            };
            match read_chunk(&self.pipe, most, keep) {
                Ok(Chunk::Data { .. }) => {}
                Ok(Chunk::Empty) => return ReadProgress::Empty,
                // A pipe that cannot be read yields nothing more; for a terminal it is the end.
                Ok(Chunk::Eof) | Err(_) => {
                    state.ended = true;
                    return ReadProgress::Ended;
                }
            }
        }
        ReadProgress::More
    }

    /// As [`read_into`](Self::read_into), but to the file, by a thread that may wait for the disk.
    fn move_to_file(&self, chunks: usize, linger: Duration) -> ReadProgress {
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
                    // The other thread continues.
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
                Transfer::Empty if is_wanted() || !comes(&self.pipe, linger) => {
                    return ReadProgress::Empty;
                }
                Transfer::Empty | Transfer::Moved => {}
            }
        }
        ReadProgress::More
    }
}

/// The permit to read a pipe; it can be sent to another thread.
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
