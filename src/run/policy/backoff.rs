//! The delay before another attempt.

use std::time::Duration;

/// The longest delay, unless the first one is longer.
const MAX_DELAY: Duration = Duration::from_secs(60);

/// Returns the delay after attempt number `attempt` (from 1): `first`, doubled each time.
pub(crate) fn delay(first: Duration, attempt: u32) -> Duration {
    let doublings = attempt.saturating_sub(1).min(31);
    let grown = first.saturating_mul(1_u32 << doublings);
    grown.min(MAX_DELAY.max(first))
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
    fn a_longer_first_delay_is_kept() {
        assert_eq!(delay(Duration::from_secs(90), 3), Duration::from_secs(90));
    }
}
