//! Ending a run before its time: gently, then firmly. Pure, without clock or process.

use std::num::NonZeroU32;
use std::time::Duration;

use super::clock::Moment;
use crate::event::{CancelReason, Status};
use crate::process::Signal;
use crate::run::signals::STOP_SIGNALS;

/// The same signal within this time is one signal: a terminal and a parent often both send it.
const SAME_SIGNAL: Duration = Duration::from_millis(150);

/// How long the last words may take at the least, once prun is told to stop.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What ends a run before its time, besides signals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Policy {
    /// After so many failed jobs, and how.
    pub(crate) fail_fast: Option<(NonZeroU32, FailFast)>,
    /// Whether the first job to end decides.
    pub(crate) race: bool,
}

/// How a run ends after failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FailFast {
    /// What runs is ended.
    Now,
    /// What runs may end by itself.
    Soon,
}

/// What the running attempts are asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// Go on.
    Run,
    /// End: begin with this signal, and see `steps`.
    Stop {
        signal: Signal,
        reason: Option<CancelReason>,
    },
    /// End at once.
    Kill { reason: Option<CancelReason> },
}

impl Request {
    /// Why, if the answer is that the attempt must end.
    pub(crate) fn reason(self) -> Option<CancelReason> {
        match self {
            Self::Run => None,
            Self::Stop { reason, .. } | Self::Kill { reason } => reason,
        }
    }
}

/// Which of prun's signals this one was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escalation {
    /// The one before, once more.
    Echo,
    /// The jobs are ended gently.
    First,
    /// The jobs are killed.
    Second,
    /// prun leaves at once.
    Third,
}

/// How far the end of the run has come. It goes further, never back.
#[derive(Debug)]
pub(crate) struct Cancel {
    policy: Policy,
    failures: u32,
    /// Why nothing new starts, while what runs goes on.
    draining: Option<CancelReason>,
    request: Request,
    signals: u32,
    last_signal: Option<(Signal, Moment)>,
}

impl Cancel {
    /// Nothing is to be ended yet.
    pub(crate) fn new(policy: Policy) -> Self {
        Self {
            policy,
            failures: 0,
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

    /// Whether what runs is asked to end.
    pub(crate) fn is_ending(&self) -> bool {
        self.request != Request::Run
    }

    /// How long a reader who does not read may keep prun that was told to stop; else for ever. The
    /// jobs have their grace before that.
    pub(crate) fn patience(&self, grace: Duration) -> Option<Duration> {
        match self.signals {
            0 => None,
            1 => Some(grace.max(LAST_WORDS)),
            _ => Some(LAST_WORDS),
        }
    }

    /// Whether prun was told three times to stop, and waits for nobody.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.signals > 2
    }

    /// What the attempts are asked to do now.
    pub(crate) fn request(&self) -> Request {
        self.request
    }

    /// Why a job that never started is skipped.
    pub(crate) fn reason(&self) -> Option<CancelReason> {
        self.request.reason().or(self.draining)
    }

    /// prun got `signal`.
    pub(crate) fn signal(&mut self, signal: Signal, now: Moment) -> Escalation {
        let echo = self
            .last_signal
            .is_some_and(|(last, at)| last == signal && now.saturating_sub(at) < SAME_SIGNAL);
        if echo {
            return Escalation::Echo;
        }
        self.last_signal = Some((signal, now));
        self.signals += 1;
        let reason = Some(CancelReason::Signal);
        match self.signals {
            1 => {
                // The others mean something to each program, or to prun alone.
                let passed_on = STOP_SIGNALS.contains(&signal);
                let signal = if passed_on { signal } else { Signal::TERM };
                self.advance(Request::Stop { signal, reason });
                Escalation::First
            }
            2 => {
                self.advance(Request::Kill { reason });
                Escalation::Second
            }
            _ => Escalation::Third,
        }
    }

    /// A job has its ending. The answer is why the run ends by it, if it does.
    pub(crate) fn job_ended(&mut self, status: Status) -> Option<CancelReason> {
        if !self.may_start() {
            return None;
        }
        if self.policy.race {
            return self.stop(CancelReason::Race);
        }
        if status == Status::Ok {
            return None;
        }
        self.failures += 1;
        match self.policy.fail_fast {
            Some((most, FailFast::Now)) if self.failures >= most.get() => {
                self.stop(CancelReason::FailFast)
            }
            Some((most, FailFast::Soon)) if self.failures >= most.get() => {
                self.draining = Some(CancelReason::FailFast);
                self.draining
            }
            _ => None,
        }
    }

    /// The time for the whole run is over. The answer is whether that is news.
    pub(crate) fn deadline(&mut self) -> bool {
        self.stop(CancelReason::Deadline).is_some()
    }

    /// Nobody can be told any more: what runs is ended.
    pub(crate) fn output_failed(&mut self) {
        self.advance(Request::Stop {
            signal: Signal::TERM,
            reason: None,
        });
    }

    fn stop(&mut self, reason: CancelReason) -> Option<CancelReason> {
        let stop = Request::Stop {
            signal: Signal::TERM,
            reason: Some(reason),
        };
        self.advance(stop).then_some(reason)
    }

    fn advance(&mut self, to: Request) -> bool {
        let further = match (self.request, to) {
            (_, Request::Run) | (Request::Kill { .. }, _) => false,
            (Request::Stop { .. }, Request::Stop { .. }) => false,
            (Request::Run, _) | (Request::Stop { .. }, Request::Kill { .. }) => true,
        };
        if further {
            self.request = to;
        }
        further
    }
}

/// Which signals a process group gets when it must end, and how long after the first.
///
/// A signal of prun's own is passed on as itself; `SIGTERM` follows after half the grace, because
/// shells let their background children ignore `SIGINT`. `SIGKILL` ends the grace.
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
    use super::*;
    use proptest::prelude::*;

