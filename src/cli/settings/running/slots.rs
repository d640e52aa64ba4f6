//! The values of the slots (`--slots`): one per slot, for the jobs that run in it.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::args::SlotList;

/// A list of slots that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SlotsError {
    #[error("--slots @{}: cannot read the list of slots: {error}", path.display())]
    Read { path: PathBuf, error: io::Error },
    #[error("--slots @{}: there is no line: write one value per line", path.display())]
    NoLine { path: PathBuf },
    #[error("--slots @{}:{line}: NUL byte in the value: remove it", path.display())]
    Nul { path: PathBuf, line: usize },
}

/// Returns the values of the slots, if they have some.
pub(crate) fn slot_values(list: Option<&SlotList>) -> Result<Option<Arc<[OsString]>>, SlotsError> {
    match list {
        None => Ok(None),
        Some(SlotList::Values(values)) => Ok(Some(values.as_slice().into())),
        Some(SlotList::File(path)) => lines(path).map(|values| Some(values.into())),
    }
}

/// Returns the lines of a file that are not blank.
fn lines(path: &Path) -> Result<Vec<OsString>, SlotsError> {
    let owned = || path.to_owned();
    let text = fs::read(path).map_err(|error| SlotsError::Read {
        path: owned(),
        error,
    })?;
    let mut values = Vec::new();
    for (line, number) in text.split(|byte| *byte == b'\n').zip(1..) {
        let line = line.trim_ascii();
        if line.contains(&0) {
            return Err(SlotsError::Nul {
                path: owned(),
                line: number,
            });
        }
        if !line.is_empty() {
            values.push(OsString::from_vec(line.to_vec()));
        }
    }
    match values.is_empty() {
        true => Err(SlotsError::NoLine { path: owned() }),
        false => Ok(values),
    }
}
