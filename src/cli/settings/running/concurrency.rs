//! The number of jobs that run at once.

use std::num::NonZeroUsize;

use crate::cli::args::{Args, Jobs};
use crate::cli::settings::surroundings::Surroundings;

/// How many jobs are wanted, and may run, at once; `None` for no limit.
pub(crate) struct Concurrency {
    wanted: Option<NonZeroUsize>,
    /// By the limit on open files.
    most: Option<NonZeroUsize>,
}

impl Concurrency {
    /// `typed` is whether the jobs are commands given as arguments; `slots` the number of slots, if they
    /// have values.
    pub(crate) fn of(
        args: &Args,
        surroundings: &Surroundings,
        typed: bool,
        slots: Option<usize>,
    ) -> Self {
        Self {
            wanted: match slots {
                Some(slots) => NonZeroUsize::new(slots),
                None => wanted_jobs(args, surroundings, typed),
            },
            most: (surroundings.most_jobs)(),
        }
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
            _ => (fewer.into_iter().collect(), None),
        }
    }
}

/// Returns the wanted number of jobs at once: as requested, no limit for commands given as arguments (a
/// server and its client must both start), otherwise the number of CPUs.
fn wanted_jobs(args: &Args, surroundings: &Surroundings, typed: bool) -> Option<NonZeroUsize> {
    match args.jobs {
        // There is one terminal.
        _ if args.tty => Some(NonZeroUsize::MIN),
        Some(Jobs::Number(number)) => NonZeroUsize::new(number),
        Some(Jobs::Percent(percent)) => {
            let share = (surroundings.cpus)()
                .get()
                .saturating_mul(percent as usize)
                .div_ceil(100);
            Some(NonZeroUsize::new(share).unwrap_or(NonZeroUsize::MIN))
        }
        Some(Jobs::Relative(more)) => {
            let number = (surroundings.cpus)().get().saturating_add_signed(more);
            Some(NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN))
        }
        None if typed => None,
        None => Some((surroundings.cpus)()),
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
