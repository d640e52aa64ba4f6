//! The threads that start processes and access the file system, so that nobody else waits for it.
//!
//! `posix_spawn` returns when the child has executed its program, and cannot be interrupted. If the file
//! is on a server that is down, that may be never. So one thread does this for all callers; if one of its
//! calls hangs, another thread replaces it for good.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use nix::sys::signal::{SigSet, SigmaskHow};
use tokio::sync::oneshot;

use super::starting;
use crate::os::start_thread;
use crate::process::error::Shortage;
use crate::process::exit::Started;
use crate::process::reap::claims;

/// A call that takes longer counts as hanging: another thread handles the next ones. A merely slow
/// call, on an overloaded machine, should not: a process that is started concurrently with another one
/// has copies of that one's pipes until it executes its program.
const HANG_TIMEOUT: Duration = Duration::from_millis(200);

/// How many calls may hang at once; then further ones are refused.
const MAX_THREADS: usize = 32;

/// Why no thread accepts a request.
#[derive(Debug)]
pub(crate) enum NoSpawnThread {
    /// The system cannot start a thread.
    Refused(io::Error),
    AllHang,
}

impl NoSpawnThread {
    /// The resource that the system is out of.
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
        in_progress: Vec::new(),
        inline: 0,
        submitted: 0,
        threads: 0,
        current: 0,
        is_idle: false,
        steps: 0,
    }),
    has_request: Condvar::new(),
};

struct Spawner {
    state: Mutex<State>,
    /// Wakes the idle thread.
    has_request: Condvar,
}

struct State {
    waiting: VecDeque<SpawnRequest>,
    /// The requests in progress, each with the thread that handles it.
    in_progress: Vec<(u64, libc::pid_t)>,
    /// How many requests are handled by their callers: no other one is begun meanwhile.
    inline: usize,
    /// The number of requests so far.
    submitted: u64,
    threads: usize,
    /// The thread that accepts requests: the one that was started last. All others hang.
    current: u64,
    /// Whether that thread waits for a request.
    is_idle: bool,
    /// Counts requests begun and threads started: while it does not change, that thread hangs.
    steps: u64,
}

struct SpawnRequest {
    number: u64,
    work: Box<dyn FnOnce() + Send>,
}

/// The time at which the first of several requests was begun, once it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct SpawnStart(Arc<OnceLock<Started>>);

impl SpawnStart {
    /// Runs `work` on this thread.
    fn run<T>(&self, work: impl FnOnce() -> T) -> std::thread::Result<T> {
        self.0.get_or_init(Started::now);
        catch_unwind(AssertUnwindSafe(work))
    }

    /// By the system clock and by the monotonic one.
    pub(crate) fn at(&self) -> Option<(SystemTime, Instant)> {
        self.0.get().map(|begun| (begun.at, begun.instant))
    }
}

/// Runs `work`, which may hang, on another thread, and returns its result.
///
/// If the future is dropped earlier, `work` is not run, or its result is dropped; and a child that has
/// not executed its program by then is killed.
pub(crate) async fn run_on_spawn_thread<T: Send + 'static>(
    begun: &SpawnStart,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, NoSpawnThread> {
    let (sender, answer) = oneshot::channel();
    let begun = begun.clone();
    let work = move || {
        if !sender.is_closed() {
            // The receiver may be gone; then the result is dropped.
            let _ = sender.send(begun.run(work));
        }
    };
    let (mut pending, mut request_state) = SPAWNER.submit(Box::new(work))?;
    let mut answer = pin!(answer);
    let answer = loop {
        let RequestState::Queued { steps } = request_state else {
            break answer.await;
        };
        tokio::select! {
            biased;
            answer = &mut answer => break answer,
            () = tokio::time::sleep(HANG_TIMEOUT) => request_state = SPAWNER.add_thread_if_stuck(pending.number, steps)?,
        }
    };
    pending.is_done = true;
    let answer = answer.expect("a request that was not withdrawn is answered");
    // A panic is propagated to the caller.
    Ok(answer.unwrap_or_else(|panic| resume_unwind(panic)))
}

/// As [`run_on_spawn_thread`], for callers that are not async.
pub(crate) fn run_on_spawn_thread_blocking<T: Send + 'static>(
    begun: &SpawnStart,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, NoSpawnThread> {
    let (sender, answer) = mpsc::channel();
    let begun = begun.clone();
    let work = move || {
        // The receiver is gone only after a panic.
        let _ = sender.send(begun.run(work));
    };
    let (mut pending, mut request_state) = SPAWNER.submit(Box::new(work))?;
    let answer = loop {
        let RequestState::Queued { steps } = request_state else {
            break answer.recv().ok();
        };
        match answer.recv_timeout(HANG_TIMEOUT) {
            Ok(answer) => break Some(answer),
            Err(RecvTimeoutError::Disconnected) => break None,
            Err(RecvTimeoutError::Timeout) => {
                request_state = SPAWNER.add_thread_if_stuck(pending.number, steps)?
            }
        }
    };
    pending.is_done = true;
    let answer = answer.expect("a request that was not withdrawn is answered");
    Ok(answer.unwrap_or_else(|panic| resume_unwind(panic)))
}

