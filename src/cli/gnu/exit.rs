//! The exit codes of GNU parallel.

use std::num::NonZeroU32;

use crate::cli::args::{Halt, HaltLimit};
use crate::exit::ExitCode;
use crate::run::HaltAfter;
use crate::summary::Summary;

/// The code for more failed jobs than a code can count.
const MANY: u64 = 101;

/// Returns how many jobs end a run, of so many.
pub(crate) fn halt_limit(limit: HaltLimit, total: u64) -> NonZeroU32 {
    match limit {
        HaltLimit::Number(number) => number,
        HaltLimit::Percent(percent) => {
            let jobs = total.saturating_mul(percent.into()).div_ceil(100);
            let jobs = u32::try_from(jobs).unwrap_or(u32::MAX);
            NonZeroU32::new(jobs).unwrap_or(NonZeroU32::MIN)
        }
    }
}

/// Returns the exit code of a run: the number of failed jobs, unless `halt` says otherwise.
pub(crate) fn exit_code(summary: &Summary, halt: Option<Halt>) -> ExitCode {
    let failures = summary.failures();
    let number = |failures: u64| ExitCode::Failures(failures.min(MANY) as u8);
    match (summary.verdict(), halt) {
        (ExitCode::Ok, None) => ExitCode::Ok,
        (ExitCode::Ok | ExitCode::JobFailed, halt) => match (halt, summary.halted()) {
            (None, _) => number(failures),
            (
                Some(Halt {
                    after: HaltAfter::Successes,
                    ..
                }),
                Some(_),
            ) => ExitCode::Ok,
            (
                Some(Halt {
                    limit: HaltLimit::Percent(_),
                    ..
                }),
                halted,
            ) => {
                let failures = halted.map_or(failures, |(failures, _)| failures);
                let of = summary.counts().total();
                number((failures * 100).div_ceil(of.max(1)))
            }
            (
                Some(Halt {
                    limit: HaltLimit::Number(NonZeroU32::MIN),
                    ..
                }),
                Some((_, code)),
            ) => ExitCode::Failures(code),
            (Some(_), halted) => number(halted.map_or(failures, |(failures, _)| failures)),
        },
        (ExitCode::Usage | ExitCode::OutputLost, _) => ExitCode::ParallelError,
        (other, _) => other,
    }
}
