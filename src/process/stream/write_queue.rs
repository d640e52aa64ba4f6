//! The bytes that a pipe did not accept at once, and the future that moves them into it.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use tokio::io::unix::AsyncFd;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

/// How much memory a queue keeps at most once a large input is gone.
const MAX_KEPT: usize = 128 * 1024;

/// The state shared by a writer and the future that moves its bytes. That future exists only while
/// bytes are queued.
#[derive(Clone, Default)]
pub(crate) struct Queue(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    bytes: VecDeque<u8>,
    /// Present exactly while bytes are queued, so that the pipe stays open for them. The last owner,
    /// the writer or the queue, closes it.
    pipe: Option<Arc<AsyncFd<File>>>,
    /// Set once queued bytes could not be written; from then on nothing is queued.
    lost: Option<QueueLoss>,
    waiter: Option<Waiter>,
}

/// Why queued bytes will not be written.
#[derive(Clone, Copy)]
enum QueueLoss {
    /// Writing to the pipe failed with this error number.
    Os(i32),
    /// The runtime that would have moved them has shut down.
    Runtime,
}

impl From<&io::Error> for QueueLoss {
    fn from(error: &io::Error) -> Self {
        // OS errors have a number, the runtime's own errors have none.
        error.raw_os_error().map_or(Self::Runtime, Self::Os)
    }
}

impl From<QueueLoss> for io::Error {
    fn from(lost: QueueLoss) -> Self {
        match lost {
            QueueLoss::Os(code) => Self::from_raw_os_error(code),
            QueueLoss::Runtime => {
                Self::other("the runtime shut down before everything was written")
            }
        }
    }
}

/// One is enough: the waiting call borrows the writer exclusively.
struct Waiter {
    /// It waits until at most this many bytes are queued.
    most: usize,
    waker: Waker,
}

impl Queue {
    pub(crate) fn len(&self) -> usize {
        self.lock().bytes.len()
    }

    /// Fails once queued bytes were lost.
    pub(crate) fn check(&self) -> io::Result<()> {
        self.lock().check()
    }

    /// Queues `bytes` after others, or returns them if there are none.
    pub(crate) fn append(&self, bytes: Vec<u8>) -> io::Result<Option<Vec<u8>>> {
        let mut state = self.lock();
        state.check()?;
        if state.pipe.is_none() {
            return Ok(Some(bytes));
        }
        state.bytes.extend(&bytes);
        Ok(None)
    }

    /// Queues all but the first `written` of `bytes`, and has `runtime` move them into `pipe`.
    pub(crate) fn begin(
        &self,
        pipe: Arc<AsyncFd<File>>,
        bytes: Vec<u8>,
        written: usize,
        runtime: &Handle,
    ) -> AbortHandle {
        let mut state = self.lock();
        // Takes over the memory: a large input is not copied.
        state.bytes = VecDeque::from(bytes);
        state.bytes.drain(..written);
        state.pipe = Some(pipe);
        // A runtime that has shut down drops the future at once, which takes the lock.
        drop(state);
        runtime
            .spawn(QueueFuture(Some(self.clone())))
            .abort_handle()
    }

    /// Waits until at most `most` bytes are queued.
    pub(crate) fn poll_until_at_most(&self, cx: &Context<'_>, most: usize) -> Poll<io::Result<()>> {
        let mut state = self.lock();
        state.check()?;
        if state.bytes.len() <= most {
            return Poll::Ready(Ok(()));
        }
        state.wake_at(most, cx);
        Poll::Pending
    }

    /// Wakes the caller the next time the queue becomes empty.
    pub(crate) fn wake_when_empty(&self, cx: &Context<'_>) {
        self.lock().wake_at(0, cx);
    }

    /// Records that the pipe could not be written.
    pub(crate) fn lose(&self, error: &io::Error) {
        self.lock().lose(error.into());
    }

    /// Discards the queue.
    pub(crate) fn clear(&self) {
        let mut state = self.lock();
        state.bytes = VecDeque::new();
        state.pipe = None;
    }

    /// Ignores poison: a panic while the lock is held cannot leave the state half changed.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn check(&self) -> io::Result<()> {
        match self.lost {
            None => Ok(()),
            Some(lost) => Err(lost.into()),
        }
    }

    fn wake_at(&mut self, most: usize, cx: &Context<'_>) {
        let waker = cx.waker().clone();
        self.waiter = Some(Waiter { most, waker });
    }

    fn lose(&mut self, lost: QueueLoss) {
        self.lost.get_or_insert(lost);
        self.bytes = VecDeque::new();
        self.pipe = None;
    }

    /// Writes once; ready when the pipe accepted bytes, or never will.
    fn poll_write_queued(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(pipe) = &self.pipe else {
            return Poll::Ready(());
        };
        let written = ready!(poll_write(pipe, cx, self.bytes.as_slices().0.len(), || {
            let mut pipe = pipe.get_ref();
            pipe.write(self.bytes.as_slices().0)
        }));
        match written {
            Ok(written) => self.consume(written),
            Err(error) => self.lose((&error).into()),
        }
        Poll::Ready(())
    }

    fn consume(&mut self, written: usize) {
        let bytes = &mut self.bytes;
        bytes.drain(..written);
        if bytes.is_empty() {
            *bytes = VecDeque::new();
            self.pipe = None;
        } else if bytes.capacity() > MAX_KEPT && bytes.len() < bytes.capacity() / 4 {
            // Amortised: at least as many bytes were consumed as this copies.
            bytes.shrink_to(MAX_KEPT.max(bytes.len() * 2));
        }
    }
}

/// Wakes the waiter if its condition is met, with the lock released: a waker may do anything.
fn wake(mut state: MutexGuard<'_, State>) {
    let (lost, left) = (state.lost.is_some(), state.bytes.len());
    let waiter = state.waiter.take_if(|waiter| lost || left <= waiter.most);
    drop(state);
    if let Some(waiter) = waiter {
        waiter.waker.wake();
    }
}

/// Writes `len` bytes with `write` once the pipe has capacity, and returns how many it accepted: at least
/// one, unless `len` is 0.
pub(crate) fn poll_write(
    pipe: &AsyncFd<File>,
    cx: &mut Context<'_>,
    len: usize,
    mut write: impl FnMut() -> io::Result<usize>,
) -> Poll<io::Result<usize>> {
    loop {
        let mut ready = ready!(pipe.poll_write_ready(cx))?;
        let written = unless_full(&mut write)?;
        if written < len {
            // The pipe is full now: the next attempt would fail with `WouldBlock`.
            ready.clear_ready();
        }
        if written > 0 || len == 0 {
            return Poll::Ready(Ok(written));
        }
    }
}

/// The result of a non-blocking write to a pipe; 0 if the pipe is full.
pub(crate) fn unless_full(mut write: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match write() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(0),
            written => return written,
        }
    }
}

/// Moves queued bytes into the pipe until the queue is empty. If dropped before that, because the
/// runtime shuts down, wakes the waiter with an error.
struct QueueFuture(Option<Queue>);

impl Future for QueueFuture {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        while let Some(queue) = &self.0 {
            let mut state = queue.lock();
            ready!(state.poll_write_queued(cx));
            let done = state.pipe.is_none();
            wake(state);
            if done {
                // By now a new future may be moving bytes that were queued since.
                self.0 = None;
            }
        }
        Poll::Ready(())
    }
}

impl Drop for QueueFuture {
    fn drop(&mut self) {
        if let Some(queue) = self.0.take() {
            let mut state = queue.lock();
            if state.pipe.is_some() {
                state.lose(QueueLoss::Runtime);
            }
            wake(state);
        }
    }
}
