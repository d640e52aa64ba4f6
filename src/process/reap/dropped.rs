//! Reaping processes that nobody waits for: otherwise each would stay a zombie for as long as this
//! program lives.
//!
//! These are the processes whose [`Process`](crate::process::Process) was dropped while they ran; and, if
//! this program is process 1 of a container, the orphans that it inherits: see `init_reaper`.

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::AsFd;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::os::start_thread;
use crate::process::handle::{ProcessHandle, ProcessState};

/// How long a process without a pidfd may stay a zombie. Pidfds report the end themselves.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

struct DroppedProcesses {
    /// Those that the thread has not taken over yet.
    new: Vec<ProcessHandle>,
    has_thread: bool,
    /// Wakes the thread while it waits for the end of a process.
    waker: Option<PipeWriter>,
}

static DROPPED: Mutex<DroppedProcesses> = Mutex::new(DroppedProcesses {
    new: Vec::new(),
    has_thread: false,
    waker: None,
});

/// Wakes the thread while it has no processes.
static HAS_NEW: Condvar = Condvar::new();

/// Ignores poison: a panic while the lock is held cannot leave the state half changed.
fn lock() -> MutexGuard<'static, DroppedProcesses> {
    DROPPED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes over the reaping of a process, at most once. Works without a runtime, since that may be gone
/// already.
pub(crate) fn adopt(process: &ProcessHandle) {
    adopt_locked(process, &mut process.lock());
}

/// As [`adopt`], for callers that have locked the state.
pub(crate) fn adopt_locked(process: &ProcessHandle, state: &mut ProcessState) {
    if ProcessHandle::mark_adopted(state) {
        add(process.clone());
    }
}

fn add(process: ProcessHandle) {
    let mut shared = lock();
    shared.new.push(process);
    if !shared.has_thread {
        // If the system cannot start a thread now, the next call tries again.
        shared.has_thread = start_thread("prun-orphans", reap_all).is_ok();
    } else if shared.new.len() > 1 {
        // The thread is awake, or about to be.
    } else if let Some(mut waker) = shared.waker.as_ref() {
        // The pipe has capacity for a byte, and the thread holds the read end.
        let _ = waker.write(&[0]);
    } else {
        HAS_NEW.notify_one();
    }
}

fn reap_all() {
    let (mut with_pidfd, mut without) = (Vec::new(), Vec::new());
    let mut wakeups = None;
    loop {
        let mut shared = lock();
        if with_pidfd.is_empty() && without.is_empty() {
            // No more wakeups through the pipe are needed; free its descriptors.
            (shared.waker, wakeups) = (None, None);
            let is_idle = |shared: &mut DroppedProcesses| shared.new.is_empty();
            let came = HAS_NEW.wait_while(shared, is_idle);
            shared = came.unwrap_or_else(PoisonError::into_inner);
        }
        let new = std::mem::take(&mut shared.new);
        if wakeups.is_none()
            && let Ok((reader, writer)) = io::pipe()
        {
            (wakeups, shared.waker) = (Some(reader), Some(writer));
        }
        drop(shared);
        for process in new {
            match process.pidfd() {
                Some(_) => with_pidfd.push(process),
                None => without.push(process),
            }
        }
        without.retain(ProcessHandle::needs_polling);
        if !with_pidfd.is_empty() || !without.is_empty() {
            let must_poll = wakeups.is_none() || !without.is_empty();
            wait_for_any(
                &mut with_pidfd,
                wakeups.as_mut(),
                must_poll.then_some(POLL_INTERVAL),
            );
        }
    }
}

/// Waits until a process ends, a wakeup arrives or `timeout` elapses; removes those that have ended.
fn wait_for_any(
    running: &mut Vec<ProcessHandle>,
    wakeups: Option<&mut PipeReader>,
    timeout: Option<Duration>,
) {
    let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
    let pidfds = running.iter().filter_map(ProcessHandle::pidfd);
    let wake_fds = wakeups.iter().map(|pipe| pipe.as_fd());
    let mut polled: Vec<PollFd<'_>> = pidfds
        .chain(wake_fds)
        .map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN))
        .collect();
    let is_blind = match poll(&mut polled, timeout.as_ref()) {
        Ok(_) | Err(Errno::INTR) => false,
        // poll(2) fails with more descriptors than the open file limit, which may have been lowered.
        Err(_) => true,
    };
    let mut ready = polled.iter().map(|polled| !polled.revents().is_empty());
    let ready: Vec<bool> = ready.by_ref().collect();
    if let Some(wakeups) = wakeups
        && ready.last() == Some(&true)
    {
        // It holds at most one byte.
        let _ = wakeups.read(&mut [0; 8]);
    }
    let mut ready = ready.into_iter();
    let mut is_early = false;
    running.retain(|process| {
        let is_ready = ready.next() == Some(true);
        let stays = !(is_ready || is_blind) || process.is_running();
        // A debugger learns of the end first.
        is_early |= is_ready && stays;
        stays
    });
    if is_early || is_blind {
        thread::sleep(POLL_INTERVAL);
    }
}
