//! The time of a run: it does not pass while prun is stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A point in the time of a run, from its start.
pub(crate) type Moment = Duration;

/// Tells the time of a run. All its timers go by this clock, so that Ctrl-Z pauses them.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    begun: Instant,
    /// Nanoseconds of all pauses so far.
    paused: Arc<AtomicU64>,
}

impl Clock {
    /// The run begins now.
    pub(crate) fn start() -> Self {
        Self {
            begun: Instant::now(),
            paused: Arc::default(),
        }
    }

    /// How long the run has lasted, without its pauses.
    pub(crate) fn now(&self) -> Moment {
        self.begun.elapsed().saturating_sub(self.paused())
    }

    /// The same moment by the system's clock, as far as there was no pause since.
    pub(crate) fn moment_of(&self, instant: Instant) -> Moment {
        instant
            .saturating_duration_since(self.begun)
            .saturating_sub(self.paused())
    }

    /// Adds a pause that has just ended.
    pub(crate) fn add_pause(&self, pause: Duration) {
        let nanoseconds = u64::try_from(pause.as_nanos()).unwrap_or(u64::MAX);
        self.paused.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    /// Waits until `moment`. A pause meanwhile makes the wait longer. Cancel-safe.
    pub(crate) async fn sleep_until(&self, moment: Moment) {
        loop {
            let left = moment.saturating_sub(self.now());
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left).await;
        }
    }

    /// Waits until `moment`, or for ever. Cancel-safe.
    pub(crate) async fn sleep_until_some(&self, moment: Option<Moment>) {
        match moment {
            Some(moment) => self.sleep_until(moment).await,
            None => std::future::pending().await,
        }
    }

    fn paused(&self) -> Duration {
        Duration::from_nanos(self.paused.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_no_time() {
        let clock = Clock::start();
        clock.add_pause(Duration::from_secs(3600));
        assert_eq!(clock.now(), Duration::ZERO);
    }
}
