//! The number of jobs that run at once.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::jobserver::JobserverRole;
use crate::cli::args::{Args, Jobs, parse_jobs};
use crate::cli::settings::surroundings::Surroundings;
use crate::run::ReadLimit;

/// How many jobs are wanted, and may run, at once; `None` for no limit.
pub(crate) struct Concurrency {
    wanted: Option<NonZeroUsize>,
    /// By the limit on open files.
    most: Option<NonZeroUsize>,
    /// Whether the tokens of another's jobserver are the limit, which may be lower than all.
    is_by_tokens: bool,
}

impl Concurrency {
    /// `typed` is whether the jobs are commands given as arguments; `slots` the number of slots, if they
    /// have values; `role` the part in a jobserver.
    pub(crate) fn of(
        args: &Args,
        surroundings: &Surroundings,
        typed: bool,
        slots: Option<usize>,
        role: &JobserverRole,
    ) -> Result<Self, JobsFileError> {
        let most = (surroundings.most_jobs)();
        let cpus = surroundings.cpus;
        let wanted = match (&args.jobs, slots) {
            // There is one terminal.
            _ if args.tty => Some(NonZeroUsize::MIN),
            (_, Some(slots)) => NonZeroUsize::new(slots),
            (Some(Jobs::File(path)), None) => number(&read(path)?, cpus),
            (Some(jobs), None) => number(jobs, cpus),
            (None, None) => match role {
                JobserverRole::None if typed => None,
                // The tokens are the limit; but blocks of input are held for so many.
                JobserverRole::Client(_) if !args.blocks.pipe => None,
                _ => Some(cpus()),
            },
        };
        let is_by_tokens = matches!(role, JobserverRole::Client(_));
        Ok(Self {
            wanted,
            most,
            is_by_tokens,
        })
    }

    /// So many jobs run at once on other machines, whose limits are not those of this one.
    pub(crate) fn remote(jobs: NonZeroUsize) -> Self {
        Self {
            wanted: Some(jobs),
            most: None,
            is_by_tokens: false,
        }
    }

    /// Returns what reads the number of jobs again, if it is in a file.
    pub(crate) fn reader(
        &self,
        args: &Args,
        surroundings: &Surroundings,
    ) -> Option<Box<dyn FnMut() -> ReadLimit + Send>> {
        let Some(Jobs::File(path)) = args.jobs.clone() else {
            return None;
        };
        let (most, cpus) = (self.most, surroundings.cpus);
        Some(Box::new(move || match read(&path) {
            Ok(jobs) => Ok([number(&jobs, cpus), most].into_iter().flatten().min()),
            Err(error) => Err(format!("{error}; the last number stays").into()),
        }))
    }

    /// The number of jobs that run at once.
    pub(crate) fn jobs(&self) -> Option<NonZeroUsize> {
        [self.wanted, self.most].into_iter().flatten().min()
    }

    /// What is said of the limit at once, and what is said only when so many jobs run, because their
    /// number is unknown.
    pub(crate) fn warnings(&self, total: Option<u64>) -> (Vec<String>, Option<String>) {
        let fewer = fewer_at_once(self.most, self.wanted, total);
        match (self.wanted, total) {
            (None, None) => (Vec::new(), fewer),
            (None, Some(_)) if self.is_by_tokens => (Vec::new(), fewer),
            _ => (fewer.into_iter().collect(), None),
        }
    }
}

/// A file that has no number of jobs.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JobsFileError {
    #[error("-j @{}: cannot read the number of jobs: {error}", path.display())]
    Read { path: PathBuf, error: io::Error },
    #[error("-j @{}: {why}", path.display())]
    Number { path: PathBuf, why: &'static str },
}

/// Reads a file with a number of jobs.
fn read(path: &Path) -> Result<Jobs, JobsFileError> {
    let text = fs::read_to_string(path).map_err(|error| JobsFileError::Read {
        path: path.to_owned(),
        error,
    })?;
    let wrong = |why| JobsFileError::Number {
        path: path.to_owned(),
        why,
    };
    match parse_jobs(text.trim()).map_err(wrong)? {
        Jobs::File(_) => Err(wrong(
            "the number of jobs is in yet another file: write it here",
        )),
        jobs => Ok(jobs),
    }
}

/// Returns a number of jobs; `None` for no limit.
fn number(jobs: &Jobs, cpus: fn() -> NonZeroUsize) -> Option<NonZeroUsize> {
    let at_least_one = |number| Some(NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN));
    match jobs {
        Jobs::Number(number) => NonZeroUsize::new(*number),
        Jobs::Percent(percent) => {
            let share = cpus().get().saturating_mul(*percent as usize);
            at_least_one(share.div_ceil(100))
        }
        Jobs::Relative(more) => at_least_one(cpus().get().saturating_add_signed(*more)),
        Jobs::File(_) => None,
    }
}

/// Returns a warning if the limit of open files allows fewer jobs at once than there are and were wanted.
fn fewer_at_once(
    most: Option<NonZeroUsize>,
    wanted: Option<NonZeroUsize>,
    total: Option<u64>,
) -> Option<String> {
    let most = most?.get();
    let total = total.map_or(usize::MAX, |total| {
        usize::try_from(total).unwrap_or(usize::MAX)
    });
    let wanted = wanted.map_or(usize::MAX, NonZeroUsize::get);
    let of = match wanted.min(total) {
        all if all <= most => return None,
        usize::MAX => String::new(),
        all => format!(" of {all}"),
    };
    Some(format!(
        "running only {most}{of} jobs at once: the limit on open files is low (ulimit -n)"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_lower_limit_is_always_reported(
            most in prop::option::of(1usize..20),
            wanted in prop::option::of(1usize..20),
            total in prop::option::of(0u64..20),
        ) {
            let number = |number: Option<usize>| number.and_then(NonZeroUsize::new);
            let warning = fewer_at_once(number(most), number(wanted), total);
            let would = wanted.unwrap_or(usize::MAX).min(total.map_or(usize::MAX, |t| t as usize));
            prop_assert_eq!(warning.is_some(), most.is_some_and(|most| most < would));
        }
    }

    #[test]
    fn the_warning_names_the_number_of_jobs() {
        let warning = |wanted, total| fewer_at_once(NonZeroUsize::new(2), wanted, total);
        let rest = " jobs at once: the limit on open files is low (ulimit -n)";
        assert_eq!(
            warning(None, Some(3)),
            Some(format!("running only 2 of 3{rest}"))
        );
        assert_eq!(
            warning(NonZeroUsize::new(9), None),
            Some(format!("running only 2 of 9{rest}"))
        );
        assert_eq!(warning(None, None), Some(format!("running only 2{rest}")));
    }
}
