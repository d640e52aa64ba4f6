//! [`Recorder`]: writes a file about the run.

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
    /// Whether no output of it is still to be written to the console.
    pub(crate) is_delivered: bool,
}

/// Writes a file about the run. It waits only for the file, never for a reader of standard output.
pub(crate) trait Recorder: Send {
    /// Returns the name of the file in messages: its kind and its path.
    fn name(&self) -> String;

    /// Returns the events that it needs.
    fn interest(&self) -> Interest;

    /// Records one event.
    fn record(&mut self, entry: &RecorderEntry) -> Result<(), RecorderError>;

    /// Whether it needs to know when the output of each job has been delivered.
    fn wants_deliveries(&self) -> bool {
        false
    }

    /// The output of the job with this number has been delivered.
    fn delivered(&mut self, _seq: u64) -> Result<(), RecorderError> {
        Ok(())
    }

    /// Output was lost before it reached its reader.
    fn lost(&mut self, _loss: OutputLoss) -> Result<(), RecorderError> {
        Ok(())
    }

    /// Returns when it needs to write something even without an event.
    fn wakes_at(&self) -> Option<Instant> {
        None
    }

    /// Called at that time or somewhat later.
    fn wake(&mut self) -> Result<(), RecorderError> {
        Ok(())
    }

    /// Writes the rest after the last event.
    fn finish(&mut self) -> Result<(), RecorderError> {
        Ok(())
    }

    /// Whether the file is complete, or was abandoned after an error.
    fn is_finished(&self) -> bool;
}

/// Why a file is missing or incomplete.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecorderError {
    /// A later run could not resume this one, or another prun not tell it.
    #[error("cannot write the {what} {}: {source}", path.display())]
    Log {
        what: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    /// The log was written to a file that is no longer at its path.
    #[error("the job log {} was removed or replaced during the run: run again with --resume to repeat the jobs missing from it", .0.display())]
    JobLogGone(PathBuf),
    /// The end of the log may be lost in a system crash.
    #[error("cannot sync the {what} {}: {source}; a system crash may lose its end", path.display())]
    NotSynced {
        what: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    /// A report, on which nothing depends.
    #[error("cannot write {what} {}: {source}", path.display())]
    RunFile {
        what: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    /// A file that no option requested.
    #[error("cannot write the summary to GITHUB_STEP_SUMMARY={}: {source}", path.display())]
    StepSummary { path: PathBuf, source: io::Error },
}

/// The effect of an error on the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// No more jobs are started.
    EndsRun,
    /// The run continues, and prun exits with [`ExitCode::OutputLost`](crate::exit::ExitCode).
    ExitCode,
    /// It is only reported.
    Nothing,
}

impl RecorderError {
    /// Returns the effect on the run.
    pub(crate) fn effect(&self) -> Effect {
        match self {
            Self::Log { .. } => Effect::EndsRun,
            Self::JobLogGone(_) | Self::RunFile { .. } => Effect::ExitCode,
            Self::NotSynced { .. } | Self::StepSummary { .. } => Effect::Nothing,
        }
    }
}
