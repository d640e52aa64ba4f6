//! Why work cannot be read.

use thiserror::Error;

/// Why a line of the work cannot be read.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum WorkError {
    /// It begins the work of another version of prun.
    #[error("it was written by another version of prun: use the same version on both machines")]
    OtherVersion,
    /// For this reason.
    #[error("{0}")]
    Damaged(String),
}

impl From<serde_json::Error> for WorkError {
    fn from(error: serde_json::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}

impl From<String> for WorkError {
    fn from(why: String) -> Self {
        Self::Damaged(why)
    }
}
