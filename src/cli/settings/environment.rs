//! The variables that all jobs have.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use super::grace;
use crate::cli::args::Args;
use crate::event::RUN_ID;
use crate::os::EnvChange;
use crate::process::{Environment, SpawnErrorKind};

/// Variables that jobs cannot have.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EnvironmentError {
    #[error("-u {}: a variable's name is not empty and has no '='", .0.display())]
    Unset(OsString),
    #[error(transparent)]
    Refused(SpawnErrorKind),
}

/// What the user says of them. As in env(1): what is unset is unset first.
pub(crate) fn changes(args: &Args) -> Result<Vec<EnvChange>, EnvironmentError> {
    let wrong = |name: &&OsString| name.is_empty() || name.as_bytes().contains(&b'=');
    if let Some(name) = args.unset.iter().find(wrong) {
        return Err(EnvironmentError::Unset(name.clone()));
    }
    let unset = args.unset.iter().map(EnvChange::remove);
    let set = args.env.iter();
    let set = set.map(|(name, value)| EnvChange::set(name, value));
    Ok(unset.chain(set).collect())
}

/// What jobs have: these variables and the grace, what the user says of them, and the run that they
/// are of.
pub(crate) fn settled(
    variables: Vec<(OsString, OsString)>,
    grace: Duration,
    changes: &[EnvChange],
    run_id: &str,
) -> Result<Environment, EnvironmentError> {
    let mut settled: BTreeMap<OsString, OsString> = variables.into_iter().collect();
    // That of a prun around this one is not the one that they have.
    let grace = EnvChange {
        name: grace::VARIABLE.into(),
        value: grace::told(grace),
    };
    for EnvChange { name, value } in std::iter::once(&grace).chain(changes) {
        match value {
            Some(value) => settled.insert(name.clone(), value.clone()),
            None => settled.remove(name),
        };
    }
    settled.insert(RUN_ID.into(), run_id.into());
    Environment::new(settled).map_err(EnvironmentError::Refused)
}
