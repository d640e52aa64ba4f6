//! How jobs come to be started: those that are read, those that others have released, and those that are
//! tried again.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::runner::{Next, Runner};
use crate::event::{CancelReason, Event, FailedNeed, Flow, NumberedJob, Status};
use crate::plan::Job;
use crate::run::attempt::{Assignment, attempt};
use crate::run::options::JobOrder;
use crate::run::policy::{Added, Released, Request, SlotClaim, Timed, remaining_times};

/// How many jobs may wait for their pools before no more are read.
const MAX_PASSED_OVER: usize = 4096;

impl<T: FnMut(&Event) -> Flow> Runner<T> {
    /// Handles a job that was read.
    pub(super) fn on_job(&mut self, job: Job, read_at: Instant) {
        self.last_seq += 1;
        let seq = self.last_seq;
        let cwd = match &job.cwd {
            Some(dir) => Arc::<Path>::from(self.options.cwd.join(dir)),
            None => Arc::clone(&self.options.cwd),
        };
        let read_at = self.clock.moment_of(read_at);
        let completed_jobs = self.completed_jobs.as_mut();
        let key =
            completed_jobs.map(|completed_jobs| completed_jobs.key(&job, &cwd, &self.options.env));
        let is_done = |key| {
            self.completed_jobs
                .as_ref()
                .is_some_and(|completed_jobs| completed_jobs.is_done(key, seq))
        };
        // A service has to run again as long as a job needs it.
        let done = key.is_some_and(is_done) && job.service().is_none();
        let job = Arc::new(NumberedJob {
            seq,
            read_at,
            cwd,
            key,
            slot_values: self.options.slot_values.clone(),
            job,
        });
        if done {
            self.dependencies.mention(needs(&job));
            self.end(job, Status::Ok, Some(CancelReason::Resumed), None, None);
        } else if !self.cancel.may_start() {
            self.end(job, Status::Skipped, self.cancel.reason(), None, None);
        } else {
            let next = Next::first(job);
            match self.options.order {
                JobOrder::Input => self.add(next),
                JobOrder::Longest => self.unordered.push(next),
            }
        }
    }

    /// Handles the end of the input.
    pub(super) fn on_exhausted(&mut self) {
        self.exhausted = true;
        let mut unordered = std::mem::take(&mut self.unordered);
        let completed_jobs = self.completed_jobs.as_ref();
        let time = |next: &Next| completed_jobs?.time(next.job.key?);
        let timed = unordered.iter().map(|next| Timed {
            seq: next.job.seq,
            needs: needs(&next.job).collect(),
            time: time(next),
        });
        let lengths = remaining_times(&timed.collect::<Vec<_>>());
        for (next, length) in unordered.iter_mut().zip(lengths) {
            next.length = length;
        }
        unordered.into_iter().for_each(|next| self.add(next));
        let released = self.dependencies.want_unneeded_services();
        self.release(released);
    }

    /// Whether all jobs are to be read before the next one starts: their order is not that of the input,
    /// or some may be services that no job needs.
    pub(super) fn reads_ahead(&self) -> bool {
        self.options.order == JobOrder::Longest || self.has_services && self.has_total
    }

    /// Whether so many jobs wait that no more are to be read.
    pub(super) fn has_enough_jobs(&self) -> bool {
        let ready = &self.schedule.ready;
        let is_far_ahead = || {
            self.order
                .as_ref()
                .is_some_and(|order| order.is_far_ahead())
        };
        // What runs will end, while a job that is not read may be the one that others wait for.
        !ready.is_empty()
            || ready.passed_over() > MAX_PASSED_OVER
            || is_far_ahead() && self.schedule.taken_slots() > 0
    }

    /// Adds a job, which may have to wait for others.
    fn add(&mut self, next: Next) {
        let Some(scheduling) = &next.job.job.scheduling else {
            return self.enqueue(next);
        };
        self.has_graph = true;
        let is_service = scheduling.service.is_some();
        if scheduling.needs.is_empty() && !is_service {
            return self.enqueue(next);
        }
        self.has_services |= is_service;
        let needs: Vec<u64> = needs(&next.job).collect();
        let added = Added {
            seq: next.job.seq,
            needs: &needs,
            is_service,
        };
        let released = self.dependencies.add(added, next);
        self.release(released);
    }

