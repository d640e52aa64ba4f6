//! What is left to do: jobs that wait for another attempt, and blocks that no job has asked for.

use super::runner::{Next, Runner};
use crate::event::{Event, Flow, Status};

impl<T: FnMut(&Event) -> Flow> Runner<T> {
    /// Starts the jobs that have waited long enough.
    pub(super) fn start_due(&mut self) {
        while !self.backpressure.is_full()
            && self.suspending.is_none()
            && self.schedule.has_free_slot()
        {
            let now = self.clock.now();
            if self.schedule.paused_until(now).is_some() {
                break;
            }
            let Some(next) = self.schedule.take_due(now) else {
                break;
            };
            self.start(next);
        }
    }

    /// Ends the waiting jobs with the result of their last attempt, if they had one.
    pub(super) fn end_waiting(&mut self) {
        let waiting: Vec<_> = self.schedule.take_waiting().collect();
        for Next { job, earlier } in waiting {
            match earlier {
                Some(earlier) => self.end_after(job, earlier),
                None => self.end(job, Status::Skipped, self.cancel.reason(), None, None),
            }
        }
    }

    /// Reports blocks that no job has asked for, because all have ended.
    pub(super) async fn report_unread_blocks(&mut self) {
        if let Some(blocks) = &self.options.shared_blocks
            && !self.cancel.is_ending()
            && blocks.are_left().await
        {
            let warning = "the input was not read to its end: all jobs that share it have ended";
            self.announce(&Event::Warned(warning.into()));
        }
    }
}
