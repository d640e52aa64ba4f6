//! When a run ends early.

use std::num::NonZeroU32;

use crate::cli::args::{Args, FailFastMode, RaceMode};
use crate::run::{FailFast, Policy, Race};

/// Returns when the run ends early: either option enables it, the other then has its default.
pub(super) fn policy(args: &Args) -> Policy {
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
    }
}
