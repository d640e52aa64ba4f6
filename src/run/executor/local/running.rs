//! The running jobs, by slot.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::event::{JobStart, RunningJob};
use crate::process::{ProcessHandle, Scope, Signal};
use crate::run::policy::Moment;

/// How long a job may take to stop on SIGTSTP.
const STOP_WAIT: Duration = Duration::from_millis(100);

/// What the runner knows of the running attempts.
#[derive(Default)]
pub(crate) struct Running {
    /// Slot 1 is at index 0.
    slots: Vec<Option<RunningAttempt>>,
}

struct RunningAttempt {
    start: Arc<JobStart>,
    process: ProcessHandle,
}

impl RunningAttempt {
    fn is_running(&self) -> bool {
        self.process.returncode().is_none() && self.process.stopped_by().is_none()
    }
}

impl Running {
    /// Adds an attempt whose process was started.
    pub(crate) fn insert(&mut self, start: Arc<JobStart>, process: ProcessHandle) {
        let index = start.slot as usize - 1;
        if self.slots.len() <= index {
            self.slots.resize_with(index + 1, || None);
        }
        self.slots[index] = Some(RunningAttempt { start, process });
    }

    /// Removes the attempt in `slot`, which has ended.
    pub(crate) fn remove(&mut self, slot: u32) {
        if let Some(attempt) = self.slots.get_mut(slot as usize - 1) {
            *attempt = None;
        }
    }

    /// Returns how many run.
    pub(crate) fn count(&self) -> usize {
        self.attempts().count()
    }

    /// Returns the running jobs, oldest first.
    pub(crate) fn list(&self, now: Moment) -> Arc<[RunningJob]> {
        let mut attempts: Vec<&RunningAttempt> = self.attempts().collect();
        attempts.sort_by_key(|attempt| attempt.start.begun);
        let running = attempts.into_iter().map(|attempt| RunningJob {
            start: Arc::clone(&attempt.start),
            elapsed: now.saturating_sub(attempt.start.begun),
        });
        running.collect()
    }

    /// Sends `signal` to every running job's process group.
    pub(crate) fn signal(&self, signal: Signal) {
        for attempt in self.attempts() {
            // If the process has just exited, its attempt reports it.
            let _ = attempt.process.send_signal_to(Scope::Group, signal);
        }
    }

    /// Stops every running job's process group with SIGTSTP (an editor restores the screen), and after a
    /// moment with SIGSTOP. Blocks, as prun itself is about to stop.
    pub(crate) fn stop(&self) {
        self.signal(Signal::TSTP);
        let begun = Instant::now();
        while begun.elapsed() < STOP_WAIT && self.attempts().any(RunningAttempt::is_running) {
            std::thread::sleep(STOP_WAIT / 20);
        }
        for attempt in self.attempts().filter(|attempt| attempt.is_running()) {
            // If the process has just exited, its attempt reports it.
            let _ = attempt.process.send_signal_to(Scope::Group, Signal::STOP);
        }
    }

    fn attempts(&self) -> impl Iterator<Item = &RunningAttempt> {
        self.slots.iter().flatten()
    }
}
