//! How many jobs run at once.

use std::num::NonZeroUsize;

use super::surroundings::Surroundings;
use crate::cli::args::Args;
use crate::cli::args::Jobs;

/// How many are wanted at once: as asked, or all of the typed commands (a server and its
/// client must both start), or one for each CPU.
pub(crate) fn wanted_jobs(
    args: &Args,
    surroundings: &Surroundings,
    typed: bool,
) -> Option<NonZeroUsize> {
    match args.jobs {
        // One terminal.
        _ if args.tty => Some(NonZeroUsize::MIN),
        Some(Jobs::Number(number)) => NonZeroUsize::new(number),
        Some(Jobs::Percent(percent)) => {
            let share = (surroundings.cpus)()
                .get()
                .saturating_mul(percent as usize)
                .div_ceil(100);
            Some(NonZeroUsize::new(share).unwrap_or(NonZeroUsize::MIN))
        }
        None if typed => None,
        None => Some((surroundings.cpus)()),
    }
}

/// What is said where the limit of open files lets fewer run at once than there are and were wanted.
pub(crate) fn fewer_at_once(
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
        "only {most}{of} at once, because few files may be open (ulimit -n)"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_said_whenever_fewer_run_at_once_than_would(
            most in prop::option::of(1usize..20),
            wanted in prop::option::of(1usize..20),
            total in prop::option::of(0u64..20),
        ) {
            let number = |number: Option<usize>| number.and_then(NonZeroUsize::new);
            let said = fewer_at_once(number(most), number(wanted), total);
            let would = wanted.unwrap_or(usize::MAX).min(total.map_or(usize::MAX, |t| t as usize));
            prop_assert_eq!(said.is_some(), most.is_some_and(|most| most < would));
        }
    }

    #[test]
    fn it_says_of_how_many() {
        let said = |wanted, total| fewer_at_once(NonZeroUsize::new(2), wanted, total);
        let words = " at once, because few files may be open (ulimit -n)";
        assert_eq!(said(None, Some(3)), Some(format!("only 2 of 3{words}")));
        assert_eq!(
            said(NonZeroUsize::new(9), None),
            Some(format!("only 2 of 9{words}"))
        );
        assert_eq!(said(None, None), Some(format!("only 2{words}")));
    }
}