    const NOW: Moment = Duration::from_secs(1);

    fn fail_fast(most: u32, how: FailFast) -> Cancel {
        let most = NonZeroU32::new(most).unwrap();
        Cancel::new(Policy {
            fail_fast: Some((most, how)),
            race: false,
        })
    }

    #[test]
    fn a_second_signal_kills_and_a_third_leaves() {
        let mut cancel = Cancel::new(Policy::default());
        let reason = Some(CancelReason::Signal);
        assert_eq!(cancel.signal(Signal::INT, NOW), Escalation::First);
        assert_eq!(
            cancel.request(),
            Request::Stop {
                signal: Signal::INT,
                reason
            }
        );
        assert!(!cancel.may_start());
        assert_eq!(cancel.signal(Signal::TERM, NOW), Escalation::Second);
        assert_eq!(cancel.request(), Request::Kill { reason });
        assert_eq!(cancel.signal(Signal::INT, NOW), Escalation::Third);
    }

    #[test]
    fn the_same_signal_at_once_is_one_signal() {
        let mut cancel = Cancel::new(Policy::default());
        cancel.signal(Signal::INT, NOW);
        assert_eq!(
            cancel.signal(Signal::INT, NOW + SAME_SIGNAL / 2),
            Escalation::Echo
        );
        assert_eq!(
            cancel.signal(Signal::INT, NOW + SAME_SIGNAL * 2),
            Escalation::Second
        );
    }

    #[test]
    fn a_signal_after_another_cause_is_still_a_first_one() {
        let mut cancel = fail_fast(1, FailFast::Now);
        assert_eq!(
            cancel.job_ended(Status::Failed),
            Some(CancelReason::FailFast)
        );
        assert_eq!(cancel.signal(Signal::INT, NOW), Escalation::First);
        assert!(matches!(
            cancel.request(),
            Request::Stop {
                signal: Signal::TERM,
                ..
            }
        ));
        assert_eq!(cancel.signal(Signal::INT, NOW * 2), Escalation::Second);
    }

    #[test]
    fn so_many_failures_end_the_run_and_successes_do_not_count() {
        let mut cancel = fail_fast(2, FailFast::Now);
        for status in [Status::Ok, Status::Timeout, Status::Ok] {
            assert_eq!(cancel.job_ended(status), None);
        }
        assert_eq!(
            cancel.job_ended(Status::SpawnError),
            Some(CancelReason::FailFast)
        );
        assert_eq!(cancel.job_ended(Status::Canceled), None);
    }

    #[test]
    fn soon_starts_nothing_new_and_lets_run_what_runs() {
        let mut cancel = fail_fast(1, FailFast::Soon);
        assert_eq!(
            cancel.job_ended(Status::Signaled),
            Some(CancelReason::FailFast)
        );
        assert_eq!(cancel.request(), Request::Run);
        assert!(!cancel.may_start());
        assert_eq!(cancel.reason(), Some(CancelReason::FailFast));
        assert!(cancel.deadline(), "what drains can still be ended");
    }

    #[test]
    fn the_first_to_end_decides_a_race_however_it_ended() {
        for status in [Status::Ok, Status::Failed] {
            let mut cancel = Cancel::new(Policy {
                fail_fast: None,
                race: true,
            });
            assert_eq!(cancel.job_ended(status), Some(CancelReason::Race));
            assert_eq!(cancel.job_ended(Status::Canceled), None);
        }
    }

    #[test]
    fn an_interrupt_becomes_a_termination_and_then_a_kill() {
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

    proptest! {
        #[test]
        fn whatever_happens_the_end_goes_further_and_never_back(
            happenings in prop::collection::vec((0u8..6, 0u64..1000), 0..30),
            race: bool,
        ) {
            let most = NonZeroU32::new(2).unwrap();
            let policy = Policy { fail_fast: Some((most, FailFast::Now)), race };
            let mut cancel = Cancel::new(policy);
            let rank = |cancel: &Cancel| match cancel.request() {
                Request::Run => 0,
                Request::Stop { .. } => 1,
                Request::Kill { .. } => 2,
            };
            let mut now = Duration::ZERO;
            for (what, later) in happenings {
                let before = (rank(&cancel), cancel.may_start());
                now += Duration::from_millis(later);
                match what {
                    0 => drop(cancel.signal(Signal::INT, now)),
                    1 => drop(cancel.signal(Signal::TERM, now)),
                    2 => drop(cancel.job_ended(Status::Failed)),
                    3 => drop(cancel.job_ended(Status::Ok)),
                    4 => drop(cancel.deadline()),
                    _ => cancel.output_failed(),
                }
                prop_assert!(rank(&cancel) >= before.0);
                prop_assert!(!cancel.may_start() || before.1, "a stopped run starts again");
            }
        }
    }
}
