//! How jobs end, or are tried again, and what follows for others.

use std::sync::Arc;
use std::time::Duration;

use super::earlier_attempts::EarlierAttempt;
use super::local::{LocalExecutor, Next};
use crate::event::{
    Attempt, CancelReason, Event, FailedNeed, JobEnd, JobRetry, NumberedJob, Status,
};
use crate::run::context::RunContext;
use crate::run::policy::backoff;

impl LocalExecutor {
    /// Handles the end of an attempt, after which another one may follow.
    pub(super) fn end_or_retry(
        &mut self,
        job: Arc<NumberedJob>,
        last: Arc<Attempt>,
        run: &mut RunContext,
    ) {
        let queued = self.earlier_attempts.ended(job.seq);
        let queued = queued.unwrap_or_else(|| last.begun.saturating_sub(job.read_at));
        let retries = job.job.retries.unwrap_or(run.options.retries);
        let may_retry = run.cancel.may_start()
            && last.number <= retries
            && last.reason() != Some(CancelReason::Needs)
            && job.job.service().is_none();
        if last.status() == Status::Ok || !may_retry {
            return self.end_after(job, EarlierAttempt { last, queued }, run);
        }
        let delay = backoff::delay(run.options.retry_delay, last.number);
        let event = JobRetry {
            job: Arc::clone(&job),
            attempt: Arc::clone(&last),
            delay,
        };
        run.announce(&Event::JobRetried(Arc::new(event)));
        let (due, seq) = (run.clock.now() + delay, job.seq);
        let earlier = Some(EarlierAttempt { last, queued });
        // It was started before the jobs that wait for their first attempt.
        let next = Next {
            job,
            earlier,
            length: Duration::MAX,
        };
        self.schedule.wait_until(due, seq, next);
    }

    /// Ends a job with the result of its last attempt.
    pub(super) fn end_after(
        &mut self,
        job: Arc<NumberedJob>,
        EarlierAttempt { last, queued }: EarlierAttempt,
        run: &mut RunContext,
    ) {
        let (status, reason, code) = (last.status(), last.reason(), last.shell_code());
        // A service that ends with the run decides nothing.
        let counts = job.job.service().is_none() || status != Status::Ok;
        let end = self.end(job, status, reason, Some(last), Some(queued), run);
        if counts && run.count_end(&end, code, self.schedule.running()) {
            self.send_request(run);
        }
    }

    /// Ends a job, with its last attempt if it had one.
    pub(super) fn end(
        &mut self,
        job: Arc<NumberedJob>,
        status: Status,
        reason: Option<CancelReason>,
        last: Option<Arc<Attempt>>,
        queued: Option<Duration>,
        run: &mut RunContext,
    ) -> Arc<JobEnd> {
        let failed_need = match reason {
            Some(CancelReason::Needs) => self.failed_need(&job),
            _ => None,
        };
        self.conclude(
            JobEnd {
                job,
                status,
                reason,
                failed_need,
                attempts: last.as_ref().map_or(0, |last| last.number),
                queued,
                last,
            },
            run,
        )
    }

    /// Ends a job whose turn will not come, because a job that it needs did not end well: with the result
    /// of its last attempt, if it had one.
    pub(super) fn give_up(
        &mut self,
        Next { job, earlier, .. }: Next,
        need: Arc<FailedNeed>,
        run: &mut RunContext,
    ) {
        match earlier {
            Some(earlier) => self.end_after(job, earlier, run),
            None => self.skip(job, need, run),
        }
    }

    /// Ends a job that was never started because a job that it needs did not end well.
    pub(super) fn skip(
        &mut self,
        job: Arc<NumberedJob>,
        need: Arc<FailedNeed>,
        run: &mut RunContext,
    ) {
        // That the run was cancelled says more.
        let (reason, failed_need) = match run.cancel.reason() {
            Some(reason) => (reason, None),
            None => (CancelReason::Needs, Some(need)),
        };
        self.conclude(
            JobEnd {
                failed_need,
                ..JobEnd::unstarted(job, Status::Skipped, Some(reason))
            },
            run,
        );
    }

    fn conclude(&mut self, end: JobEnd, run: &mut RunContext) -> Arc<JobEnd> {
        let end = run.conclude(end);
        self.settle_end(&end, run);
        end
    }

    /// Lets the jobs that need this one start, or ends them with it.
    pub(super) fn settle_end(&mut self, end: &JobEnd, run: &mut RunContext) {
        // Only a job with a name can be needed by others.
        if end.job.job.name.is_none() {
            return;
        }
        let is_allowed = end.status.is_failure() && end.job.job.may_fail();
        let released = match end.status == Status::Ok || is_allowed {
            true => self.dependencies.satisfy(end.job.seq),
            false => self.dependencies.fail(end.job.seq, root_cause(end)),
        };
        self.release(released, run);
    }

    /// Ends the waiting jobs with the result of their last attempt, if they had one.
    pub(super) fn end_unfinished(&mut self, run: &mut RunContext) {
        let mut waiting: Vec<Next> = self.schedule.take_waiting().collect();
        waiting.append(&mut self.unordered);
        waiting.extend(self.dependencies.take_all().map(|(next, _)| next));
        for Next { job, earlier, .. } in waiting {
            match earlier {
                Some(earlier) => self.end_after(job, earlier, run),
                None => {
                    self.end(job, Status::Skipped, run.cancel.reason(), None, None, run);
                }
            }
        }
    }
}

/// Why the jobs that need this one do not run.
fn root_cause(end: &JobEnd) -> Arc<FailedNeed> {
    if let Some(root) = &end.failed_need {
        return Arc::clone(root);
    }
    Arc::new(FailedNeed {
        name: end.job.job.name.clone().unwrap_or_default(),
        how: match &end.last {
            Some(last) => last.ending(),
            None => end.status.to_string(),
        },
    })
}
