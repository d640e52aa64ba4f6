//! What waits while the sinks are full.

use tokio::sync::OwnedSemaphorePermit;

use crate::event::WhenReady;
use crate::run::policy::Moment;

/// Whether the sinks are full: then nothing new is started, and no more output is taken.
#[derive(Default)]
pub(crate) struct Backpressure {
    /// Resolves when the sinks are ready, and since when they are full.
    full: Option<(WhenReady, Moment)>,
    /// Those of output that came meanwhile.
    permits: Vec<OwnedSemaphorePermit>,
}

impl Backpressure {
    /// The sinks are full from now on, or still.
    pub(crate) fn set(&mut self, when_ready: WhenReady, now: Moment) {
        let since = self.since().unwrap_or(now);
        self.full = Some((when_ready, since));
    }

    /// Whether the sinks are full.
    pub(crate) fn is_full(&self) -> bool {
        self.full.is_some()
    }

    /// Since when they are, if they are full.
    pub(crate) fn since(&self) -> Option<Moment> {
        self.full.as_ref().map(|(_, since)| *since)
    }

    /// Keeps a permit until the sinks are ready, or gives it back.
    pub(crate) fn hold(&mut self, permit: OwnedSemaphorePermit) {
        if self.is_full() {
            self.permits.push(permit);
        }
    }

    /// Waits until the sinks are ready again; for ever if they are not full. Cancel-safe.
    pub(crate) async fn relieved(&mut self) {
        match &mut self.full {
            Some((when_ready, _)) => when_ready.await,
            None => std::future::pending().await,
        }
        self.full = None;
        self.permits.clear();
    }
}
