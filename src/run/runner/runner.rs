//! Owns the state of the run: selects, decides and sends events.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

use super::backpressure::Backpressure;
use super::earlier_attempts::{EarlierAttempt, EarlierAttempts};
use super::running::Running;
use crate::event::{
    Attempt, CancelReason, Cause, Event, Flow, JobEnd, JobRetry, NumberedJob, OutputLoss, Status,
};
use crate::plan::{Entry, Job};
use crate::process::{Shortage, Signal};
use crate::run::attempt::{Assignment, AttemptEvent, Foreground, Printing, attempt};
use crate::run::control::Control;
use crate::run::feed::Feed;
use crate::run::options::{JobOutput, Options, OutputDelivery};
use crate::run::policy::{
    Cancel, Clock, Escalation, Moment, OutputTurn, Request, Schedule, backoff,
};
use crate::run::resume::CompletedJobs;
use crate::summary::Summary;

/// A job that is to be started.
pub(crate) struct Next {
    pub(crate) job: Arc<NumberedJob>,
    /// None before its first attempt.
    pub(crate) earlier: Option<EarlierAttempt>,
}

/// A run that has ended; its last events may not be written yet.
pub(crate) struct Ended {
    pub(crate) summary: Summary,
    pub(crate) cancel: Cancel,
    pub(crate) clock: Clock,
}

/// A run: jobs in, events out.
pub(crate) struct Runner<T> {
    pub(crate) options: Arc<Options>,
    /// The jobs that earlier runs have completed, if there is a job log.
    completed_jobs: Option<CompletedJobs>,
    forward: T,
    summary: Summary,
    pub(crate) clock: Clock,
    pub(crate) schedule: Schedule<Next>,
    pub(crate) running: Running,
    pub(crate) cancel: Cancel,
    pub(crate) requests: watch::Sender<Request>,
    printing: Printing,
    /// Jobs up to this number report their output as it arrives.
    pub(crate) turn: watch::Sender<u64>,
    /// Whether the next output cancels the run, because its reader is gone.
    pub(crate) reader_gone: bool,
    /// The first job that has not ended, if jobs are reported in their order.
    order: Option<OutputTurn>,
    event_sender: mpsc::Sender<AttemptEvent>,
    pub(crate) attempt_events: mpsc::Receiver<AttemptEvent>,
    last_seq: u64,
    /// Whether the number of jobs was reported.
    has_total: bool,
    pub(crate) earlier_attempts: EarlierAttempts,
    /// The shortage that was reported.
    pub(crate) shortage: Option<Shortage>,
    /// The warning to report when the limit of concurrent jobs is reached.
    pub(super) limit_warning: Option<String>,
    /// Whether the warning about closed pipes was reported.
    pub(super) warned_of_closed_pipes: bool,
    pub(crate) backpressure: Backpressure,
    /// Until when starts in progress may take, if prun is to stop then.
    pub(crate) suspending: Option<Moment>,
}

impl<T: FnMut(&Event) -> Flow> Runner<T> {
    /// Creates a run with `options` that skips `completed_jobs` and sends its events to `forward`.
    pub(crate) fn new(options: Options, completed_jobs: Option<CompletedJobs>, forward: T) -> Self {
        let (event_sender, attempt_events) = mpsc::channel(64);
        let turn = match options.output {
            JobOutput::Captured { delivery, .. } => match delivery {
                OutputDelivery::Grouped => 0,
                OutputDelivery::Streamed => u64::MAX,
                OutputDelivery::Ordered => 1,
            },
            JobOutput::Inherited | JobOutput::Discarded => 0,
        };
        let order = options.keep_order.then(OutputTurn::new);
        let turn = watch::Sender::new(turn);
        Self {
            printing: Printing::new(turn.subscribe()),
            turn,
            order,
            reader_gone: false,
            schedule: Schedule::new(options.jobs, options.delay),
            cancel: Cancel::new(options.halt),
            completed_jobs,
            forward,
            summary: Summary::default(),
            clock: Clock::start(),
            running: Running::default(),
            requests: watch::Sender::new(Request::Run),
            event_sender,
            attempt_events,
            last_seq: 0,
            has_total: false,
            earlier_attempts: EarlierAttempts::default(),
            shortage: None,
            limit_warning: options.limit_warning.clone(),
            warned_of_closed_pipes: false,
            options: Arc::new(options),
            backpressure: Backpressure::default(),
            suspending: None,
        }
    }

