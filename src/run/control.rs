//! Requests to a run from outside.

use std::num::NonZeroUsize;
use std::sync::Arc;

use crate::event::OutputLoss;
use crate::process::Signal;
use crate::run::policy::MachineReading;

/// A limit of concurrent jobs as it was read: `None` for no limit; or why it could not be read, and the
/// last one stays.
pub(crate) type ReadLimit = Result<Option<NonZeroUsize>, Arc<str>>;

/// A request to a run from outside.
#[derive(Clone, Debug)]
pub(crate) enum Control {
    /// prun got a signal that cancels the run.
    Signal(Signal),
    /// prun got SIGTSTP (Ctrl-Z).
    Suspend,
    /// prun got SIGUSR1: list the running jobs.
    ShowRunning,
    /// The limit of concurrent jobs was read again.
    JobLimit {
        limit: ReadLimit,
        /// Whether it differs from what was read before.
        is_new: bool,
    },
    /// The load and the memory of the machine were read.
    MachineRead(MachineReading),
    /// There may be a token in the jobserver.
    TokenCame,
    /// The reader of standard output has closed it, which is an error once something is printed.
    ReaderGone,
    /// Output cannot be written any more.
    OutputFailed(OutputLoss),
    /// A file that records the run (a job log, a report) cannot be written.
    RecordFailed {
        why: Arc<str>,
        /// Whether the run is cancelled, since it could not be resumed.
        ends_run: bool,
    },
}
