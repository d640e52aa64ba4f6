//! Threads that wait for a disk, so that the event loop need not.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::os::start_thread;

/// More threads would wait for the same disk.
const MAX_THREADS: usize = 4;

/// How long an idle thread stays.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10);

type DiskWork = Box<dyn FnOnce() + Send>;

/// The queued work, and the threads that do it.
struct Pool {
    queue: VecDeque<DiskWork>,
    threads: usize,
    idle: usize,
}

static POOL: Mutex<Pool> = Mutex::new(Pool {
    queue: VecDeque::new(),
    threads: 0,
    idle: 0,
});

static HAS_WORK: Condvar = Condvar::new();

/// Ignores poison: a panic while the lock is held cannot leave the state half changed.
fn pool() -> MutexGuard<'static, Pool> {
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does `work` on another thread, in the order of the calls, and returns its result; on the calling
/// thread if the system cannot start one.
pub(crate) fn on_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> oneshot::Receiver<T> {
    let (sender, receiver) = oneshot::channel();
    queue(Box::new(move || {
        // The receiver may be gone.
        let _ = sender.send(work());
    }));
    receiver
}

fn queue(work: DiskWork) {
    let mut pool = pool();
    pool.queue.push_back(work);
    if pool.idle >= pool.queue.len() {
        HAS_WORK.notify_one();
        return;
    }
    if pool.threads == MAX_THREADS {
        return;
    }
    pool.threads += 1;
    if start_thread("prun-disk", || Thread.work()).is_ok() {
        return;
    }
    pool.threads -= 1;
    let left = match pool.threads {
        0 => std::mem::take(&mut pool.queue),
        // The existing threads will do it.
        _ => return,
    };
    drop(pool);
    left.into_iter().for_each(|work| work());
}

/// Whether other work is queued.
pub(crate) fn is_wanted() -> bool {
    !pool().queue.is_empty()
}

/// One of the threads. It is counted until it has been idle for long, or panics.
struct Thread;

impl Thread {
    fn work(self) {
        while let Some(work) = next_work() {
            work();
        }
        // `next` has already uncounted it, under the lock under which it found no work.
        std::mem::forget(self);
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        pool().threads -= 1;
    }
}

/// Waits for work. `None` after a long idle time; the calling thread is then no longer counted.
fn next_work() -> Option<DiskWork> {
    let mut pool = pool();
    loop {
        if let Some(work) = pool.queue.pop_front() {
            return Some(work);
        }
        pool.idle += 1;
        let woken = HAS_WORK.wait_timeout(pool, IDLE_TIMEOUT);
        let (guard, timeout) = woken.unwrap_or_else(PoisonError::into_inner);
        pool = guard;
        pool.idle -= 1;
        if timeout.timed_out() && pool.queue.is_empty() {
            pool.threads -= 1;
            return None;
        }
    }
}
