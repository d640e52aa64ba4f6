//! What a recorder is: it writes a file that tells of the run.

use std::io;
use std::path::PathBuf;
use std::time::{Instant, SystemTime};

use super::sink::Interest;
use crate::event::{Event, OutputLoss};

/// One event for the files.
pub(crate) struct RecorderEntry {
    /// When it happened.
    pub(crate) at: SystemTime,
    pub(crate) event: Event,
    /// Whether nothing of it is on its way to the console.
    pub(crate) is_delivered: bool,
}

/// Writes a file that tells of the run. It waits for the file alone, never for a reader.
pub(crate) trait Recorder: Send {
    /// What the file is called in messages: what it is, and its path.
    fn name(&self) -> String;

    /// Which events it needs at all.
    fn interest(&self) -> Interest;

    /// Writes what is to be told of one event.
    fn record(&mut self, entry: &RecorderEntry) -> Result<(), RecorderError>;

    /// Whether it wants to know of every job whether its output has arrived.
    fn wants_deliveries(&self) -> bool {
        false
    }

    /// The output of the job with this number has arrived.
    fn delivered(&mut self, _seq: u64) -> Result<(), RecorderError> {
        Ok(())
    }

    /// Output was lost on its way to whoever reads it.
    fn lost(&mut self, _loss: OutputLoss) -> Result<(), RecorderError> {
        Ok(())
    }

    /// When it wants to write something of its own, be there an event or not.
    fn wakes_at(&self) -> Option<Instant> {
        None
    }

    /// Writes that, at that time or somewhat later.
    fn wake(&mut self) -> Result<(), RecorderError> {
        Ok(())
    }

    /// Writes what is left when nothing more comes.
    fn finish(&mut self) -> Result<(), RecorderError> {
        Ok(())
    }

    /// Whether the file is whole, or was given up with an error.
    fn is_finished(&self) -> bool;
}

/// Why a file is not what it should be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecorderError {
    /// Nobody could go on from this run.
    #[error("cannot write the job log {}: {source}", path.display())]
    JobLog { path: PathBuf, source: io::Error },
    /// What was written went elsewhere.
    #[error("the job log {} was removed or replaced during the run: name it again with --resume to run what it does not have", .0.display())]
    JobLogGone(PathBuf),
    /// What was written may be lost when the machine goes down.
    #[error("the job log {} cannot be brought to the disk: {source}; a crash of the machine may lose its end", path.display())]
    NotSynced { path: PathBuf, source: io::Error },
    /// A file that only tells of the run.
    #[error("cannot write {what} {}: {source}", path.display())]
    RunFile {
        what: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    /// A file that nobody asked for by an option.
    #[error("no summary in GITHUB_STEP_SUMMARY={}: {source}", path.display())]
    StepSummary { path: PathBuf, source: io::Error },
}

/// What becomes of the run by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing more is started.
    EndsRun,
    /// It goes on, and prun ends by the code for broken promises.
    ExitCode,
    /// It is said.
    Nothing,
}

impl RecorderError {
    /// What becomes of the run by it.
    pub(crate) fn effect(&self) -> Effect {
        match self {
            Self::JobLog { .. } => Effect::EndsRun,
            Self::JobLogGone(_) | Self::RunFile { .. } => Effect::ExitCode,
            Self::NotSynced { .. } | Self::StepSummary { .. } => Effect::Nothing,
        }
    }
}
