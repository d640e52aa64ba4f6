//! The environment of this program, for processes that are given no other.
//!
//! It is read again for each process, as it may have changed. Converting it to the form of `environ`
//! costs three times as much, and is done only if it did change.

use std::ffi::OsString;
use std::sync::{Mutex, PoisonError};

use crate::process::command::Environment;
use crate::process::error::SpawnErrorKind;

/// The environment when it was last read.
struct Last {
    variables: Vec<(OsString, OsString)>,
    settled: Environment,
}

/// Returns the current environment of this program.
pub(crate) fn inherited_environment() -> Result<Environment, SpawnErrorKind> {
    static LAST: Mutex<Option<Last>> = Mutex::new(None);
    let variables: Vec<_> = std::env::vars_os().collect();
    // Ignores poison: it is replaced as a whole.
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(last) = &*last
        && last.variables == variables
    {
        return Ok(last.settled.clone());
    }
    let settled = Environment::new(variables.iter().cloned())?;
    *last = Some(Last {
        variables,
        settled: settled.clone(),
    });
    Ok(settled)
}
