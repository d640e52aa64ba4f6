//! The bytes that a pipe did not take at once, and the future that moves them into it.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use tokio::io::unix::AsyncFd;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

/// A queue keeps no more memory than this once a large input is gone.
const KEEP: usize = 128 * 1024;

/// What a writer shares with the future that moves its bytes. That future exists only while bytes
/// are queued.
#[derive(Clone, Default)]
pub(crate) struct Queue(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    bytes: VecDeque<u8>,
    /// There exactly while bytes are queued, so that the pipe stays open for them. Whoever of the
    /// writer and the queue gives it up last closes it.
    pipe: Option<Arc<AsyncFd<File>>>,
    /// Set once queued bytes could not be written: then nothing is ever queued again.
    lost: Option<QueueLoss>,
    waiter: Option<Waiter>,
}

/// Why queued bytes will not be written.
#[derive(Clone, Copy)]
enum QueueLoss {
    /// The pipe gave this error number.
    Os(i32),
    /// The runtime that would have moved them has shut down.
    Runtime,
}

impl From<&io::Error> for QueueLoss {
    fn from(error: &io::Error) -> Self {
        // The system's errors have a number, the runtime's own has none.
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

/// One is enough: whoever waits has borrowed the writer alone.
struct Waiter {
    /// It waits until no more bytes than these are queued.
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

    /// Queues `bytes` behind others, or gives them back if there are none.
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
        // Takes the memory over as it is: a large input is not copied.
        state.bytes = VecDeque::from(bytes);
        state.bytes.drain(..written);
        state.pipe = Some(pipe);
        // A runtime that has shut down drops the future here and now, which takes the lock.
        drop(state);
        runtime.spawn(Flow(Some(self.clone()))).abort_handle()
    }

    /// Waits until no more than `most` bytes are queued.
    pub(crate) fn poll_left(&self, cx: &Context<'_>, most: usize) -> Poll<io::Result<()>> {
        let mut state = self.lock();
        state.check()?;
        if state.bytes.len() <= most {
            return Poll::Ready(Ok(()));
        }
        state.wake_at(most, cx);
        Poll::Pending
    }

    /// Wakes the caller when the queue is next empty after something was queued.
    pub(crate) fn wake_when_empty(&self, cx: &Context<'_>) {
        self.lock().wake_at(0, cx);
    }

    /// Notes that the pipe could not be written to.
    pub(crate) fn lose(&self, error: &io::Error) {
        self.lock().lose(error.into());
    }

    /// Forgets what is queued.
    pub(crate) fn clear(&self) {
        let mut state = self.lock();
        state.bytes = VecDeque::new();
        state.pipe = None;
    }

    /// A panic while the lock is held cannot leave the state half changed, so poison is ignored.
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

    /// Writes once; ready when the pipe took something, or never will.
    fn poll_move(&mut self, cx: &mut Context<'_>) -> Poll<()> {
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
        } else if bytes.capacity() > KEEP && bytes.len() < bytes.capacity() / 4 {
            // Each time at least as many bytes were consumed as this copies.
            bytes.shrink_to(KEEP.max(bytes.len() * 2));
        }
    }
}

/// Wakes whoever has waited long enough, with the lock released: a waker may do anything.
fn wake(mut state: MutexGuard<'_, State>) {
    let (lost, left) = (state.lost.is_some(), state.bytes.len());
    let waiter = state.waiter.take_if(|waiter| lost || left <= waiter.most);
    drop(state);
    if let Some(waiter) = waiter {
        waiter.waker.wake();
    }
}

/// Writes `len` bytes by `write` once the pipe has room, and gives how many it took; some, unless
/// there are none.
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
            // It is full now: the next attempt would say so.
            ready.clear_ready();
        }
        if written > 0 || len == 0 {
            return Poll::Ready(Ok(written));
        }
    }
}

/// What a write to a pipe that never waits gives; nothing if the pipe is full.
pub(crate) fn unless_full(mut write: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match write() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(0),
            written => return written,
        }
    }
}

/// Moves what is queued into the pipe, until nothing is. Dropped before that, since the runtime shuts
/// down, it tells whoever waits.
struct Flow(Option<Queue>);

impl Future for Flow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        while let Some(queue) = &self.0 {
            let mut state = queue.lock();
            ready!(state.poll_move(cx));
            let done = state.pipe.is_none();
            wake(state);
            if done {
                // By now a new future may move what was queued since.
                self.0 = None;
            }
        }
        Poll::Ready(())
    }
}

impl Drop for Flow {
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
