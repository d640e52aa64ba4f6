//! Messages between the runner and an attempt.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

use super::foreground::Foreground;
use crate::event::{Attempt, JobStart, NumberedJob, Print};
use crate::process::{ProcessHandle, Shortage};
use crate::run::options::Options;
use crate::run::policy::{Clock, Request};

/// A message of an attempt to the runner.
pub(crate) enum AttemptEvent {
    /// Its process was started.
    Started {
        start: Arc<JobStart>,
        process: ProcessHandle,
    },
    /// It is a service, and ready.
    Ready { seq: u64 },
    /// It printed something, and it is its turn to be reported. Others wait for the permit, which is held
    /// for as long as the sinks are full.
    Printed(Arc<Print>, OwnedSemaphorePermit),
    /// Its process could not be started now, because of this shortage. It holds no slot, and ends only
    /// if it is not tried again.
    HeldBack {
        job: Arc<NumberedJob>,
        attempt: Arc<Attempt>,
        shortage: Shortage,
    },
    /// The run was cancelled before its program was executed. It does not count as an attempt.
    Withdrawn { job: Arc<NumberedJob>, slot: u32 },
    /// It had the terminal, and was stopped by Ctrl-Z.
    Suspended,
    /// It has ended, and its slot is free.
    Ended {
        job: Arc<NumberedJob>,
        attempt: Arc<Attempt>,
    },
}

/// The arguments of an attempt.
pub(crate) struct Assignment {
    pub(crate) job: Arc<NumberedJob>,
    pub(crate) attempt: u32,
    pub(crate) slot: u32,
    /// The number in the table of the guard of the command that asks a service whether it is ready.
    pub(crate) question_slot: u32,
    pub(crate) options: Arc<Options>,
    pub(crate) clock: Clock,
    pub(crate) requests: watch::Receiver<Request>,
    pub(crate) printing: Printing,
    pub(crate) events: mpsc::Sender<AttemptEvent>,
}

impl Assignment {
    /// Whether it gets the terminal.
    pub(super) fn foreground(&self) -> &Foreground {
        foreground_of(&self.job, &self.options)
    }
}

/// Whether a job gets the terminal: a service never does, since other jobs run meanwhile.
pub(super) fn foreground_of<'a>(job: &NumberedJob, options: &'a Options) -> &'a Foreground {
    match (job.job.service(), &options.foreground) {
        (Some(_), Foreground::Given(_)) => &Foreground::Kept,
        (_, foreground) => foreground,
    }
}

/// How many pieces of output of all jobs may be on their way to the sinks, which take some themselves before
/// they are full. A piece is at most what a job may keep in memory, so this bounds prun's own.
const MAX_UNREPORTED: usize = 8;

/// Which jobs report their output while they run, and how much of it at once.
#[derive(Clone, Debug)]
pub(crate) struct Printing {
    /// Jobs up to this number report it.
    pub(crate) turn: watch::Receiver<u64>,
    pub(crate) permits: Arc<Semaphore>,
}

impl Printing {
    /// Creates it with the turn from `turn`.
    pub(crate) fn new(turn: watch::Receiver<u64>) -> Self {
        let permits = Arc::new(Semaphore::new(MAX_UNREPORTED));
        Self { turn, permits }
    }
}
