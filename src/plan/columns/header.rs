//! The names of columns.

use std::ffi::OsString;
use std::sync::Arc;

use thiserror::Error;

use crate::plan::job::Origin;

/// The names of the fields of every record, by position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) names: Arc<[OsString]>,
    /// Where they stand.
    pub(crate) origin: Origin,
}

/// Two columns have the same name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}: two columns are named `{name}`: every name must be unique", name = .1.to_string_lossy().escape_debug())]
pub(crate) struct DuplicateColumn(pub(crate) Origin, pub(crate) OsString);

impl Header {
    /// Rejects names of which two are the same; columns without a name have only numbers.
    pub(crate) fn new(names: Vec<OsString>, origin: Origin) -> Result<Self, DuplicateColumn> {
        match duplicate(&names) {
            Some(name) => Err(DuplicateColumn(origin, name.clone())),
            None => Ok(Self {
                names: names.into(),
                origin,
            }),
        }
    }
}

/// Returns a name that occurs twice, if any.
pub(crate) fn duplicate(names: &[OsString]) -> Option<&OsString> {
    let mut later = names.iter().enumerate();
    later.find_map(|(index, name)| {
        let is_taken = !name.is_empty() && names[..index].contains(name);
        is_taken.then_some(name)
    })
}
