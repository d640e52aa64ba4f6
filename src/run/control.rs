//! What reaches a run from outside.

use std::sync::Arc;

use crate::event::OutputLoss;
use crate::process::Signal;

/// What reaches a run from outside.
#[derive(Clone, Debug)]
pub(crate) enum Control {
    /// prun got a signal that asks it to stop.
    Signal(Signal),
    /// prun got Ctrl-Z.
    Suspend,
    /// Somebody wants to know what runs.
    ShowRunning,
    /// Nobody reads standard output any more, which matters when something is printed.
    ReaderGone,
    /// Nobody can be told any more.
    OutputFailed(OutputLoss),
    /// A file that tells of the run is not what it should be.
    RecordFailed {
        why: Arc<str>,
        /// Whether nothing more may be started, since nobody could go on from this run.
        ends_run: bool,
    },
}
