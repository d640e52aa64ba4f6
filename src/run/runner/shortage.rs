//! Attempts that were not made: the system was out of something that each start needs, or the run ends.

use std::sync::Arc;

use super::runner::{Next, Runner};
use crate::event::{Attempt, Event, Flow, NumberedJob};
use crate::process::Shortage;
use crate::run::policy::Refusal;

impl<T: FnMut(&Event) -> Flow> Runner<T> {
    /// The system is out of something that an attempt needs: the job waits, and fewer run at once.
    pub(super) fn on_held_back(
        &mut self,
        job: Arc<NumberedJob>,
        attempt: Arc<Attempt>,
        shortage: Shortage,
    ) {
        let (now, reached) = (self.clock.now(), self.running.count());
        match self.schedule.refused(attempt.slot, now, reached) {
            Refusal::Final => self.on_ended(job, attempt),
            Refusal::Later { limit } => {
                if self.shortage.replace(shortage).is_none() {
                    let warning = format!(
                        "the system is out of {shortage}: running at most {limit} at once from now on"
                    );
                    self.announce(&Event::Warned(warning.into()));
                }
                let (seq, past) = (job.seq, self.pasts.take_back(job.seq));
                self.schedule.wait_until(now, seq, Next { job, past });
            }
        }
    }

    /// Says, once, that more might run at once if more files could be open.
    pub(super) fn report_limit(&mut self) {
        if !self.schedule.has_room()
            && let Some(warning) = self.limit_warning.take()
        {
            self.announce(&Event::Warned(warning.into()));
        }
    }

    /// Where not one process could be started, the run itself was wrong here.
    pub(super) fn report_if_nothing_began(&mut self) {
        if let Some(shortage) = self.shortage.filter(|_| self.schedule.cannot_begin()) {
            let nothing = format!("no job could be started: the system is out of {shortage}");
            self.announce(&Event::InputFailed(nothing.into()));
        }
    }

    /// The run ends, and the program was not executed by then: with all others that wait the job will
    /// be abandoned.
    pub(super) fn on_withdrawn(&mut self, job: Arc<NumberedJob>, slot: u32) {
        self.schedule.release(slot);
        let (now, seq) = (self.clock.now(), job.seq);
        let past = self.pasts.take_back(seq);
        self.schedule.wait_until(now, seq, Next { job, past });
    }
}
