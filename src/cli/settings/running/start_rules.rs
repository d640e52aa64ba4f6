//! What keeps jobs from starting, besides their number: the machine and a jobserver.

use std::ffi::OsString;
use std::num::NonZeroUsize;

use super::jobserver::{JobserverError, JobserverRole};
use super::machine::{MachineLimitError, machine_limits};
use crate::cli::args::Args;
use crate::cli::settings::surroundings::Surroundings;
use crate::run::{Machine, MachineRule, StartLimitSettings};

/// The limits of a run, before its number of jobs is known.
#[derive(Debug)]
pub(crate) struct StartRules {
    pub(crate) role: JobserverRole,
    machine: Option<(Machine, MachineRule)>,
}

/// A limit that cannot be. The text is for the user.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartRulesError {
    #[error(transparent)]
    Jobserver(#[from] JobserverError),
    #[error(transparent)]
    Machine(#[from] MachineLimitError),
}

impl StartRules {
    /// Determines them; the text is a warning.
    pub(crate) fn of(
        args: &Args,
        surroundings: &mut Surroundings,
    ) -> Result<(Self, Option<String>), StartRulesError> {
        let (role, warning) = JobserverRole::of(args, surroundings.outer_jobserver.take())?;
        let machine = machine_limits(args, surroundings)?;
        Ok((Self { role, machine }, warning))
    }

    /// Opens what a run with `jobs` at once needs of them, and adds variables for the jobs.
    pub(crate) fn open(
        self,
        jobs: Option<NonZeroUsize>,
        variables: &mut Vec<(OsString, OsString)>,
    ) -> Result<StartLimitSettings, StartRulesError> {
        let Self { role, machine } = self;
        let jobserver = role.open(jobs.unwrap_or(NonZeroUsize::MAX), variables)?;
        Ok(StartLimitSettings { machine, jobserver })
    }
}