    /// Runs every job of `feed` until it has ended; a third signal returns at once.
    pub(crate) async fn run(
        mut self,
        mut feed: Feed,
        controls: &mut mpsc::UnboundedReceiver<Control>,
    ) -> Ended {
        if let Some(warning) = self.options.open_spool() {
            self.announce(&Event::Warned(warning.into()));
        }
        let mut exhausted = false;
        self.has_total = feed.total().is_some();
        let clock = self.clock.clone();
        if self.options.deadline.is_some() {
            clock.watch();
        }
        loop {
            self.suspend_if_due();
            self.start_due();
            if exhausted && self.schedule.is_idle() {
                break;
            }
            if !exhausted {
                self.report_limit();
            }
            if !self.has_total
                && let Some(total) = feed.total()
            {
                self.has_total = true;
                self.announce(&Event::InputEnded { total });
            }
            let pause = self.schedule.paused_until(clock.now());
            let suspending = self.suspending;
            let may_start = pause.is_none() && suspending.is_none();
            let has_free_slot = self.schedule.has_free_slot() && may_start;
            let is_far_ahead = self.order.as_ref().is_some_and(OutputTurn::is_far_ahead);
            let has_space = !feed.is_large() || self.schedule.has_unclaimed_slot();
            let may_read = !self.backpressure.is_full()
                && (has_free_slot && has_space && !is_far_ahead || !self.cancel.may_start());
            let next_due = pause.or_else(|| self.schedule.next_due().filter(|_| has_free_slot));
            let deadline = self.options.deadline.filter(|_| !self.cancel.is_ending());
            let patience = self.patience();
            tokio::select! {
                biased;
                Some(control) = controls.recv() => if self.on_control(control) == Some(Escalation::Exit) {
                    return self.ended();
                },
                Some(event) = self.attempt_events.recv() => self.on_attempt(event),
                () = clock.sleep_until_some(deadline) => self.on_deadline(),
                () = self.backpressure.relieved() => {}
                () = clock.sleep_until_some(patience) => break,
                () = clock.sleep_until_some(next_due) => {}
                () = clock.sleep_until_some(suspending) => {}
                next = feed.next(), if may_read && !exhausted => match next {
                    Some((Ok(Entry::Job(job)), read_at)) => self.on_job(job, read_at),
                    Some((Ok(Entry::Warning(warning)), _)) => {
                        self.announce(&Event::Warned(warning.into()));
                    }
                    Some((Err(error), _)) => {
                        self.announce(&Event::InputFailed(error.to_string().into()));
                        exhausted = true;
                    }
                    None => exhausted = true,
                }
            }
            if !self.cancel.may_start() {
                feed.close();
                self.end_waiting();
            }
        }
        self.report_if_nothing_started();
        self.report_unread_blocks().await;
        let (elapsed, counts) = (self.clock.now(), self.summary.counts());
        self.announce(&Event::RunEnded { elapsed, counts });
        self.ended()
    }

    fn ended(self) -> Ended {
        let (summary, cancel, clock) = (self.summary, self.cancel, self.clock);
        Ended {
            summary,
            cancel,
            clock,
        }
    }

    pub(crate) fn announce(&mut self, event: &Event) {
        self.summary.fold(event);
        if let Flow::Full(when_ready) = (self.forward)(event) {
            self.backpressure.set(when_ready, self.clock.now());
        }
    }

    fn on_job(&mut self, job: Job, read_at: Instant) {
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
        let done = key.is_some_and(is_done);
        let job = Arc::new(NumberedJob {
            seq,
            read_at,
            cwd,
            key,
            slot_values: self.options.slot_values.clone(),
            job,
        });
        if done {
            self.end(job, Status::Ok, Some(CancelReason::Resumed), None, None);
        } else if self.cancel.may_start() {
            self.start(Next { job, earlier: None });
        } else {
            self.end(job, Status::Skipped, self.cancel.reason(), None, None);
        }
    }

