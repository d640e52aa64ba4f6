//! Cancelling a run: jobs are terminated, then killed. Pure, without clock or process.

use std::time::Duration;

use super::clock::Moment;
use super::halt::{HaltMode, HaltRule};
use crate::event::{CancelReason, Status};
use crate::process::Signal;
use crate::run::signals::CANCEL_SIGNALS;

/// The same signal within this time counts once: a terminal and a parent often both send it.
const SAME_SIGNAL: Duration = Duration::from_millis(150);

/// How long the remaining output may take at least, once a signal has cancelled the run.
const MIN_PATIENCE: Duration = Duration::from_secs(1);

/// A request to the running attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// Continue.
    Run,
    /// End, starting with this signal; see `steps`.
    Terminate {
        signal: Signal,
        reason: Option<CancelReason>,
    },
    /// End at once.
    Kill { reason: Option<CancelReason> },
}

impl Request {
    /// Returns why attempts must end, if they must.
    pub(crate) fn reason(self) -> Option<CancelReason> {
        match self {
            Self::Run => None,
            Self::Terminate { reason, .. } | Self::Kill { reason } => reason,
        }
    }
}

/// How a signal escalates the cancellation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escalation {
    /// The jobs are terminated.
    Terminate,
    /// The jobs are killed.
    Kill,
    /// prun exits at once.
    Exit,
}

/// The state of the cancellation. It only advances.
#[derive(Debug)]
pub(crate) struct Cancel {
    /// Which endings of jobs cancel the run, and how many there were.
    halt: Option<HaltRule>,
    counted: u32,
    /// Why no new jobs start, while running ones may finish.
    draining: Option<CancelReason>,
    request: Request,
    signals: u32,
    last_signal: Option<(Signal, Moment)>,
}

impl Cancel {
    /// Creates it for a run that is not cancelled.
    pub(crate) fn new(halt: Option<HaltRule>) -> Self {
        Self {
            halt,
            counted: 0,
            draining: None,
            request: Request::Run,
            signals: 0,
            last_signal: None,
        }
    }

    /// Whether jobs may start.
    pub(crate) fn may_start(&self) -> bool {
        self.request == Request::Run && self.draining.is_none()
    }

    /// Whether running jobs are requested to end.
    pub(crate) fn is_ending(&self) -> bool {
        self.request != Request::Run
    }

    /// Returns how long prun waits for a slow reader of its output after signals; `None` for no limit.
    /// The jobs have their grace period before that.
    pub(crate) fn patience(&self, grace: Duration) -> Option<Duration> {
        match self.signals {
            0 => None,
            1 => Some(grace.max(MIN_PATIENCE)),
            _ => Some(MIN_PATIENCE),
        }
    }

    /// Whether a third signal has arrived, so that prun waits for nothing.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.signals > 2
    }

    /// Returns the current request to the attempts.
    pub(crate) fn request(&self) -> Request {
        self.request
    }

    /// Returns why jobs that were not started are skipped.
    pub(crate) fn reason(&self) -> Option<CancelReason> {
        self.request.reason().or(self.draining)
    }

    /// Handles `signal`, sent to prun.
    pub(crate) fn signal(&mut self, signal: Signal, now: Moment) -> Option<Escalation> {
        let is_repetition = self
            .last_signal
            .is_some_and(|(last, at)| last == signal && now.saturating_sub(at) < SAME_SIGNAL);
        if is_repetition {
            return None;
        }
        self.last_signal = Some((signal, now));
        self.signals += 1;
        let reason = Some(CancelReason::Signal);
        match self.signals {
            1 => {
                // Other signals have a meaning to each program, or to prun alone.
                let is_forwarded = CANCEL_SIGNALS.contains(&signal);
                let signal = if is_forwarded { signal } else { Signal::TERM };
                self.advance(Request::Terminate { signal, reason });
                Some(Escalation::Terminate)
            }
            2 => {
                self.advance(Request::Kill { reason });
                Some(Escalation::Kill)
            }
            _ => Some(Escalation::Exit),
        }
    }

    /// Handles the end of a job. Returns why that cancels the run, if it does.
    /// `may_fail`: a failure of this job is none of the run.
    pub(crate) fn job_ended(&mut self, status: Status, may_fail: bool) -> Option<CancelReason> {
        if !self.may_start() {
            return None;
        }
        let rule = self.halt?;
        self.counted += u32::from(rule.counts(status, may_fail));
        if self.counted < rule.limit.get() {
            return None;
        }
        match rule.mode {
            HaltMode::Now => self.terminate(rule.reason),
            HaltMode::Soon => {
                self.draining = Some(rule.reason);
                self.draining
            }
        }
    }

    /// Handles the deadline of the run. Returns whether that cancels it.
    pub(crate) fn deadline(&mut self) -> bool {
        self.terminate(CancelReason::Deadline).is_some()
    }

    /// Handles an output failure: running jobs are terminated.
    pub(crate) fn output_failed(&mut self) {
        self.advance(Request::Terminate {
            signal: Signal::TERM,
            reason: None,
        });
    }

    fn terminate(&mut self, reason: CancelReason) -> Option<CancelReason> {
        let request = Request::Terminate {
            signal: Signal::TERM,
            reason: Some(reason),
        };
        self.advance(request).then_some(reason)
    }

    fn advance(&mut self, to: Request) -> bool {
        let further = match (self.request, to) {
            (_, Request::Run) | (Request::Kill { .. }, _) => false,
            (Request::Terminate { .. }, Request::Terminate { .. }) => false,
            (Request::Run, _) | (Request::Terminate { .. }, Request::Kill { .. }) => true,
        };
        if further {
            self.request = to;
        }
        further
    }
}

