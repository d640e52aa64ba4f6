//! Why a record cannot be read.

use std::ffi::OsString;
use std::io;
use std::sync::Arc;

use thiserror::Error;

use super::header::DuplicateColumn;
use crate::plan::input::InputLinesError;
use crate::plan::job::Origin;

/// Why there are no more records.
#[derive(Debug, Error)]
pub(crate) enum RecordError {
    /// A read failed.
    #[error("{0}: cannot read: {1}")]
    Read(Arc<str>, io::Error),
    /// A NUL byte in a value.
    #[error("{0}: NUL byte in the argument: remove it, or use -0 if each argument ends with NUL")]
    Nul(Origin),
    /// A record beyond the size limit.
    #[error("{0}: the argument is longer than {1} bytes: is this a list of arguments?")]
    TooLong(Origin, usize),
    /// A record with more or fewer fields than the first.
    #[error(
        "{origin}: {found} instead of the {expected} fields of line {first}: every record needs as many"
    )]
    Ragged {
        origin: Origin,
        found: usize,
        expected: usize,
        first: u64,
    },
    /// A quoted field without an end.
    #[error(
        "{0}: a quote in this record has no end: close it (a quote in a quoted field is written \"\")"
    )]
    Unclosed(Origin),
    #[error(transparent)]
    Duplicate(#[from] DuplicateColumn),
    /// A line that is no JSON object of plain values.
    #[error("{origin}:{column}: {why}")]
    Json {
        origin: Origin,
        column: usize,
        why: String,
    },
    /// An object with other keys than the first.
    #[error(
        "{origin}: the key `{key}` is {here}, but not {there}: every object needs the same keys",
        key = .key.to_string_lossy().escape_debug()
    )]
    Keys {
        origin: Origin,
        key: OsString,
        here: String,
        there: String,
    },
}

impl From<InputLinesError> for RecordError {
    fn from(error: InputLinesError) -> Self {
        match error {
            InputLinesError::Read(label, error) => Self::Read(label, error),
            InputLinesError::TooLong(origin, longest) => Self::TooLong(origin, longest),
        }
    }
}
