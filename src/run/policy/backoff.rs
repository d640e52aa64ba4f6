//! How long to wait before another attempt.

use std::time::Duration;

/// No delay grows beyond this one (a longer first delay stays as it is).
const LONGEST: Duration = Duration::from_secs(60);

/// The delay after the attempt number `attempt` (from 1): `first`, then twice as long each time.
pub(crate) fn delay(first: Duration, attempt: u32) -> Duration {
    let doublings = attempt.saturating_sub(1).min(31);
    let grown = first.saturating_mul(1_u32 << doublings);
    grown.min(LONGEST.max(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_doubles_up_to_a_minute() {
        let seconds = |n| delay(Duration::from_secs(8), n).as_secs();
        assert_eq!([1, 2, 3, 4, 5, 99].map(seconds), [8, 16, 32, 60, 60, 60]);
    }

    #[test]
    fn a_longer_delay_that_was_asked_for_stays() {
        assert_eq!(delay(Duration::from_secs(90), 3), Duration::from_secs(90));
    }
}