/// Returns the signals that a process group gets when it must end, each with its time after the first.
///
/// A signal sent to prun is forwarded unchanged; `SIGTERM` follows after half the grace period, because
/// shells let their background children ignore `SIGINT`. `SIGKILL` ends the grace period.
pub(crate) fn steps(first: Signal, grace: Duration) -> Vec<(Duration, Signal)> {
    if grace.is_zero() || first == Signal::KILL {
        return vec![(Duration::ZERO, Signal::KILL)];
    }
    let mut steps = vec![(Duration::ZERO, first)];
    if first != Signal::TERM {
        steps.push((grace / 2, Signal::TERM));
    }
    steps.push((grace, Signal::KILL));
    steps
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::run::policy::halt::HaltAfter;
    use proptest::prelude::*;

    const NOW: Moment = Duration::from_secs(1);

    fn fail_fast(limit: u32, mode: HaltMode) -> Cancel {
        Cancel::new(Some(HaltRule {
            after: HaltAfter::Failures,
            limit: NonZeroU32::new(limit).unwrap(),
            mode,
            reason: CancelReason::FailFast,
        }))
    }

    #[test]
    fn a_second_signal_kills_and_a_third_exits() {
        let mut cancel = Cancel::new(None);
        let reason = Some(CancelReason::Signal);
        assert_eq!(cancel.signal(Signal::INT, NOW), Some(Escalation::Terminate));
        assert_eq!(
            cancel.request(),
            Request::Terminate {
                signal: Signal::INT,
                reason
            }
        );
        assert!(!cancel.may_start());
        assert_eq!(cancel.signal(Signal::TERM, NOW), Some(Escalation::Kill));
        assert_eq!(cancel.request(), Request::Kill { reason });
        assert_eq!(cancel.signal(Signal::INT, NOW), Some(Escalation::Exit));
    }

    #[test]
    fn the_same_signal_at_once_is_one_signal() {
        let mut cancel = Cancel::new(None);
        cancel.signal(Signal::INT, NOW);
        assert_eq!(cancel.signal(Signal::INT, NOW + SAME_SIGNAL / 2), None);
        assert_eq!(
            cancel.signal(Signal::INT, NOW + SAME_SIGNAL * 2),
            Some(Escalation::Kill)
        );
    }

    #[test]
    fn a_signal_after_another_cause_is_still_a_first_one() {
        let mut cancel = fail_fast(1, HaltMode::Now);
        assert_eq!(
            cancel.job_ended(Status::Failed, false),
            Some(CancelReason::FailFast)
        );
        assert_eq!(cancel.signal(Signal::INT, NOW), Some(Escalation::Terminate));
        assert!(matches!(
            cancel.request(),
            Request::Terminate {
                signal: Signal::TERM,
                ..
            }
        ));
        assert_eq!(cancel.signal(Signal::INT, NOW * 2), Some(Escalation::Kill));
    }

    #[test]
    fn enough_failures_cancel_the_run_and_successes_do_not_count() {
        let mut cancel = fail_fast(2, HaltMode::Now);
        for status in [Status::Ok, Status::Timeout, Status::Ok] {
            assert_eq!(cancel.job_ended(status, false), None);
        }
        assert_eq!(
            cancel.job_ended(Status::SpawnError, false),
            Some(CancelReason::FailFast)
        );
        assert_eq!(cancel.job_ended(Status::Canceled, false), None);
    }

    #[test]
    fn soon_starts_nothing_new_and_lets_running_jobs_finish() {
        let mut cancel = fail_fast(1, HaltMode::Soon);
        assert_eq!(
            cancel.job_ended(Status::Signaled, false),
            Some(CancelReason::FailFast)
        );
        assert_eq!(cancel.request(), Request::Run);
        assert!(!cancel.may_start());
        assert_eq!(cancel.reason(), Some(CancelReason::FailFast));
        assert!(cancel.deadline(), "a draining run can still be cancelled");
    }

    #[test]
    fn the_first_to_end_decides_a_race_however_it_ended() {
        for status in [Status::Ok, Status::Failed] {
            let mut cancel = Cancel::new(Some(HaltRule::race(HaltAfter::Jobs)));
            assert_eq!(cancel.job_ended(status, false), Some(CancelReason::Race));
            assert_eq!(cancel.job_ended(Status::Canceled, false), None);
        }
    }

    #[test]
    fn a_failure_does_not_decide_a_race_for_the_first_success() {
        let mut cancel = Cancel::new(Some(HaltRule::race(HaltAfter::Successes)));
        for status in [Status::Failed, Status::Timeout, Status::SpawnError] {
            assert_eq!(cancel.job_ended(status, false), None);
        }
        assert_eq!(
            cancel.job_ended(Status::Ok, false),
            Some(CancelReason::Race)
        );
    }

    #[test]
    fn an_interrupt_is_followed_by_sigterm_and_sigkill() {
        let second = Duration::from_secs(1);
        assert_eq!(
            steps(Signal::INT, second * 2),
            [
                (Duration::ZERO, Signal::INT),
                (second, Signal::TERM),
                (second * 2, Signal::KILL)
            ]
        );
        assert_eq!(steps(Signal::TERM, second).len(), 2);
        assert_eq!(
            steps(Signal::INT, Duration::ZERO),
            [(Duration::ZERO, Signal::KILL)]
        );
    }

    /// No rule, and every kind of rule.
    fn rules() -> Vec<Option<HaltRule>> {
        let mut rules = vec![None];
        for after in [HaltAfter::Failures, HaltAfter::Successes, HaltAfter::Jobs] {
            for (limit, mode) in [(1, HaltMode::Now), (2, HaltMode::Now), (2, HaltMode::Soon)] {
                let limit = NonZeroU32::new(limit).unwrap();
                let rule = HaltRule::race(after);
                rules.push(Some(HaltRule {
                    limit,
                    mode,
                    ..rule
                }));
            }
        }
        rules
    }

    proptest! {
        #[test]
        fn the_cancellation_only_advances(
            events in prop::collection::vec((0u8..6, 0u64..1000), 0..30),
            halt in prop::sample::select(rules()),
        ) {
            let mut cancel = Cancel::new(halt);
            let rank = |cancel: &Cancel| match cancel.request() {
                Request::Run => 0,
                Request::Terminate { .. } => 1,
                Request::Kill { .. } => 2,
            };
            let mut now = Duration::ZERO;
            for (event, later) in events {
                let before = (rank(&cancel), cancel.may_start());
                now += Duration::from_millis(later);
                match event {
                    0 => drop(cancel.signal(Signal::INT, now)),
                    1 => drop(cancel.signal(Signal::TERM, now)),
                    2 => drop(cancel.job_ended(Status::Failed, false)),
                    3 => drop(cancel.job_ended(Status::Ok, false)),
                    4 => drop(cancel.deadline()),
                    _ => cancel.output_failed(),
                }
                prop_assert!(rank(&cancel) >= before.0);
                prop_assert!(!cancel.may_start() || before.1, "a cancelled run starts jobs");
            }
        }
    }
}
