//! The names of the jobs of a template (`--name`): a text with placeholders.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use thiserror::Error;

use super::placeholder::{Hole, Piece, PlaceholderError, PlaceholderScope, check, fill, pieces};
use super::slot_assignment::SlotAssignment;

/// A template of names.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct JobName(Vec<Piece>);

/// Why a name cannot be filled. No job was started.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum JobNameError {
    /// There is no value for a placeholder.
    #[error("--name: {0}")]
    Placeholder(#[from] PlaceholderError),
    /// A job has its name before it has a slot.
    #[error("--name: `{{%}}` and `{{slot}}` are not known before a job starts: use {{}} or {{#}}")]
    Slot,
}

impl JobName {
    /// Parses the template of the names.
    pub(crate) fn parse(text: &OsStr, scope: PlaceholderScope) -> Result<Self, JobNameError> {
        check(text.as_bytes(), scope)?;
        let pieces = pieces(text.as_bytes(), scope);
        let is_slot = |piece: &Piece| matches!(piece, Piece::Hole(Hole::Slot | Hole::SlotValue));
        match pieces.iter().any(is_slot) {
            true => Err(JobNameError::Slot),
            false => Ok(Self(pieces)),
        }
    }

    /// Returns the name of job number `seq`; a job may also have none.
    pub(crate) fn fill(&self, args: &[OsString], seq: u64) -> Option<String> {
        let name = fill(&self.0, args, SlotAssignment::without_value(seq, 0));
        let name = name.to_string_lossy().into_owned();
        (!name.is_empty()).then_some(name)
    }
}
