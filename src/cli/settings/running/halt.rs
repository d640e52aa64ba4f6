//! When the endings of jobs end a run early.

use std::num::NonZeroU32;

use crate::cli::args::{Args, FailFastMode, RaceMode};
use crate::cli::gnu;
use crate::event::CancelReason;
use crate::run::{HaltAfter, HaltMode, HaltRule};

/// Returns when the run, of so many jobs if that is known, ends early: --race, --fail-fast and --max-fail
/// (either enables both, the other then has its default), or GNU parallel's `--halt`.
pub(crate) fn halt_rule(args: &Args, total: Option<u64>) -> Option<HaltRule> {
    if let Some(gnu) = &args.gnu {
        let halt = gnu.halt?;
        return Some(HaltRule {
            after: halt.after,
            limit: gnu::halt_limit(halt.limit, total.unwrap_or(u64::MAX)),
            mode: halt.mode,
            reason: CancelReason::FailFast,
        });
    }
    if let Some(race) = args.race {
        return Some(HaltRule::race(match race {
            RaceMode::End => HaltAfter::Jobs,
            RaceMode::Ok => HaltAfter::Successes,
        }));
    }
    let is_enabled = args.fail_fast.is_some() || args.max_fail.is_some();
    is_enabled.then(|| HaltRule {
        after: HaltAfter::Failures,
        limit: args.max_fail.unwrap_or(NonZeroU32::MIN),
        mode: match args.fail_fast {
            Some(FailFastMode::Soon) => HaltMode::Soon,
            Some(FailFastMode::Now) | None => HaltMode::Now,
        },
        reason: CancelReason::FailFast,
    })
}
