//! The clock of a run, which does not advance while prun is stopped.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::os::start_thread;

/// A point in time, since the start of the run.
pub(crate) type Moment = Duration;

/// How often a watched clock is checked.
const TICK: Duration = Duration::from_millis(100);

/// How late a check may be on a busy machine, without prun having been stopped.
const LATE: Duration = Duration::from_millis(200);

/// The clock of a run. All timers use it, so that Ctrl-Z pauses them.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    begun: Instant,
    /// The announced pauses so far, in nanoseconds.
    paused: AtomicU64,
    /// The other pauses, once they matter.
    watch: OnceLock<Mutex<Watch>>,
}

impl Clock {
    /// Starts the clock.
    pub(crate) fn start() -> Self {
        let shared = Shared {
            begun: Instant::now(),
            paused: AtomicU64::new(0),
            watch: OnceLock::new(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// From now on detects pauses that are not announced too: `SIGSTOP`, a debugger, or a system that
    /// freezes prun. Only for runs with a time limit, as it wakes prun often.
    pub(crate) fn watch(&self) {
        if self.shared.watch.get().is_some() {
            return;
        }
        let shared = Arc::downgrade(&self.shared);
        let check_forever = move || {
            while let Some(shared) = shared.upgrade() {
                shared.now();
                drop(shared);
                std::thread::sleep(TICK);
            }
        };
        // Without the thread a wait of prun would look like a pause.
        if start_thread("prun-clock", check_forever).is_ok() {
            let watch = Watch::since(self.shared.begun.elapsed());
            let _ = self.shared.watch.set(Mutex::new(watch));
        }
    }

    /// Returns how long the run has lasted, without its pauses.
    pub(crate) fn now(&self) -> Moment {
        self.shared.now()
    }

    /// Converts an instant; exact if there was no pause since.
    pub(crate) fn moment_of(&self, instant: Instant) -> Moment {
        let elapsed = self.shared.begun.elapsed();
        let paused = elapsed.saturating_sub(self.shared.now());
        instant
            .saturating_duration_since(self.shared.begun)
            .saturating_sub(paused)
    }

    /// Calls `stop`, which stops prun, and excludes the time until it returns.
    pub(crate) fn pause(&self, stop: impl FnOnce()) {
        let watch = self.shared.watch();
        let begun = Instant::now();
        stop();
        let pause = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.shared.paused.fetch_add(pause, Ordering::Relaxed);
        if let Some(mut watch) = watch {
            // This pause was announced.
            watch.last = self.shared.begun.elapsed();
        }
    }

    /// Waits until `moment`. Pauses extend the wait. Cancel-safe.
    pub(crate) async fn sleep_until(&self, moment: Moment) {
        loop {
            let left = moment.saturating_sub(self.now());
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left).await;
        }
    }

    /// Waits until `moment`, or forever if `None`. Cancel-safe.
    pub(crate) async fn sleep_until_some(&self, moment: Option<Moment>) {
        match moment {
            Some(moment) => self.sleep_until(moment).await,
            None => std::future::pending().await,
        }
    }
}

impl Shared {
    fn now(&self) -> Moment {
        let elapsed = self.begun.elapsed();
        let unknown = match self.watch() {
            Some(mut watch) => {
                watch.check(elapsed);
                watch.paused
            }
            None => Duration::ZERO,
        };
        let known = Duration::from_nanos(self.paused.load(Ordering::Relaxed));
        elapsed.saturating_sub(known + unknown)
    }

    /// A panic while the lock is held cannot leave the watch inconsistent, so poison is ignored.
    fn watch(&self) -> Option<MutexGuard<'_, Watch>> {
        let watch = self.watch.get()?;
        Some(watch.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Detects pauses that were not announced: no check for longer than a busy machine explains. Pure.
#[derive(Debug)]
struct Watch {
    /// When it was checked last.
    last: Duration,
    /// The sum of the detected pauses.
    paused: Duration,
}

impl Watch {
    fn since(now: Duration) -> Self {
        Self {
            last: now,
            paused: Duration::ZERO,
        }
    }

    /// Checks for a pause: called by the ticking thread, and whenever the time is read.
    fn check(&mut self, now: Duration) {
        let gap = now.saturating_sub(self.last);
        if gap > TICK + LATE {
            self.paused += gap - TICK;
        }
        self.last = self.last.max(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_pause_does_not_count() {
        let clock = Clock::start();
        let pause = Duration::from_millis(50);
        clock.pause(|| std::thread::sleep(pause));
        let now = clock.now();
        assert!(now + pause <= clock.shared.begun.elapsed());
    }

    #[test]
    fn an_announced_pause_is_not_detected_again() {
        let clock = Clock::start();
        clock.watch();
        clock.pause(|| std::thread::sleep(TICK + LATE + TICK));
        clock.now();
        let watch = clock.shared.watch().expect("it is watched");
        assert_eq!(watch.paused, Duration::ZERO);
    }

    proptest! {
        #[test]
        fn a_gap_is_a_pause_and_only_a_gap(
            steps in prop::collection::vec((0u64..2000, 1usize..4), 0..50),
        ) {
            let mut watch = Watch::since(Duration::ZERO);
            let (mut now, mut last) = (Duration::ZERO, Duration::ZERO);
            let mut expected = Duration::ZERO;
            for (step, checks) in steps {
                let step = Duration::from_millis(step);
                now += step;
                if step > TICK + LATE {
                    expected += step - TICK;
                }
                // However many checks there are at a time, a pause counts once.
                for _ in 0..checks {
                    watch.check(now);
                }
                prop_assert_eq!(watch.paused, expected);
                prop_assert!(now - watch.paused >= last, "time runs backwards");
                last = now - watch.paused;
            }
        }
    }
}
