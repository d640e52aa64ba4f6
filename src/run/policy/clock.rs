//! The time of a run: it does not pass while prun is stopped.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::os::start_thread;

/// A point in the time of a run, from its start.
pub(crate) type Moment = Duration;

/// How often a clock that is watched is looked at.
const TICK: Duration = Duration::from_millis(100);

/// By how much a look may be late on a busy machine, without prun having been stopped.
const LATE: Duration = Duration::from_millis(200);

/// Tells the time of a run. All its timers go by this clock, so that Ctrl-Z pauses them.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    begun: Instant,
    /// Nanoseconds of all pauses so far that prun knew of.
    paused: AtomicU64,
    /// Those that it did not know of, once they matter.
    watch: OnceLock<Mutex<Watch>>,
}

impl Clock {
    /// The run begins now.
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

    /// From now on pauses that nobody announces count too: somebody stops prun by `SIGSTOP`, a
    /// debugger does, or the system freezes it. For runs with a time limit, as it wakes prun often.
    pub(crate) fn watch(&self) {
        if self.shared.watch.get().is_some() {
            return;
        }
        let shared = Arc::downgrade(&self.shared);
        let look_for_ever = move || {
            while let Some(shared) = shared.upgrade() {
                shared.now();
                drop(shared);
                std::thread::sleep(TICK);
            }
        };
        // Without the thread a wait of prun's own would look like a pause.
        if start_thread("prun-clock", look_for_ever).is_ok() {
            let watch = Watch::since(self.shared.begun.elapsed());
            let _ = self.shared.watch.set(Mutex::new(watch));
        }
    }

    /// How long the run has lasted, without its pauses.
    pub(crate) fn now(&self) -> Moment {
        self.shared.now()
    }

    /// The same moment by the system's clock, as far as there was no pause since.
    pub(crate) fn moment_of(&self, instant: Instant) -> Moment {
        let elapsed = self.shared.begun.elapsed();
        let paused = elapsed.saturating_sub(self.shared.now());
        instant
            .saturating_duration_since(self.shared.begun)
            .saturating_sub(paused)
    }

    /// Does what pauses prun, and returns when it goes on.
    pub(crate) fn pause(&self, stop: impl FnOnce()) {
        let watch = self.shared.watch();
        let begun = Instant::now();
        stop();
        let pause = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.shared.paused.fetch_add(pause, Ordering::Relaxed);
        if let Some(mut watch) = watch {
            // This pause is known.
            watch.last = self.shared.begun.elapsed();
        }
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
}

impl Shared {
    fn now(&self) -> Moment {
        let elapsed = self.begun.elapsed();
        let unknown = match self.watch() {
            Some(mut watch) => {
                watch.look(elapsed);
                watch.paused
            }
            None => Duration::ZERO,
        };
        let known = Duration::from_nanos(self.paused.load(Ordering::Relaxed));
        elapsed.saturating_sub(known + unknown)
    }

    /// A panic while the lock is held cannot leave the watch half changed, so poison is ignored.
    fn watch(&self) -> Option<MutexGuard<'_, Watch>> {
        let watch = self.watch.get()?;
        Some(watch.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Finds the pauses that nobody announced: nobody looked for longer than a machine is busy. Pure.
#[derive(Debug)]
struct Watch {
    /// When somebody looked last.
    last: Duration,
    /// All pauses that were found.
    paused: Duration,
}

impl Watch {
    fn since(now: Duration) -> Self {
        Self {
            last: now,
            paused: Duration::ZERO,
        }
    }

    /// Somebody looks: the ticking thread, or anybody who asks for the time, whoever is first.
    fn look(&mut self, now: Duration) {
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
    fn a_pause_is_no_time() {
        let clock = Clock::start();
        let pause = Duration::from_millis(50);
        clock.pause(|| std::thread::sleep(pause));
        let told = clock.now();
        assert!(told + pause <= clock.shared.begun.elapsed());
    }

    #[test]
    fn a_pause_that_is_known_is_not_found_once_more() {
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
            let (mut now, mut told) = (Duration::ZERO, Duration::ZERO);
            let mut expected = Duration::ZERO;
            for (step, display) in steps {
                let step = Duration::from_millis(step);
                now += step;
                if step > TICK + LATE {
                    expected += step - TICK;
                }
                // However many look at a time, a pause counts once.
                for _ in 0..display {
                    watch.look(now);
                }
                prop_assert_eq!(watch.paused, expected);
                prop_assert!(now - watch.paused >= told, "time runs back");
                told = now - watch.paused;
            }
        }
    }
}
