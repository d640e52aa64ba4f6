//! The threads that start processes and ask the file system, so that nobody else waits for it.
//!
//! `posix_spawn` returns when the child has executed its program, and cannot be interrupted. Where the
//! file lies on a server that is gone, that may be never. So one thread does this for everybody; when a
//! call of it hangs, another thread takes its place for good.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use std::time::{Instant, SystemTime};

use nix::sys::signal::{SigSet, SigmaskHow};
use tokio::sync::oneshot;

use super::starting;
use crate::os::start_thread;
use crate::process::error::Shortage;
use crate::process::exit::Started;
use crate::process::reap::claims;

/// A call that takes so long hangs: another thread does the next ones. One that is merely slow, on a
/// machine with too much to do, should not: a process that begins beside another one has copies of
/// that one's pipes until it executes its program.
const PATIENCE: Duration = Duration::from_millis(200);

/// So many calls may hang at once; then others are refused.
const MOST_THREADS: usize = 32;

/// Why no thread takes an order.
#[derive(Debug)]
pub(crate) enum NoSpawnThread {
    /// The system has none to give.
    Refused(io::Error),
    AllHang,
}

impl NoSpawnThread {
    /// What the system is out of.
    pub(crate) fn shortage(&self) -> Shortage {
        match self {
            Self::Refused(_) => Shortage::Processes,
            Self::AllHang => Shortage::Threads,
        }
    }
}

static SPAWNER: Spawner = Spawner {
    state: Mutex::new(State {
        waiting: VecDeque::new(),
        taken: Vec::new(),
        here: 0,
        orders: 0,
        threads: 0,
        current: 0,
        is_idle: false,
        steps: 0,
    }),
    ordered: Condvar::new(),
};

struct Spawner {
    state: Mutex<State>,
    /// Wakes the idle thread.
    ordered: Condvar,
}

struct State {
    waiting: VecDeque<Order>,
    /// The orders that are being done, each with the thread that does it.
    taken: Vec<(u64, libc::pid_t)>,
    /// How many of them are done by whoever gave them: no other one is begun meanwhile.
    here: usize,
    /// How many orders there were.
    orders: u64,
    threads: usize,
    /// Which thread takes orders: the one that was started last. All others hang.
    current: u64,
    /// Whether it waits for one.
    is_idle: bool,
    /// Counts the orders taken and the threads started: while it stands still, that thread hangs.
    steps: u64,
}

struct Order {
    number: u64,
    work: Box<dyn FnOnce() + Send>,
}

/// The moment at which the first of some orders was taken, once it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct SpawnStart(Arc<OnceLock<Started>>);

impl SpawnStart {
    /// Does it now.
    fn by<T>(&self, work: impl FnOnce() -> T) -> std::thread::Result<T> {
        self.0.get_or_init(Started::now);
        catch_unwind(AssertUnwindSafe(work))
    }

    /// By the clock on the wall, and by the one that never jumps.
    pub(crate) fn at(&self) -> Option<(SystemTime, Instant)> {
        self.0.get().map(|begun| (begun.at, begun.instant))
    }
}

/// Lets another thread do what may hang, and gives its answer.
///
/// Dropped before, it is not done, or its answer is dropped; and a child that has not executed its
/// program by then is killed.
pub(crate) async fn run_on_spawn_thread<T: Send + 'static>(
    begun: &SpawnStart,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, NoSpawnThread> {
    let (sender, answer) = oneshot::channel();
    let begun = begun.clone();
    let work = move || {
        if !sender.is_closed() {
            // Whoever does not want it any more has dropped it.
            let _ = sender.send(begun.by(work));
        }
    };
    let (mut placed, mut place) = SPAWNER.order(Box::new(work))?;
    let mut answer = pin!(answer);
    let answer = loop {
        let Place::Waits { steps } = place else {
            break answer.await;
        };
        tokio::select! {
            biased;
            answer = &mut answer => break answer,
            () = tokio::time::sleep(PATIENCE) => place = SPAWNER.reinforce(placed.number, steps)?,
        }
    };
    placed.is_done = true;
    let answer = answer.expect("an order that was not withdrawn is answered");
    // A panic is that of whoever gave the order.
    Ok(answer.unwrap_or_else(|panic| resume_unwind(panic)))
}

/// The same for a caller that is not async.
pub(crate) fn run_on_spawn_thread_blocking<T: Send + 'static>(
    begun: &SpawnStart,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, NoSpawnThread> {
    let (sender, answer) = mpsc::channel();
    let begun = begun.clone();
    let work = move || {
        // Nobody but a panic takes the other end away.
        let _ = sender.send(begun.by(work));
    };
    let (mut placed, mut place) = SPAWNER.order(Box::new(work))?;
    let answer = loop {
        let Place::Waits { steps } = place else {
            break answer.recv().ok();
        };
        match answer.recv_timeout(PATIENCE) {
            Ok(answer) => break Some(answer),
            Err(RecvTimeoutError::Disconnected) => break None,
            Err(RecvTimeoutError::Timeout) => place = SPAWNER.reinforce(placed.number, steps)?,
        }
    };
    placed.is_done = true;
    let answer = answer.expect("an order that was not withdrawn is answered");
    Ok(answer.unwrap_or_else(|panic| resume_unwind(panic)))
}

