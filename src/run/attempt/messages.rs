//! What an attempt is given by the runner, and what it tells it.

use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc, watch};

use crate::event::{Attempt, JobStart, NumberedJob, Print};
use crate::process::{ProcessHandle, Shortage};
use crate::run::options::Options;
use crate::run::policy::Clock;
use crate::run::policy::Request;

/// What an attempt tells the runner.
pub(crate) enum AttemptEvent {
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
        shortage: Shortage,
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
pub(crate) struct Assignment {
    pub(crate) job: Arc<NumberedJob>,
    pub(crate) attempt: u32,
    pub(crate) slot: u32,
    pub(crate) options: Arc<Options>,
    pub(crate) clock: Clock,
    pub(crate) requests: watch::Receiver<Request>,
    pub(crate) printing: Printing,
    pub(crate) events: mpsc::Sender<AttemptEvent>,
}

/// So many pieces may be untold, of all jobs together. A piece holds at most what a job may keep in
/// memory, so this bounds prun's own.
const MOST_UNTOLD: usize = 32;

/// Which jobs tell what they print while they run, and how much of it at once.
#[derive(Clone, Debug)]
pub(crate) struct Printing {
    /// The jobs up to this number.
    pub(crate) turn: watch::Receiver<u64>,
    pub(crate) permits: Arc<Semaphore>,
}

impl Printing {
    /// The turn goes by `turn`.
    pub(crate) fn new(turn: watch::Receiver<u64>) -> Self {
        let permits = Arc::new(Semaphore::new(MOST_UNTOLD));
        Self { turn, permits }
    }
}
