//! Reports which jobs wait, and for what.

use std::sync::Arc;

use super::local::{LocalExecutor, Next};
use crate::event::{Awaited, Event, JobWait, NumberedJob, Waits};
use crate::run::context::RunContext;
use crate::run::start_limits::StartLimits;

impl LocalExecutor {
    /// Reports what waits, but not more often than people can read.
    pub(super) fn report_waits(&mut self, run: &mut RunContext) {
        if !self.has_graph && self.start_limits.is_none() {
            return;
        }
        let now = run.clock.now();
        if !self.waits_throttle.allows(now) {
            return;
        }
        let waits = self.waits();
        let has_waits = waits.jobs > 0 || waits.machine.is_some();
        // The same jobs may wait for fewer others.
        if has_waits || self.has_waits {
            self.waits_throttle.reported(now);
            self.has_waits = has_waits;
            run.announce(&Event::JobsWaited(Arc::new(waits)));
        }
    }

    /// Returns the jobs that wait, those for slots or a pool first.
    fn waits(&mut self) -> Waits {
        let machine = self.start_limits.as_mut().and_then(StartLimits::limit);
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
            machine,
        }
    }

    /// The names of the jobs that a job waits for.
    fn unsettled(&self, job: &NumberedJob) -> Vec<Arc<str>> {
        let needs = job.job.needs().iter();
        let unsettled = needs.filter(|need| !self.dependencies.is_satisfied(need.seq));
        unsettled.map(|need| Arc::clone(&need.name)).collect()
    }
}
