//! Reports which jobs wait, and for what.

use std::sync::Arc;
use std::time::Duration;

use super::runner::{Next, Runner};
use crate::event::{Awaited, Event, Flow, JobWait, NumberedJob, Waits};
use crate::run::policy::Moment;

/// How long a report stands at least before the next one.
const INTERVAL: Duration = Duration::from_millis(100);

/// What was reported, and when to look again.
#[derive(Default)]
pub(crate) struct WaitsReport {
    last: Option<Moment>,
    due: Option<Moment>,
    /// Whether the last report said that something waits.
    has_waits: bool,
}

impl WaitsReport {
    /// Returns when to look again, if something may have changed since.
    pub(super) fn due(&self) -> Option<Moment> {
        self.due
    }
}

impl<T: FnMut(&Event) -> Flow> Runner<T> {
    /// Reports what waits, but not more often than people can read.
    pub(super) fn report_waits(&mut self) {
        if !self.has_graph {
            return;
        }
        let now = self.clock.now();
        if let Some(next) = self.waits.last.map(|last| last + INTERVAL)
            && next > now
        {
            self.waits.due = Some(next);
            return;
        }
        self.waits.due = None;
        let waits = self.waits();
        let has_waits = waits.jobs > 0;
        // The same jobs may wait for fewer others.
        if has_waits || self.waits.has_waits {
            self.waits.last = Some(now);
            self.waits.has_waits = has_waits;
            self.announce(&Event::JobsWaited(Arc::new(waits)));
        }
    }

    /// Returns the jobs that wait, those for slots or a pool first.
    fn waits(&self) -> Waits {
        let most = self.schedule.most_slots();
        let of = |next: &Next, awaited| JobWait {
            job: Arc::clone(&next.job),
            awaited,
        };
        let claims = self.schedule.ready.waiting(most);
        let claims = claims.map(|(next, awaited)| of(next, awaited));
        let waiting = self.dependencies.waiting();
        let others = waiting.map(|next| of(next, Awaited::Jobs(self.unsettled(&next.job))));
        Waits {
            jobs: self.schedule.ready.waiting(most).count() + self.dependencies.count(),
            first: claims.chain(others).take(Waits::FIRST).collect(),
            machine: None,
        }
    }

    /// The names of the jobs that a job waits for.
    fn unsettled(&self, job: &NumberedJob) -> Vec<Arc<str>> {
        let needs = job.job.needs().iter();
        let unsettled = needs.filter(|need| !self.dependencies.is_satisfied(need.seq));
        unsettled.map(|need| Arc::clone(&need.name)).collect()
    }
}