    /// Handles jobs that wait no more.
    pub(super) fn release(&mut self, released: Vec<Released<Next>>) {
        for released in released {
            match released {
                Released::Ready(next) => self.enqueue(next),
                Released::Failed(next, why) => self.give_up(next, why),
            }
        }
    }

    /// Starts a job if nothing else is to be started first, or lets it wait for its turn.
    fn enqueue(&mut self, next: Next) {
        let is_plain = next.job.job.scheduling.is_none();
        let is_first = is_plain
            && self.schedule.ready.is_empty()
            && self.options.order == JobOrder::Input
            && self.start_limits.is_none();
        if next.job.job.service().is_some() {
            self.schedule.push_service(next);
        } else if is_first && self.may_start() {
            self.start(next, 1);
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

    /// Whether anything may start now, even what takes no slot.
    fn may_start_service(&self) -> bool {
        !self.backpressure.is_full() && self.suspending.is_none() && self.cancel.may_start()
    }

    /// Whether a job may start now, if there is one.
    fn may_start(&self) -> bool {
        self.may_start_service()
            && self.schedule.has_free_slot()
            && self.schedule.paused_until(self.clock.now()).is_none()
    }

    /// Starts services, the jobs whose turn has come, and those that have waited long enough.
    pub(super) fn start_due(&mut self) {
        if let Some(limits) = &mut self.start_limits {
            limits.update(self.schedule.taken_slots());
        }
        loop {
            // Each start or end of a job may release others, and services too.
            if self.may_start_service()
                && let Some(service) = self.schedule.take_service()
            {
                self.start_service(service);
                continue;
            }
            if !self.may_start() {
                break;
            }
            if let Some(next) = self.schedule.take_due(self.clock.now()) {
                self.enqueue(next);
                continue;
            }
            let mut limits = self.start_limits.as_mut();
            let starts = |slots| match &mut limits {
                Some(limits) => limits.start(self.clock.now(), slots as usize),
                None => true,
            };
            let Some((next, slots)) = self.schedule.take_ready(starts) else {
                break;
            };
            // A service that it needs may have ended while it waited.
            match self.failed_need(&next.job) {
                None => self.start(next, slots),
                Some(need) => {
                    self.leave(&next.job);
                    self.give_up(next, need);
                }
            }
        }
    }

    /// Why a job that this one needs did not end well, if one did not.
    pub(super) fn failed_need(&self, job: &NumberedJob) -> Option<Arc<FailedNeed>> {
        self.dependencies.failed(needs(job))
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

    fn start(&mut self, next: Next, slots: u32) {
        if next.job.job.timeout.or(self.options.timeout).is_some() {
            self.clock.watch();
        }
        let slot = self.schedule.take_slots(self.clock.now(), slots);
        if let Some(reader) = &self.options.job_limit {
            self.schedule.await_limit();
            reader.ask();
        }
        self.start_in(slot, slot, next);
    }

    /// Starts a job in a slot that was taken for it, and in another one what asks whether it is ready.
    pub(super) fn start_in(&mut self, slot: u32, question_slot: u32, next: Next) {
        let Next { job, earlier, .. } = next;
        let attempt = earlier
            .as_ref()
            .map_or(1, |earlier| earlier.last.number + 1);
        if let Some(earlier) = earlier {
            self.earlier_attempts.insert(job.seq, earlier);
        }
        // Boxed at once: a future of this size would otherwise be copied half a dozen times.
        tokio::spawn(Box::pin(attempt::run(Assignment {
            requests: self.requests_to(&job),
            job,
            attempt,
            slot,
            question_slot,
            options: Arc::clone(&self.options),
            clock: self.clock.clone(),
            printing: self.printing.clone(),
            events: self.event_sender.clone(),
        })));
    }

    /// Returns the requests to an attempt: those to all, or its own if it may be ended alone.
    fn requests_to(&mut self, job: &Arc<NumberedJob>) -> watch::Receiver<Request> {
        match job.job.needs().is_empty() && job.job.service().is_none() {
            true => self.requests.subscribe(),
            false => self.own_requests.insert(job, self.cancel.request()),
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

/// The numbers of the jobs that a job needs.
fn needs(job: &NumberedJob) -> impl Iterator<Item = u64> {
    job.job.needs().iter().map(|need| need.seq)
}
