//! Which jobserver a run takes part in: none, one of its own, or that of the make that started it.

use std::ffi::OsString;
use std::num::NonZeroUsize;

use crate::cli::args::{Args, Jobs, JobserverMode};
use crate::run::{
    Jobserver, JobserverForm, JobserverPool, JobserverPoolError, OuterJobserverError, Tokens,
};

/// The jobserver of a run.
#[derive(Debug)]
pub(crate) enum JobserverRole {
    None,
    /// We are one, for this number of jobs at once.
    Server(JobserverForm),
    /// We take tokens of another.
    Client(Tokens),
}

/// A jobserver that cannot be. The text is for the user.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JobserverError {
    #[error("--jobserver: -j 0 has no number of jobs to share: give one, or omit -j")]
    NoNumber,
    #[error("--jobserver: the number of jobs to share cannot change (-j @FILE): give a number")]
    Changing,
    #[error(transparent)]
    Pool(#[from] JobserverPoolError),
}

/// What is found in the environment, if anything.
type Outer = Option<Result<Tokens, OuterJobserverError>>;

impl JobserverRole {
    /// Decides it; the text is a warning.
    pub(crate) fn of(args: &Args, outer: Outer) -> Result<(Self, Option<String>), JobserverError> {
        let form = args.limits.jobserver.map(|mode| match mode {
            JobserverMode::Pipe => JobserverForm::Pipe,
            JobserverMode::Fifo => JobserverForm::Fifo,
        });
        match &args.jobs {
            Some(Jobs::Number(0)) if form.is_some() => return Err(JobserverError::NoNumber),
            Some(Jobs::File(_)) if form.is_some() => return Err(JobserverError::Changing),
            _ => {}
        }
        // As with make, a number of our own is not that of others; GNU parallel takes part in none.
        let has_number = args.jobs.is_some() || args.slots.is_some() || args.tty;
        let outer = outer.filter(|_| !has_number && args.gnu.is_none());
        let own = form.map_or(Self::None, Self::Server);
        Ok(match outer {
            None => (own, None),
            Some(Ok(tokens)) => (Self::Client(tokens), None),
            Some(Err(error)) => {
                let warning = format!(
                    "{error}: begin the line of the makefile with `+`, or choose the number of jobs with -j"
                );
                (own, Some(warning))
            }
        })
    }

    /// Takes part in it with `jobs` at once, and adds the variables by which the jobs find it.
    pub(crate) fn open(
        self,
        jobs: NonZeroUsize,
        variables: &mut Vec<(OsString, OsString)>,
    ) -> Result<Option<Jobserver>, JobserverError> {
        let form = match self {
            Self::None => return Ok(None),
            Self::Client(tokens) => return Ok(Some(Jobserver::outer(tokens))),
            Self::Server(form) => form,
        };
        let pool = JobserverPool::create(form, jobs)?;
        let flags = variables.iter().find(|(name, _)| name == "MAKEFLAGS");
        let own = pool.variables(flags.map(|(_, flags)| flags.as_os_str()));
        variables.extend(own);
        Ok(Some(Jobserver::own(pool)))
    }
}
