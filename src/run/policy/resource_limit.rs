//! What to do when the system refuses another process: how many to run at once, and when to try again.
//! Pure, without clock or process.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::clock::Moment;

/// The first pause; it doubles with each refusal, up to `MAX_PAUSE`.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const MAX_PAUSE: Duration = Duration::from_secs(1);

/// How long nothing may run because of refusals. Then no job of ours will free resources: from there on
/// each refused start has failed, without another wait.
const MAX_IDLE: Duration = Duration::from_secs(30);

/// What to do with a start that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Try again, with at most `limit` at once.
    Later { limit: NonZeroUsize },
    /// It has failed.
    Final,
}

/// The refusals since the last start.
#[derive(Debug, Default)]
pub(crate) struct ResourceLimit {
    /// The last pause.
    pause: Duration,
    until: Option<Moment>,
    /// Since when nothing runs.
    idle_since: Option<Moment>,
    /// Whether that was too long.
    is_lasting: bool,
}

impl ResourceLimit {
    /// Handles a start that was refused while `running` processes ran.
    pub(crate) fn refused(&mut self, now: Moment, running: usize) -> Refusal {
        if running > 0 {
            self.idle_since = None;
        } else {
            let since = *self.idle_since.get_or_insert(now);
            if self.is_lasting || now.saturating_sub(since) >= MAX_IDLE {
                self.is_lasting = true;
                self.until = None;
                return Refusal::Final;
            }
        }
        // Refusals of simultaneous starts count as one.
        if self.until.is_none_or(|until| until <= now) {
            self.pause = (self.pause * 2).clamp(FIRST_PAUSE, MAX_PAUSE);
            self.until = Some(now + self.pause);
        }
        let limit = NonZeroUsize::new(running / 2).unwrap_or(NonZeroUsize::MIN);
        Refusal::Later { limit }
    }

    /// Handles the end of a process, which has freed its resources.
    pub(crate) fn relieved(&mut self) {
        self.until = None;
    }

    /// Handles a start that succeeded.
    pub(crate) fn started(&mut self) {
        *self = Self::default();
    }

    /// Whether nothing can be started, so that there are no more waits.
    pub(crate) fn is_lasting(&self) -> bool {
        self.is_lasting
    }

    /// Returns until when nothing is to be started.
    pub(crate) fn until(&self) -> Option<Moment> {
        self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Duration::from_secs(1);

    fn later(limit: usize) -> Refusal {
        let limit = NonZeroUsize::new(limit).unwrap();
        Refusal::Later { limit }
    }

    #[test]
    fn half_of_the_running_processes_may_run() {
        assert_eq!(ResourceLimit::default().refused(NOW, 30), later(15));
        assert_eq!(ResourceLimit::default().refused(NOW, 1), later(1));
        assert_eq!(ResourceLimit::default().refused(NOW, 0), later(1));
    }

    #[test]
    fn pauses_double_up_to_a_second() {
        let mut shortage = ResourceLimit::default();
        let mut now = NOW;
        for expected in [10, 20, 40, 80, 160, 320, 640, 1000, 1000] {
            shortage.refused(now, 1);
            let until = shortage.until().unwrap();
            assert_eq!(until - now, Duration::from_millis(expected));
            assert_eq!(shortage.refused(now, 1), later(1), "made together");
            assert_eq!(shortage.until(), Some(until));
            now = until;
        }
        shortage.started();
        shortage.refused(now, 1);
        assert_eq!(shortage.until(), Some(now + FIRST_PAUSE));
    }

    #[test]
    fn an_end_cancels_the_pause() {
        let mut shortage = ResourceLimit::default();
        shortage.refused(NOW, 5);
        shortage.relieved();
        assert_eq!(shortage.until(), None);
    }

    #[test]
    fn a_start_fails_only_when_nothing_runs_for_long() {
        let mut shortage = ResourceLimit::default();
        assert_eq!(shortage.refused(NOW, 0), later(1));
        let late = NOW + MAX_IDLE;
        assert_eq!(shortage.refused(late - FIRST_PAUSE, 0), later(1));
        assert_eq!(shortage.refused(late, 1), later(1), "something runs");
        assert_eq!(shortage.refused(late * 2, 0), later(1));
        let lasting = late * 2 + MAX_IDLE;
        assert_eq!(shortage.refused(lasting, 0), Refusal::Final);
        assert!(shortage.is_lasting());
    }

    #[test]
    fn a_lasting_shortage_is_waited_for_once() {
        let mut shortage = ResourceLimit::default();
        assert_eq!(shortage.refused(NOW, 0), later(1));
        let late = NOW + MAX_IDLE;
        for _ in 0..100 {
            assert_eq!(shortage.refused(late, 0), Refusal::Final);
            assert_eq!(shortage.until(), None, "the next one fails at once");
        }
        // A start that succeeds resets it.
        shortage.started();
        assert!(!shortage.is_lasting());
        assert_eq!(shortage.refused(late, 0), later(1));
    }
}
