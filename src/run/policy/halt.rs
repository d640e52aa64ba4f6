//! Which endings of jobs end a run early. Pure.

use std::num::NonZeroU32;

use crate::event::{CancelReason, Status};

/// When the endings of jobs end the run: once so many were of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HaltRule {
    /// Which endings count.
    pub(crate) after: HaltAfter,
    /// How many of them end the run.
    pub(crate) limit: NonZeroU32,
    /// What becomes of the running jobs.
    pub(crate) mode: HaltMode,
    /// Why the others are canceled or skipped.
    pub(crate) reason: CancelReason,
}

/// Which endings of jobs are counted; a job ends after its retries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HaltAfter {
    Failures,
    Successes,
    Jobs,
}

/// What becomes of the running jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HaltMode {
    /// They are terminated.
    Now,
    /// They may finish.
    Soon,
}

impl HaltRule {
    /// A rule that the first such ending meets (`--race`): its job decides the run.
    pub(crate) fn race(after: HaltAfter) -> Self {
        Self {
            after,
            limit: NonZeroU32::MIN,
            mode: HaltMode::Now,
            reason: CancelReason::Race,
        }
    }

    /// Whether an ending counts.
    pub(super) fn counts(&self, status: Status, may_fail: bool) -> bool {
        match self.after {
            HaltAfter::Failures => status != Status::Ok && !may_fail,
            HaltAfter::Successes => status == Status::Ok,
            HaltAfter::Jobs => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_ending_counts_as_a_job_and_as_a_success_or_a_failure() {
        let counts = |after, status| HaltRule::race(after).counts(status, false);
        for status in [
            Status::Failed,
            Status::Timeout,
            Status::Signaled,
            Status::SpawnError,
        ] {
            assert!(counts(HaltAfter::Failures, status) && counts(HaltAfter::Jobs, status));
            assert!(!counts(HaltAfter::Successes, status));
        }
        assert!(counts(HaltAfter::Successes, Status::Ok) && counts(HaltAfter::Jobs, Status::Ok));
        assert!(!counts(HaltAfter::Failures, Status::Ok));
    }
}