    pub(super) fn start(&mut self, Next { job, earlier }: Next) {
        let attempt = earlier
            .as_ref()
            .map_or(1, |earlier| earlier.last.number + 1);
        if let Some(earlier) = earlier {
            self.earlier_attempts.insert(job.seq, earlier);
        }
        if job.job.timeout.or(self.options.timeout).is_some() {
            self.clock.watch();
        }
        let slot = self.schedule.take_slot(self.clock.now());
        if let Some(reader) = &self.options.job_limit {
            self.schedule.await_limit();
            reader.ask();
        }
        // Boxed at once: a future of this size would otherwise be copied half a dozen times.
        tokio::spawn(Box::pin(attempt::run(Assignment {
            job,
            attempt,
            slot,
            options: Arc::clone(&self.options),
            clock: self.clock.clone(),
            requests: self.requests.subscribe(),
            printing: self.printing.clone(),
            events: self.event_sender.clone(),
        })));
    }

    pub(crate) fn on_attempt(&mut self, event: AttemptEvent) {
        match event {
            AttemptEvent::Started { start, process } => {
                self.schedule.started();
                self.earlier_attempts.started(start.job.seq);
                self.running.insert(Arc::clone(&start), process);
                self.announce(&Event::JobStarted(start));
            }
            AttemptEvent::Printed(..) if self.reader_gone => {
                if !self.cancel.is_ending() {
                    self.on_output_failed(OutputLoss::ReaderGone);
                }
            }
            AttemptEvent::Printed(print, permit) => {
                self.announce(&Event::JobPrinted(print));
                self.backpressure.hold(permit);
            }
            AttemptEvent::Suspended => self.suspend_soon(),
            AttemptEvent::HeldBack {
                job,
                attempt,
                shortage,
            } => {
                self.on_held_back(job, attempt, shortage);
            }
            AttemptEvent::Withdrawn { job, slot } => self.on_withdrawn(job, slot),
            AttemptEvent::Ended { job, attempt } => {
                self.schedule.release(attempt.slot);
                self.running.remove(attempt.slot);
                let interrupted = attempt.exit().and_then(|exit| exit.signal);
                if attempt.leaked {
                    self.report_leaked_pipes();
                }
                self.on_ended(job, attempt);
                // Ctrl-C and Ctrl-\ reach only the job that has the terminal.
                if let (Foreground::Given(_), Some(signal @ (Signal::INT | Signal::QUIT))) =
                    (&self.options.foreground, interrupted)
                {
                    self.on_control(Control::Signal(signal));
                }
            }
        }
    }

    pub(crate) fn on_ended(&mut self, job: Arc<NumberedJob>, last: Arc<Attempt>) {
        let queued = self.earlier_attempts.ended(job.seq);
        let queued = queued.unwrap_or_else(|| last.begun.saturating_sub(job.read_at));
        let retries = job.job.retries.unwrap_or(self.options.retries);
        let may_retry = self.cancel.may_start() && last.number <= retries;
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
        self.schedule.wait_until(due, seq, Next { job, earlier });
    }

    /// Ends a job with the result of its last attempt.
    pub(super) fn end_after(
        &mut self,
        job: Arc<NumberedJob>,
        EarlierAttempt { last, queued }: EarlierAttempt,
    ) {
        let (status, reason, code) = (last.status(), last.reason(), last.shell_code());
        self.end(job, status, reason, Some(last), Some(queued));
        match self.cancel.job_ended(status) {
            Some(CancelReason::Race) => self.cancel_run(Cause::Race { code }, self.policy_end()),
            Some(_) => self.cancel_run(Cause::FailFast, self.policy_end()),
            None => {}
        }
    }

    pub(super) fn end(
        &mut self,
        job: Arc<NumberedJob>,
        status: Status,
        reason: Option<CancelReason>,
        last: Option<Arc<Attempt>>,
        queued: Option<Duration>,
    ) {
        let (seq, attempts) = (job.seq, last.as_ref().map_or(0, |last| last.number));
        if let Some(stdin) = &job.job.stdin {
            // Not when the last sink is done with the job.
            stdin.release();
        }
        let end = JobEnd {
            job,
            status,
            reason,
            failed_need: None,
            attempts,
            queued,
            last,
        };
        self.announce(&Event::JobEnded(Arc::new(end)));
        if let Some(order) = &mut self.order
            && order.ended(seq)
            && self.options.output.is_ordered()
            && !self.reader_gone
        {
            self.turn.send_replace(order.first());
        }
    }
}

#[cfg(all(test, linux))]
mod tests;
