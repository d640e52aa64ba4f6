//! How often something is reported that changes often. Pure.

use std::time::Duration;

use super::clock::Moment;

/// How long a report stands at least before the next one.
const INTERVAL: Duration = Duration::from_millis(100);

/// When a report was made, and when the next one may be.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    last: Option<Moment>,
    due: Option<Moment>,
}

impl Throttle {
    /// Whether a report may be made now; if not, one is due later.
    pub(crate) fn allows(&mut self, now: Moment) -> bool {
        let next = self.last.map(|last| last + INTERVAL);
        self.due = next.filter(|next| *next > now);
        self.due.is_none()
    }

    /// Records a report.
    pub(crate) fn reported(&mut self, now: Moment) {
        self.last = Some(now);
    }

    /// Returns when a report is due, if one was not allowed.
    pub(crate) fn due(&self) -> Option<Moment> {
        self.due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_that_comes_too_early_is_due_later() {
        let mut throttle = Throttle::default();
        let now = Moment::ZERO;
        assert!(throttle.allows(now));
        throttle.reported(now);
        let soon = now + INTERVAL / 2;
        assert!(!throttle.allows(soon));
        assert_eq!(throttle.due(), Some(now + INTERVAL));
        assert!(throttle.allows(now + INTERVAL));
        assert_eq!(throttle.due(), None);
    }
}
