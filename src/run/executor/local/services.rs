//! Services: started when they are needed, ended when all other jobs have ended.

use std::sync::Arc;

use super::local::{LocalExecutor, Next};
use crate::event::{Attempt, CancelReason, FailedNeed, NumberedJob, Outcome, Status};
use crate::process::Signal;
use crate::run::context::RunContext;
use crate::run::policy::Request;

impl LocalExecutor {
    /// Starts a service, which takes no slot from the jobs.
    pub(super) fn start_service(&mut self, next: Next, run: &mut RunContext) {
        if let Some(why) = self.failed_need(&next.job) {
            return self.give_up(next, why, run);
        }
        // It has a time limit until it is ready.
        run.clock.watch();
        let [slot, question_slot] = self.schedule.take_service_slots();
        self.start_in(slot, question_slot, next, run);
    }

    /// Handles the start of a service, which is ready if it is not asked. The jobs after it do not wait for
    /// its end to be reported.
    pub(super) fn on_service_started(&mut self, seq: u64, is_asked: bool, run: &mut RunContext) {
        if !is_asked {
            self.on_ready(seq, run);
        }
        run.pass_turn(seq);
    }

    /// Handles a service that is ready.
    pub(super) fn on_ready(&mut self, seq: u64, run: &mut RunContext) {
        self.own_requests.ready(seq);
        let released = self.dependencies.satisfy(seq);
        self.release(released, run);
    }

    /// Handles the end of a service: if it was too early, the jobs that need it are ended with it.
    pub(super) fn on_service_ended(
        &mut self,
        job: &NumberedJob,
        mut attempt: Arc<Attempt>,
        run: &mut RunContext,
    ) -> Arc<Attempt> {
        let outcome = match &attempt.outcome {
            Outcome::Exited(exit) | Outcome::Canceled { exit, .. }
                if self.has_ended_all(run) && !run.cancel.is_ending() =>
            {
                Some(Outcome::EndedWithRun { exit: *exit })
            }
            Outcome::Exited(exit) => Some(Outcome::EndedEarly { exit: *exit }),
            _ => None,
        };
        if let Some(outcome) = outcome {
            Arc::make_mut(&mut attempt).outcome = outcome;
        }
        if attempt.status() != Status::Ok && !run.cancel.is_ending() {
            let request = Request::Terminate {
                signal: Signal::TERM,
                reason: Some(CancelReason::Needs),
            };
            self.own_requests.send_to_users(job.seq, request);
        }
        attempt
    }

    /// Whether all jobs but services have ended.
    pub(super) fn has_ended_all(&self, run: &RunContext) -> bool {
        run.exhausted && self.schedule.is_idle() && self.dependencies.is_idle()
    }

    /// Ends the services once all other jobs have ended. Returns whether any is running.
    pub(super) fn end_services(&mut self, run: &mut RunContext) -> bool {
        // Some were never needed: the jobs that need them were done before, or have failed.
        let unneeded: Vec<_> = self.dependencies.take_all().collect();
        for (service, failed_need) in unneeded {
            self.end_unneeded(service.job, failed_need, run);
        }
        self.own_requests.end_services()
    }

    /// Ends a service that was never started.
    pub(super) fn end_unneeded(
        &mut self,
        job: Arc<NumberedJob>,
        failed_need: Option<Arc<FailedNeed>>,
        run: &mut RunContext,
    ) {
        match failed_need {
            Some(need) => self.skip(job, need, run),
            None => {
                self.end(
                    job,
                    Status::Ok,
                    Some(CancelReason::Resumed),
                    None,
                    None,
                    run,
                );
            }
        }
    }

    /// Skips jobs that wait for others that will never end: a file was changed while it was read.
    pub(super) fn skip_stranded(&mut self, run: &mut RunContext) {
        let is_stranded = run.exhausted
            && self.schedule.is_idle()
            && !self.dependencies.is_idle()
            && !self.own_requests.has_starting_service();
        if !is_stranded {
            return;
        }
        let stranded: Vec<_> = self.dependencies.take_all().collect();
        for (next, failed_need) in stranded {
            let mut needs = next.job.job.needs().iter();
            let missing = needs.find(|need| !self.dependencies.is_satisfied(need.seq));
            let missing = missing.map(|need| {
                Arc::new(FailedNeed {
                    name: need.name.to_string(),
                    how: "not read".to_owned(),
                })
            });
            self.end_unneeded(next.job, missing.or(failed_need), run);
        }
    }
}
