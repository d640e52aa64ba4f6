//! The environment of the jobs.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use super::grace;
use crate::cli::args::Args;
use crate::event::RUN_ID;
use crate::os::EnvChange;
use crate::process::{Environment, SpawnErrorKind};

/// An invalid environment variable.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EnvironmentError {
    #[error("-u {}: the name of a variable cannot be empty or contain '='", .0.display())]
    Unset(OsString),
    #[error(transparent)]
    Refused(SpawnErrorKind),
}

/// Returns the changes that the user requests. As in env(1), variables are unset first.
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

/// Returns the environment of all jobs: these variables, the grace, the changes, and the ID of the run.
pub(crate) fn settled(
    variables: Vec<(OsString, OsString)>,
    grace: Duration,
    changes: &[EnvChange],
    run_id: &str,
) -> Result<Environment, EnvironmentError> {
    let mut settled: BTreeMap<OsString, OsString> = variables.into_iter().collect();
    // Replaces the grace of an outer prun.
    let grace = EnvChange {
        name: grace::VARIABLE.into(),
        value: grace::seconds(grace),
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
