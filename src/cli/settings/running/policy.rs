//! When a run ends early.

use std::num::NonZeroU32;

use crate::cli::args::{Args, FailFastMode, Halt, HaltAfter, RaceMode};
use crate::cli::gnu;
use crate::run::{FailFast, Policy, Race};

/// Returns when the run ends early: either option enables it, the other then has its default.
pub(crate) fn policy(args: &Args, total: Option<u64>) -> Policy {
    if let Some(gnu) = &args.gnu {
        return gnu
            .halt
            .map(|halt| halting(halt, total))
            .unwrap_or_default();
    }
    let how = match args.fail_fast {
        Some(FailFastMode::Soon) => FailFast::Soon,
        Some(FailFastMode::Now) | None => FailFast::Now,
    };
    let asked = args.fail_fast.is_some() || args.max_fail.is_some();
    let most = args.max_fail.unwrap_or(NonZeroU32::MIN);
    Policy {
        fail_fast: asked.then_some((most, how)),
        race: args.race.map(|race| match race {
            RaceMode::End => Race::End,
            RaceMode::Ok => Race::Ok,
        }),
        halt: None,
    }
}

/// The same for GNU parallel's `--halt`, of so many jobs.
fn halting(halt: Halt, total: Option<u64>) -> Policy {
    let limit = gnu::halt_limit(halt.limit, total.unwrap_or(u64::MAX));
    let how = match halt.is_now {
        true => FailFast::Now,
        false => FailFast::Soon,
    };
    let mut policy = Policy::default();
    match halt.after {
        HaltAfter::Failures => policy.fail_fast = Some((limit, how)),
        HaltAfter::Successes => policy.halt = Some((Race::Ok, limit, how)),
        HaltAfter::Jobs => policy.halt = Some((Race::End, limit, how)),
    }
    policy
}
