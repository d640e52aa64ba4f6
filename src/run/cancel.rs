//! Ending a run before its time: gently, then firmly. Pure, without clock or process.

use std::time::{Duration, Instant};

use crate::event::CancelReason;
use crate::process::Signal;

/// The same signal within this time is one signal: a terminal and a parent often both send it.
const SAME_SIGNAL: Duration = Duration::from_millis(150);

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

/// How far the end of the run has come.
#[derive(Debug)]
pub(crate) struct Cancel {
    request: Request,
    last_signal: Option<(Signal, Instant)>,
}

impl Cancel {
    /// Nothing is to be ended.
    pub(crate) fn new() -> Self {
        Self {
            request: Request::Run,
            last_signal: None,
        }
    }

    /// Whether jobs may start.
    pub(crate) fn is_running(&self) -> bool {
        self.request == Request::Run
    }

    /// What the attempts are asked to do now.
    pub(crate) fn request(&self) -> Request {
        self.request
    }

    /// prun got `signal`: the first ends the jobs by the same signal, a second kills. The answer
    /// is what is new; none for an echo.
    pub(crate) fn signal(&mut self, signal: Signal, now: Instant) -> Option<Request> {
        let echo = self.last_signal.is_some_and(|(last, at)| {
            last == signal && now.saturating_duration_since(at) < SAME_SIGNAL
        });
        if echo {
            return None;
        }
        let first = self.last_signal.replace((signal, now)).is_none();
        let reason = Some(CancelReason::Signal);
        self.advance(if first {
            Request::Stop { signal, reason }
        } else {
            Request::Kill { reason }
        })
    }

    /// Nobody can be told any more: what runs is ended.
    pub(crate) fn output_failed(&mut self) -> Option<Request> {
        self.advance(Request::Stop {
            signal: Signal::TERM,
            reason: None,
        })
    }

    /// Goes further, never back.
    fn advance(&mut self, to: Request) -> Option<Request> {
        let further = match (self.request, to) {
            (_, Request::Run) | (Request::Kill { .. }, _) => false,
            (Request::Stop { .. }, Request::Stop { .. }) => false,
            (Request::Run, _) | (Request::Stop { .. }, Request::Kill { .. }) => true,
        };
        further.then(|| {
            self.request = to;
            to
        })
    }
}

/// Which signals a process group gets when it must end, and how long after the first.
///
/// A signal of prun's own is passed on as itself; `SIGTERM` follows after half the grace, because
/// shells let their background children ignore `SIGINT`. `SIGKILL` ends the grace.
pub(crate) fn steps(first: Signal, grace: Duration) -> Vec<(Duration, Signal)> {
    if grace.is_zero() {
        return vec![(grace, Signal::KILL)];
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

    #[test]
    fn a_second_signal_kills() {
        let mut cancel = Cancel::new();
        let now = Instant::now();
        let reason = Some(CancelReason::Signal);
        let stop = Request::Stop {
            signal: Signal::INT,
            reason,
        };
        assert_eq!(cancel.signal(Signal::INT, now), Some(stop));
        assert!(!cancel.is_running());
        let kill = cancel.signal(Signal::TERM, now);
        assert_eq!(kill, Some(Request::Kill { reason }));
    }

    #[test]
    fn the_same_signal_at_once_is_one_signal() {
        let mut cancel = Cancel::new();
        let now = Instant::now();
        cancel.signal(Signal::INT, now);
        assert_eq!(cancel.signal(Signal::INT, now + SAME_SIGNAL / 2), None);
        assert!(cancel.signal(Signal::INT, now + SAME_SIGNAL * 2).is_some());
    }

    #[test]
    fn a_signal_after_lost_output_is_still_a_first_one() {
        let mut cancel = Cancel::new();
        assert!(cancel.output_failed().is_some());
        assert_eq!(cancel.signal(Signal::INT, Instant::now()), None);
        assert!(matches!(cancel.request(), Request::Stop { .. }));
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
}
