//! When the system refuses another process: how many at once from then on, and when to try again.
//! Pure, without clock or process.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::clock::Moment;

/// The first pause; it doubles with each refusal, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// So long nothing may run because of refusals. Then nobody is left who could give back what is
/// missing: from there on each start that is refused has failed, without another wait.
const HELD_BACK_AT_MOST: Duration = Duration::from_secs(30);

/// What becomes of a start that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is tried again, with at most so many at once.
    Later { limit: NonZeroUsize },
    /// It has failed.
    Final,
}

/// Refusals since the last start.
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
    /// A start was refused while `running` processes ran.
    pub(crate) fn refused(&mut self, now: Moment, running: usize) -> Refusal {
        if running > 0 {
            self.idle_since = None;
        } else {
            let since = *self.idle_since.get_or_insert(now);
            if self.is_lasting || now.saturating_sub(since) >= HELD_BACK_AT_MOST {
                self.is_lasting = true;
                self.until = None;
                return Refusal::Final;
            }
        }
        // Refusals of starts that were made together are one.
        if self.until.is_none_or(|until| until <= now) {
            self.pause = (self.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
            self.until = Some(now + self.pause);
        }
        let limit = NonZeroUsize::new(running / 2).unwrap_or(NonZeroUsize::MIN);
        Refusal::Later { limit }
    }

    /// A process has ended and gave back what it had.
    pub(crate) fn relieved(&mut self) {
        self.until = None;
    }

    /// A process was started.
    pub(crate) fn started(&mut self) {
        *self = Self::default();
    }

    /// Whether nothing can be started, and nobody waits for better times.
    pub(crate) fn is_lasting(&self) -> bool {
        self.is_lasting
    }

    /// Until when nothing is to be started.
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
    fn half_of_what_was_reached_may_run() {
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
    fn an_end_makes_room_at_once() {
        let mut shortage = ResourceLimit::default();
        shortage.refused(NOW, 5);
        shortage.relieved();
        assert_eq!(shortage.until(), None);
    }

    #[test]
    fn only_when_nothing_runs_for_long_a_start_has_failed() {
        let mut shortage = ResourceLimit::default();
        assert_eq!(shortage.refused(NOW, 0), later(1));
        let late = NOW + HELD_BACK_AT_MOST;
        assert_eq!(shortage.refused(late - FIRST_PAUSE, 0), later(1));
        assert_eq!(shortage.refused(late, 1), later(1), "something runs");
        assert_eq!(shortage.refused(late * 2, 0), later(1));
        let lasting = late * 2 + HELD_BACK_AT_MOST;
        assert_eq!(shortage.refused(lasting, 0), Refusal::Final);
        assert!(shortage.is_lasting());
    }

    #[test]
    fn a_lasting_shortage_is_waited_for_once() {
        let mut shortage = ResourceLimit::default();
        assert_eq!(shortage.refused(NOW, 0), later(1));
        let late = NOW + HELD_BACK_AT_MOST;
        for _ in 0..100 {
            assert_eq!(shortage.refused(late, 0), Refusal::Final);
            assert_eq!(shortage.until(), None, "the next one fails at once");
        }
        // One that starts all the same lifts the verdict.
        shortage.started();
        assert!(!shortage.is_lasting());
        assert_eq!(shortage.refused(late, 0), later(1));
    }
}
