//! Attempts that were not started, because of a shortage or because the run was cancelled; and warnings
//! about limits of the system.

use std::sync::Arc;
use std::time::Duration;

use super::local::{LocalExecutor, Next};
use crate::event::{Attempt, Event, NumberedJob};
use crate::process::{Shortage, has_closed_leaked_pipes};
use crate::run::context::RunContext;
use crate::run::policy::Refusal;

const CLOSED_PIPES: &str = "too many background processes of jobs hold output pipes open: closing the \
    pipes that were idle longest (their writers get SIGPIPE); in jobs, redirect the output of \
    background processes (>/dev/null 2>&1 &)";

impl LocalExecutor {
    /// Handles a shortage at the start of an attempt: the job waits, and fewer run at once.
    pub(super) fn on_held_back(
        &mut self,
        job: Arc<NumberedJob>,
        attempt: Arc<Attempt>,
        shortage: Shortage,
        run: &mut RunContext,
    ) {
        let (now, reached) = (run.clock.now(), self.running.count());
        self.leave(&job);
        match self.schedule.refused(attempt.slot, now, reached) {
            Refusal::Final => self.end_or_retry(job, attempt, run),
            Refusal::Later { limit } => {
                if self.shortage.replace(shortage).is_none() {
                    let warning = format!(
                        "the system is out of {shortage}: running at most {limit} at once from now on"
                    );
                    run.announce(&Event::Warned(warning.into()));
                }
                self.put_back(job, run);
            }
        }
    }

    /// Warns, once, that the limit of open files limits the number of concurrent jobs.
    pub(super) fn report_limit(&mut self, run: &mut RunContext) {
        if !self.schedule.has_free_slot()
            && let Some(warning) = self.limit_warning.take()
        {
            run.announce(&Event::Warned(warning.into()));
        }
    }

    /// Warns, once, if pipes were closed because background processes of jobs hold too many.
    pub(super) fn report_leaked_pipes(&mut self, run: &mut RunContext) {
        if has_closed_leaked_pipes() && !std::mem::replace(&mut self.warned_of_closed_pipes, true) {
            run.announce(&Event::Warned(CLOSED_PIPES.into()));
        }
    }

    /// Reports blocks that no job has asked for, because all have ended.
    pub(super) async fn report_unread_blocks(&mut self, run: &mut RunContext<'_>) {
        if let Some(blocks) = &run.options.shared_blocks
            && !run.cancel.is_ending()
            && blocks.are_left().await
        {
            let warning = "the input was not read to its end: all jobs that share it have ended";
            run.announce(&Event::Warned(warning.into()));
        }
    }

    /// Reports an error if no process could be started at all.
    pub(super) fn report_if_nothing_started(&mut self, run: &mut RunContext) {
        if let Some(shortage) = self.shortage.filter(|_| self.schedule.cannot_start()) {
            let error = format!("no job could be started: the system is out of {shortage}");
            run.announce(&Event::InputFailed(error.into()));
        }
    }

    /// Handles an attempt whose program was not executed before the run was cancelled: the job is queued,
    /// and then ended with all other waiting jobs.
    pub(super) fn on_withdrawn(&mut self, job: Arc<NumberedJob>, slot: u32, run: &mut RunContext) {
        self.schedule.release(slot);
        self.leave(&job);
        // A service that was being started when all others had ended is not needed any more.
        if job.job.service().is_some() && self.has_ended_all(run) && run.cancel.may_start() {
            let failed_need = self.failed_need(&job);
            return self.end_unneeded(job, failed_need, run);
        }
        self.put_back(job, run);
    }

    /// Queues a job that was not started.
    fn put_back(&mut self, job: Arc<NumberedJob>, run: &mut RunContext) {
        let (now, seq) = (run.clock.now(), job.seq);
        let earlier = self.earlier_attempts.remove(seq);
        let next = Next {
            job,
            earlier,
            length: Duration::MAX,
        };
        self.schedule.wait_until(now, seq, next);
    }
}
