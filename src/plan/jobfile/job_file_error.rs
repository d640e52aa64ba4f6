//! Why a job file cannot be read any further.

use std::io;
use std::sync::Arc;

use thiserror::Error;

use super::foreign::Foreign;
use crate::plan::command::WordsError;
use crate::plan::input::InputLinesError;
use crate::plan::job::Origin;

/// Why a job file cannot be read any further.
#[derive(Debug, Error)]
pub(crate) enum JobFileError {
    /// A read failed.
    #[error("{0}: cannot read: {1}")]
    Read(Arc<str>, io::Error),
    /// It is not a job file.
    #[error("{0}: {1}")]
    Foreign(Origin, Foreign),
    /// A NUL byte in a file of lines.
    #[error("{0}: NUL byte in the command: remove it, or use -0 if each command ends with NUL")]
    Nul(Origin),
    /// A job beyond the size limit.
    #[error("{0}: the job is longer than {1} bytes: is this a job file?")]
    TooLong(Origin, usize),
    /// A document beyond the size limit.
    #[error("{0}: the document is longer than {1} bytes: write the jobs as JSON Lines")]
    TooLarge(Origin, usize),
    /// A document that is not text.
    #[error("{0}: not UTF-8: convert the document to it")]
    NotUtf8(Origin),
    /// A command line that cannot be run.
    #[error("{0}: {1}")]
    Words(Origin, WordsError),
    /// A JSON object that is not a job.
    #[error("{0}: {1}")]
    Job(Origin, String),
    /// An error in JSON or in a document, at a line and a column.
    #[error("{0}:{1}: {2}")]
    Json(Origin, u64, String),
}

impl From<InputLinesError> for JobFileError {
    fn from(error: InputLinesError) -> Self {
        match error {
            InputLinesError::Read(label, error) => Self::Read(label, error),
            InputLinesError::TooLong(origin, longest) => Self::TooLong(origin, longest),
        }
    }
}