/// Does in this thread what does not hang, as if it were an order. None while another thread does
/// one: if that one hangs, a child of it may have copies of all pipes that are made meanwhile.
#[cfg(linux)]
pub(crate) fn here<T>(begun: &SpawnStart, work: impl FnOnce() -> T) -> Option<T> {
    let mut state = SPAWNER.lock();
    if state.taken.len() > state.here || !state.waiting.is_empty() {
        return None;
    }
    let number = state.orders;
    state.orders += 1;
    state.taken.push((number, starting::this_thread()));
    state.here += 1;
    drop(state);
    begun.0.get_or_init(Started::now);
    let done = work();
    claims::start_is_over();
    let mut state = SPAWNER.lock();
    state.taken.retain(|(taken, _)| *taken != number);
    state.here -= 1;
    let is_awaited = state.here == 0 && !state.waiting.is_empty();
    drop(state);
    if is_awaited {
        SPAWNER.ordered.notify_all();
    }
    Some(done)
}

/// The orders that are being done, each with the thread that does it.
#[cfg(linux)]
pub(crate) fn taken() -> Vec<(u64, libc::pid_t)> {
    SPAWNER.lock().taken.clone()
}

/// Where an order is.
enum Place {
    /// In the hands of a thread, or the idle one is about to take it.
    Taken,
    /// Behind others, when so many steps had been made.
    Waits { steps: u64 },
}

/// An order that somebody waits for.
struct Placed {
    number: u64,
    is_done: bool,
}

impl Drop for Placed {
    fn drop(&mut self) {
        if !self.is_done {
            SPAWNER.withdraw(self.number);
        }
    }
}

impl Spawner {
    /// A panic while the lock is held cannot leave the state half changed, so poison is ignored.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn order(
        &'static self,
        work: Box<dyn FnOnce() + Send>,
    ) -> Result<(Placed, Place), NoSpawnThread> {
        let mut state = self.lock();
        if state.threads == 0 {
            self.start_thread(&mut state)?;
        }
        let number = state.orders;
        state.orders += 1;
        // It is idle no more, from now on.
        let place = match std::mem::take(&mut state.is_idle) {
            true => Place::Taken,
            false => Place::Waits { steps: state.steps },
        };
        state.waiting.push_back(Order { number, work });
        drop(state);
        if let Place::Taken = place {
            self.ordered.notify_one();
        }
        let placed = Placed {
            number,
            is_done: false,
        };
        Ok((placed, place))
    }

    /// Starts another thread if the order still waits and no step was made meanwhile.
    fn reinforce(&'static self, number: u64, steps: u64) -> Result<Place, NoSpawnThread> {
        let mut state = self.lock();
        if state.waiting.iter().all(|order| order.number != number) {
            return Ok(Place::Taken);
        }
        if state.steps == steps {
            if state.threads == MOST_THREADS {
                return Err(NoSpawnThread::AllHang);
            }
            self.start_thread(&mut state)?;
        }
        Ok(Place::Waits { steps: state.steps })
    }

    /// The processes that it starts inherit its signal mask: while it does an order that is the one of
    /// the thread that asked for it, as if that one started them itself.
    fn start_thread(&'static self, state: &mut State) -> Result<(), NoSpawnThread> {
        let name = state.current + 1;
        // It fails for no thread that there is.
        let mask = SigSet::thread_get_mask().unwrap_or(SigSet::empty());
        let started = start_thread("prun-spawner", move || self.take_orders(name, mask));
        started.map_err(NoSpawnThread::Refused)?;
        state.current = name;
        state.is_idle = false;
        state.threads += 1;
        state.steps += 1;
        Ok(())
    }

    /// What a thread does, until another one has taken its place.
    fn take_orders(&self, name: u64, mask: SigSet) {
        let thread = starting::this_thread();
        let mut state = self.lock();
        while state.current == name {
            let is_free = state.here == 0;
            let next = is_free.then(|| state.waiting.pop_front()).flatten();
            let Some(Order { number, work }) = next else {
                state.is_idle = state.waiting.is_empty();
                let woken = self.ordered.wait(state);
                state = woken.unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            state.steps += 1;
            state.taken.push((number, thread));
            drop(state);
            with_mask(mask, work);
            claims::start_is_over();
            state = self.lock();
            state.taken.retain(|(taken, _)| *taken != number);
        }
        state.threads -= 1;
    }

    /// Nobody waits for this order any more.
    fn withdraw(&self, number: u64) {
        let mut state = self.lock();
        let waiting = &mut state.waiting;
        if let Some(at) = waiting.iter().position(|order| order.number == number) {
            let order = waiting.remove(at);
            drop(state);
            // It may have much to close.
            drop(order);
        } else if let Some((_, thread)) = state.taken.iter().find(|(taken, _)| *taken == number) {
            // The lock keeps the thread from starting another process meanwhile.
            starting::kill(*thread);
        }
    }
}

/// Does `work` with this signal mask in force.
fn with_mask(mask: SigSet, work: impl FnOnce()) {
    let before = mask.thread_swap_mask(SigmaskHow::SIG_SETMASK);
    work();
    if let Ok(before) = before {
        // What was in force before is a sound mask.
        let _ = before.thread_set_mask();
    }
}