/// Runs `work`, which cannot hang, on this thread, as if it were a request. `None` while another thread
/// handles one: if that one hangs, its child may have copies of all pipes created meanwhile.
#[cfg(linux)]
pub(crate) fn here<T>(begun: &SpawnStart, work: impl FnOnce() -> T) -> Option<T> {
    let mut state = SPAWNER.lock();
    if state.in_progress.len() > state.inline || !state.waiting.is_empty() {
        return None;
    }
    let number = state.submitted;
    state.submitted += 1;
    state.in_progress.push((number, starting::this_thread()));
    state.inline += 1;
    drop(state);
    begun.0.get_or_init(Started::now);
    let done = work();
    claims::start_is_over();
    let mut state = SPAWNER.lock();
    state.in_progress.retain(|(other, _)| *other != number);
    state.inline -= 1;
    let is_awaited = state.inline == 0 && !state.waiting.is_empty();
    drop(state);
    if is_awaited {
        SPAWNER.has_request.notify_all();
    }
    Some(done)
}

/// The requests in progress, each with the thread that handles it.
#[cfg(linux)]
pub(crate) fn requests_in_progress() -> Vec<(u64, libc::pid_t)> {
    SPAWNER.lock().in_progress.clone()
}

/// The state of a request.
enum RequestState {
    /// A thread handles it, or the idle one is about to.
    Started,
    /// It is queued; `steps` is the counter at that time.
    Queued { steps: u64 },
}

/// A request that a caller waits for.
struct PendingRequest {
    number: u64,
    is_done: bool,
}

impl Drop for PendingRequest {
    fn drop(&mut self) {
        if !self.is_done {
            SPAWNER.withdraw(self.number);
        }
    }
}

impl Spawner {
    /// Ignores poison: a panic while the lock is held cannot leave the state half changed.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn submit(
        &'static self,
        work: Box<dyn FnOnce() + Send>,
    ) -> Result<(PendingRequest, RequestState), NoSpawnThread> {
        let mut state = self.lock();
        if state.threads == 0 {
            self.start_thread(&mut state)?;
        }
        let number = state.submitted;
        state.submitted += 1;
        // The idle thread is claimed from now on.
        let request_state = match std::mem::take(&mut state.is_idle) {
            true => RequestState::Started,
            false => RequestState::Queued { steps: state.steps },
        };
        state.waiting.push_back(SpawnRequest { number, work });
        drop(state);
        if let RequestState::Started = request_state {
            self.has_request.notify_one();
        }
        let pending = PendingRequest {
            number,
            is_done: false,
        };
        Ok((pending, request_state))
    }

    /// Starts another thread if the request is still queued and there was no progress meanwhile.
    fn add_thread_if_stuck(
        &'static self,
        number: u64,
        steps: u64,
    ) -> Result<RequestState, NoSpawnThread> {
        let mut state = self.lock();
        if state.waiting.iter().all(|request| request.number != number) {
            return Ok(RequestState::Started);
        }
        if state.steps == steps {
            if state.threads == MAX_THREADS {
                return Err(NoSpawnThread::AllHang);
            }
            self.start_thread(&mut state)?;
        }
        Ok(RequestState::Queued { steps: state.steps })
    }

    /// The processes that it starts inherit its signal mask: while it handles a request, that is the mask of
    /// the calling thread, as if the caller started them itself.
    fn start_thread(&'static self, state: &mut State) -> Result<(), NoSpawnThread> {
        let name = state.current + 1;
        // It cannot fail for the calling thread.
        let mask = SigSet::thread_get_mask().unwrap_or(SigSet::empty());
        let started = start_thread("prun-spawner", move || self.serve(name, mask));
        started.map_err(NoSpawnThread::Refused)?;
        state.current = name;
        state.is_idle = false;
        state.threads += 1;
        state.steps += 1;
        Ok(())
    }

    /// The loop of a thread, until another one has replaced it.
    fn serve(&self, name: u64, mask: SigSet) {
        let thread = starting::this_thread();
        let mut state = self.lock();
        while state.current == name {
            let is_free = state.inline == 0;
            let next = is_free.then(|| state.waiting.pop_front()).flatten();
            let Some(SpawnRequest { number, work }) = next else {
                state.is_idle = state.waiting.is_empty();
                let woken = self.has_request.wait(state);
                state = woken.unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            state.steps += 1;
            state.in_progress.push((number, thread));
            drop(state);
            with_mask(mask, work);
            claims::start_is_over();
            state = self.lock();
            state.in_progress.retain(|(other, _)| *other != number);
        }
        state.threads -= 1;
    }

    /// Withdraws a request that nobody waits for any more.
    fn withdraw(&self, number: u64) {
        let mut state = self.lock();
        let waiting = &mut state.waiting;
        if let Some(at) = waiting.iter().position(|request| request.number == number) {
            let request = waiting.remove(at);
            drop(state);
            // Dropping it may close many descriptors.
            drop(request);
        } else if let Some((_, thread)) =
            state.in_progress.iter().find(|(other, _)| *other == number)
        {
            // The lock keeps the thread from starting another process meanwhile.
            starting::kill(*thread);
        }
    }
}

/// Runs `work` with this signal mask.
fn with_mask(mask: SigSet, work: impl FnOnce()) {
    let before = mask.thread_swap_mask(SigmaskHow::SIG_SETMASK);
    work();
    if let Ok(before) = before {
        // The previous mask is valid.
        let _ = before.thread_set_mask();
    }
}
