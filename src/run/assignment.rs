//! What an attempt is given by the runner, and what it tells it.

use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc, watch};

use super::cancel::Request;
use super::clock::Clock;
use super::options::Options;
use crate::event::{Attempt, JobStart, NumberedJob, Print};
use crate::process::{ProcessHandle, Shortage};

/// What an attempt tells the runner.
pub(super) enum AttemptEvent {
    /// Its process runs.
    Started {
        start: Arc<JobStart>,
        process: ProcessHandle,
    },
    /// It printed something, and it is its turn to be told of.
    Printed(Arc<Print>),
    /// Its process could not be started for now, since the system is out of this. It holds no slot,
    /// and has an ending only if it is not to be tried again.
    HeldBack {
        job: Arc<NumberedJob>,
        attempt: Arc<Attempt>,
        lack: Shortage,
    },
    /// The run ends, and its program was not executed by then. It is as if it never began.
    Withdrawn { job: Arc<NumberedJob>, slot: u32 },
    /// It had the terminal, and Ctrl-Z stopped it.
    Suspended,
    /// It is over, and its slot is free.
    Ended {
        job: Arc<NumberedJob>,
        attempt: Arc<Attempt>,
    },
}

/// What an attempt is given by the runner.
pub(super) struct Assignment {
    pub(super) job: Arc<NumberedJob>,
    pub(super) attempt: u32,
    pub(super) slot: u32,
    pub(super) options: Arc<Options>,
    pub(super) clock: Clock,
    pub(super) requests: watch::Receiver<Request>,
    pub(super) printing: Printing,
    pub(super) events: mpsc::Sender<AttemptEvent>,
}

/// So many pieces may be untold, of all jobs together. A piece holds at most what a job may keep in
/// memory, so this bounds prun's own.
const MOST_UNTOLD: usize = 32;

/// Which jobs tell what they print while they run, and how much of it at once.
#[derive(Clone, Debug)]
pub(super) struct Printing {
    /// The jobs up to this number.
    pub(super) turn: watch::Receiver<u64>,
    pub(super) permits: Arc<Semaphore>,
}

impl Printing {
    /// The turn goes by `turn`.
    pub(super) fn new(turn: watch::Receiver<u64>) -> Self {
        let permits = Arc::new(Semaphore::new(MOST_UNTOLD));
        Self { turn, permits }
    }
}
