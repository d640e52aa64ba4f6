//! Our own environment, for processes that are given no other.
//!
//! It is read anew for each of them, as it may have changed. But to put it into the form that the
//! system takes costs three times as much, and is done only when it did change.

use std::ffi::OsString;
use std::sync::{Mutex, PoisonError};

use crate::process::command::Environment;
use crate::process::error::SpawnErrorKind;

/// As it was when it was read last.
struct Last {
    variables: Vec<(OsString, OsString)>,
    settled: Environment,
}

/// Our environment as it is now.
pub(crate) fn inherited_environment() -> Result<Environment, SpawnErrorKind> {
    static LAST: Mutex<Option<Last>> = Mutex::new(None);
    let variables: Vec<_> = std::env::vars_os().collect();
    // It is replaced as a whole, so poison is ignored.
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
