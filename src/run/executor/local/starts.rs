//! How jobs come to be started: those that are read, those that others have released, and those that are
//! tried again.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::local::{LocalExecutor, Next};
use crate::event::{FailedNeed, NumberedJob};
use crate::run::attempt::{Assignment, attempt};
use crate::run::context::RunContext;
use crate::run::options::JobOrder;
use crate::run::policy::{Added, Released, Request, SlotClaim, Timed, remaining_times};

/// How many jobs may wait for their pools before no more are read.
const MAX_PASSED_OVER: usize = 4096;

impl LocalExecutor {
    /// Takes a job.
    pub(super) fn take(&mut self, job: Arc<NumberedJob>, run: &mut RunContext) {
        let next = Next::first(job);
        match run.options.order {
            JobOrder::Input => self.add(next, run),
            JobOrder::Longest => self.unordered.push(next),
        }
    }

    /// Handles the end of the input.
    pub(super) fn on_exhausted(&mut self, run: &mut RunContext) {
        let mut unordered = std::mem::take(&mut self.unordered);
        let completed_jobs = run.completed_jobs.as_ref();
        let time = |next: &Next| completed_jobs?.time(next.job.key?);
        let timed = unordered.iter().map(|next| Timed {
            seq: next.job.seq,
            needs: next.job.needs().collect(),
            time: time(next),
        });
        let lengths = remaining_times(&timed.collect::<Vec<_>>());
        for (next, length) in unordered.iter_mut().zip(lengths) {
            next.length = length;
        }
        unordered.into_iter().for_each(|next| self.add(next, run));
        let released = self.dependencies.want_unneeded_services();
        self.release(released, run);
    }

    /// Whether all jobs are to be read before the next one starts: their order is not that of the input,
    /// or some may be services that no job needs.
    pub(super) fn reads_ahead(&self, run: &RunContext) -> bool {
        run.options.order == JobOrder::Longest || self.has_services && run.has_total
    }

    /// Whether so many jobs wait that no more are to be read.
    pub(super) fn has_enough_jobs(&self, run: &RunContext) -> bool {
        let ready = &self.schedule.ready;
        let is_far_ahead = || run.order.as_ref().is_some_and(|order| order.is_far_ahead());
        // What runs will end, while a job that is not read may be the one that others wait for.
        !ready.is_empty()
            || ready.passed_over() > MAX_PASSED_OVER
            || is_far_ahead() && self.schedule.taken_slots() > 0
    }

    /// Adds a job, which may have to wait for others.
    fn add(&mut self, next: Next, run: &mut RunContext) {
        let Some(scheduling) = &next.job.job.scheduling else {
            return self.enqueue(next, run);
        };
        self.has_graph = true;
        let is_service = scheduling.service.is_some();
        if scheduling.needs.is_empty() && !is_service {
            return self.enqueue(next, run);
        }
        self.has_services |= is_service;
        let needs: Vec<u64> = next.job.needs().collect();
        let added = Added {
            seq: next.job.seq,
            needs: &needs,
            is_service,
        };
        let released = self.dependencies.add(added, next);
        self.release(released, run);
    }

    /// Handles jobs that wait no more.
    pub(super) fn release(&mut self, released: Vec<Released<Next>>, run: &mut RunContext) {
        for released in released {
            match released {
                Released::Ready(next) => self.enqueue(next, run),
                Released::Failed(next, why) => self.give_up(next, why, run),
            }
        }
    }

    /// Starts a job if nothing else is to be started first, or lets it wait for its turn.
    fn enqueue(&mut self, next: Next, run: &mut RunContext) {
        let is_plain = next.job.job.scheduling.is_none();
        let is_first = is_plain
            && self.schedule.ready.is_empty()
            && run.options.order == JobOrder::Input
            && self.start_limits.is_none();
        if next.job.job.service().is_some() {
            self.schedule.push_service(next);
        } else if is_first && self.may_start_job(run) {
            self.start(next, 1, run);
        } else {
            let claim = SlotClaim {
                seq: next.job.seq,
                length: next.length,
                weight: next.job.job.weight(),
                pool: next.job.job.pool().cloned(),
            };
            self.schedule.ready.push(claim, next);
        }
    }

