//! How jobs end, or are tried again, and what follows for others.

use std::sync::Arc;
use std::time::Duration;

use super::earlier_attempts::EarlierAttempt;
use super::runner::{Next, Runner};
use crate::event::{
    Attempt, CancelReason, Cause, Event, FailedNeed, Flow, JobEnd, JobRetry, NumberedJob, Status,
};
use crate::run::policy::{OutputTurn, backoff};

impl<T: FnMut(&Event) -> Flow> Runner<T> {
    /// Handles the end of an attempt, after which another one may follow.
    pub(super) fn on_ended(&mut self, job: Arc<NumberedJob>, last: Arc<Attempt>) {
        let queued = self.earlier_attempts.ended(job.seq);
        let queued = queued.unwrap_or_else(|| last.begun.saturating_sub(job.read_at));
        let retries = job.job.retries.unwrap_or(self.options.retries);
        let may_retry = self.cancel.may_start()
            && last.number <= retries
            && last.reason() != Some(CancelReason::Needs)
            && job.job.service().is_none();
        if last.status() == Status::Ok || !may_retry {
            return self.end_after(job, EarlierAttempt { last, queued });
        }
        let delay = backoff::delay(self.options.retry_delay, last.number);
        let event = JobRetry {
            job: Arc::clone(&job),
            attempt: Arc::clone(&last),
            delay,
        };
        self.announce(&Event::JobRetried(Arc::new(event)));
        let (due, seq) = (self.clock.now() + delay, job.seq);
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
    ) {
        let (status, reason, code) = (last.status(), last.reason(), last.shell_code());
        // A service that ends with the run decides nothing.
        let counts = job.job.service().is_none() || status != Status::Ok;
        let may_fail = job.job.may_fail();
        self.end(job, status, reason, Some(last), Some(queued));
        if !counts {
            return;
        }
        match self.cancel.job_ended(status, may_fail) {
            Some(CancelReason::Race) => self.cancel_run(Cause::Race { code }, self.policy_end()),
            Some(_) => self.cancel_run(Cause::FailFast, self.policy_end()),
            None => {}
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
    ) {
        let failed_need = match reason {
            Some(CancelReason::Needs) => self.failed_need(&job),
            _ => None,
        };
        self.conclude(JobEnd {
            job,
            status,
            reason,
            failed_need,
            attempts: last.as_ref().map_or(0, |last| last.number),
            queued,
            last,
        });
    }

    /// Ends a job whose turn will not come, because a job that it needs did not end well: with the result
    /// of its last attempt, if it had one.
    pub(super) fn give_up(&mut self, Next { job, earlier, .. }: Next, need: Arc<FailedNeed>) {
        match earlier {
            Some(earlier) => self.end_after(job, earlier),
            None => self.skip(job, need),
        }
    }

    /// Ends a job that was never started because a job that it needs did not end well.
    pub(super) fn skip(&mut self, job: Arc<NumberedJob>, need: Arc<FailedNeed>) {
        // That the run was cancelled says more.
        let (reason, failed_need) = match self.cancel.reason() {
            Some(reason) => (reason, None),
            None => (CancelReason::Needs, Some(need)),
        };
        self.conclude(JobEnd {
            job,
            status: Status::Skipped,
            reason: Some(reason),
            failed_need,
            attempts: 0,
            queued: None,
            last: None,
        });
    }

    fn conclude(&mut self, end: JobEnd) {
        let seq = end.job.seq;
        if let Some(stdin) = &end.job.job.stdin {
            // Not when the last sink is done with the job.
            stdin.release();
        }
        let end = Arc::new(end);
        self.announce(&Event::JobEnded(Arc::clone(&end)));
        if self.order.as_mut().is_some_and(|order| order.ended(seq)) {
            self.report_turn();
        }
        // Only a job with a name can be needed by others.
        if end.job.job.name.is_some() {
            self.settle(&end);
        }
    }

    /// Lets the jobs that need this one start, or ends them with it.
    fn settle(&mut self, end: &JobEnd) {
        let is_allowed = end.status.is_failure() && end.job.job.may_fail();
        let released = match end.status == Status::Ok || is_allowed {
            true => self.dependencies.satisfy(end.job.seq),
            false => self.dependencies.fail(end.job.seq, root_cause(end)),
        };
        self.release(released);
    }

    /// Reports whose output is shown as it arrives.
    pub(super) fn report_turn(&mut self) {
        if self.options.output.is_ordered()
            && !self.reader_gone
            && let Some(first) = self.order.as_ref().map(OutputTurn::first)
        {
            self.turn.send_replace(first);
        }
    }

    /// Ends the waiting jobs with the result of their last attempt, if they had one.
    pub(super) fn end_waiting(&mut self) {
        let mut waiting: Vec<Next> = self.schedule.take_waiting().collect();
        waiting.append(&mut self.unordered);
        waiting.extend(self.dependencies.take_all().map(|(next, _)| next));
        for Next { job, earlier, .. } in waiting {
            match earlier {
                Some(earlier) => self.end_after(job, earlier),
                None => self.end(job, Status::Skipped, self.cancel.reason(), None, None),
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