    /// Whether a job may start now, if there is one.
    pub(super) fn may_start_job(&self, run: &RunContext) -> bool {
        run.may_start()
            && self.schedule.has_free_slot()
            && self.schedule.paused_until(run.clock.now()).is_none()
    }

    /// Starts services, the jobs whose turn has come, and those that have waited long enough.
    pub(super) fn start_due(&mut self, run: &mut RunContext) {
        if let Some(limits) = &mut self.start_limits {
            limits.update(self.schedule.taken_slots());
        }
        loop {
            // Each start or end of a job may release others, and services too.
            if run.may_start()
                && let Some(service) = self.schedule.take_service()
            {
                self.start_service(service, run);
                continue;
            }
            if !self.may_start_job(run) {
                break;
            }
            if let Some(next) = self.schedule.take_due(run.clock.now()) {
                self.enqueue(next, run);
                continue;
            }
            let mut limits = self.start_limits.as_mut();
            let starts = |slots| match &mut limits {
                Some(limits) => limits.start(run.clock.now(), slots as usize),
                None => true,
            };
            let Some((next, slots)) = self.schedule.take_ready(starts) else {
                break;
            };
            // A service that it needs may have ended while it waited.
            match self.failed_need(&next.job) {
                None => self.start(next, slots, run),
                Some(need) => {
                    self.leave(&next.job);
                    self.give_up(next, need, run);
                }
            }
        }
    }

    /// Why a job that this one needs did not end well, if one did not.
    pub(super) fn failed_need(&self, job: &NumberedJob) -> Option<Arc<FailedNeed>> {
        self.dependencies.failed(job.needs())
    }

    /// Handles a job that does not run, or not any more: its place in its pool is free.
    pub(super) fn leave(&mut self, job: &NumberedJob) {
        if job.job.scheduling.is_some() {
            self.own_requests.remove(job.seq);
        }
        if let Some(pool) = job.job.pool() {
            self.schedule.ready.leave(pool);
        }
    }

    fn start(&mut self, next: Next, slots: u32, run: &mut RunContext) {
        if next.job.job.timeout.or(run.options.timeout).is_some() {
            run.clock.watch();
        }
        let slot = self.schedule.take_slots(run.clock.now(), slots);
        if let Some(reader) = &run.options.job_limit {
            self.schedule.await_limit();
            reader.ask();
        }
        self.start_in(slot, slot, next, run);
    }

    /// Starts a job in a slot that was taken for it, and in another one what asks whether it is ready.
    pub(super) fn start_in(
        &mut self,
        slot: u32,
        question_slot: u32,
        next: Next,
        run: &mut RunContext,
    ) {
        let Next { job, earlier, .. } = next;
        let attempt = earlier
            .as_ref()
            .map_or(1, |earlier| earlier.last.number + 1);
        if let Some(earlier) = earlier {
            self.earlier_attempts.insert(job.seq, earlier);
        }
        // Boxed at once: a future of this size would otherwise be copied half a dozen times.
        tokio::spawn(Box::pin(attempt::run(Assignment {
            requests: self.requests_to(&job, run),
            job,
            attempt,
            slot,
            question_slot,
            options: Arc::clone(&run.options),
            clock: run.clock.clone(),
            printing: self.printing.clone(),
            events: self.event_sender.clone(),
        })));
    }

    /// Returns the requests to an attempt: those to all, or its own if it may be ended alone.
    fn requests_to(
        &mut self,
        job: &Arc<NumberedJob>,
        run: &mut RunContext,
    ) -> watch::Receiver<Request> {
        match job.job.needs().is_empty() && job.job.service().is_none() {
            true => self.requests.subscribe(),
            false => self.own_requests.insert(job, run.cancel.request()),
        }
    }
}

impl Next {
    /// A job before its first attempt.
    fn first(job: Arc<NumberedJob>) -> Self {
        Self {
            job,
            earlier: None,
            length: Duration::ZERO,
        }
    }
}
