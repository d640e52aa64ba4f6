//! Owns the state of the run: selects, decides and sends events.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::backpressure::Backpressure;
use super::earlier_attempts::{EarlierAttempt, EarlierAttempts};
use super::own_requests::OwnRequests;
use super::running::Running;
use crate::event::{Event, Flow, NumberedJob, OutputLoss};
use crate::plan::Entry;
use crate::process::{Shortage, Signal};
use crate::run::attempt::{AttemptEvent, Foreground, Printing};
use crate::run::control::Control;
use crate::run::feed::Feed;
use crate::run::options::{JobOutput, Options, OutputDelivery};
use crate::run::policy::{
    Cancel, Clock, Dependencies, Escalation, Moment, OutputTurn, Request, Schedule, Throttle,
};
use crate::run::resume::CompletedJobs;
use crate::run::start_limits::StartLimits;
use crate::summary::Summary;

/// A job that is to be started.
pub(crate) struct Next {
    pub(crate) job: Arc<NumberedJob>,
    /// None before its first attempt.
    pub(crate) earlier: Option<EarlierAttempt>,
    /// How long it and the jobs after it are known to take, if the longest come first.
    pub(crate) length: Duration,
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
    pub(super) completed_jobs: Option<CompletedJobs>,
    forward: T,
    summary: Summary,
    pub(crate) clock: Clock,
    pub(crate) schedule: Schedule<Next>,
    pub(crate) running: Running,
    pub(crate) cancel: Cancel,
    pub(crate) requests: watch::Sender<Request>,
    /// Requests to single attempts.
    pub(super) own_requests: OwnRequests,
    pub(super) printing: Printing,
    /// Jobs up to this number report their output as it arrives.
    pub(crate) turn: watch::Sender<u64>,
    /// Whether the next output cancels the run, because its reader is gone.
    pub(crate) reader_gone: bool,
    /// The first job that has not ended, if jobs are reported in their order.
    pub(super) order: Option<OutputTurn>,
    pub(super) event_sender: mpsc::Sender<AttemptEvent>,
    pub(crate) attempt_events: mpsc::Receiver<AttemptEvent>,
    pub(super) last_seq: u64,
    /// Whether the number of jobs was reported.
    pub(super) has_total: bool,
    /// Whether all jobs were read.
    pub(super) exhausted: bool,
    /// The jobs that were read, until all are, if the longest come first.
    pub(super) unordered: Vec<Next>,
    /// The jobs that wait for others.
    pub(super) dependencies: Dependencies<Next>,
    /// Whether jobs need others, have a weight or are of a pool.
    pub(super) has_graph: bool,
    /// Whether there are services.
    pub(super) has_services: bool,
    /// Whether the last report of waiting jobs had any, and how often there is one.
    pub(super) has_waits: bool,
    pub(super) waits_throttle: Throttle,
    pub(crate) earlier_attempts: EarlierAttempts,
    /// The shortage that was reported.
    pub(crate) shortage: Option<Shortage>,
    /// The warning to report when the limit of concurrent jobs is reached.
    pub(super) limit_warning: Option<String>,
    /// Whether the warning about closed pipes was reported.
    pub(super) warned_of_closed_pipes: bool,
    pub(crate) backpressure: Backpressure,
    /// What else keeps jobs from starting.
    pub(super) start_limits: Option<StartLimits>,
    /// Until when starts in progress may take, if prun is to stop then.
    pub(crate) suspending: Option<Moment>,
}

impl<T: FnMut(&Event) -> Flow> Runner<T> {
    /// Creates a run with `options` that skips `completed_jobs` and sends its events to `forward`.
    pub(crate) fn new(
        mut options: Options,
        completed_jobs: Option<CompletedJobs>,
        forward: T,
    ) -> Self {
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
            schedule: Schedule::new(options.jobs, options.job_limit.is_none(), options.delay),
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
            exhausted: false,
            unordered: Vec::new(),
            dependencies: Dependencies::default(),
            has_graph: false,
            has_services: false,
            has_waits: false,
            waits_throttle: Throttle::default(),
            own_requests: OwnRequests::default(),
            earlier_attempts: EarlierAttempts::default(),
            shortage: None,
            limit_warning: options.limit_warning.clone(),
            warned_of_closed_pipes: false,
            start_limits: options.start_limits.take(),
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
        self.has_total = feed.total().is_some();
        self.has_services = feed.has_services();
        let clock = self.clock.clone();
        if self.options.deadline.is_some() {
            clock.watch();
        }
        loop {
            self.suspend_if_due();
            self.start_due();
            self.skip_stranded();
            if self.is_over() && !self.end_services() {
                break;
            }
            if !self.exhausted {
                self.report_limit();
            }
            self.report_waits();
            if !self.has_total
                && let Some(total) = feed.total()
            {
                self.has_total = true;
                self.announce(&Event::InputEnded { total });
            }
            let pause = self.schedule.paused_until(clock.now());
            let suspending = self.suspending;
            let is_full = self.backpressure.is_full();
            let may_start = pause.is_none() && suspending.is_none() && !is_full;
            let has_free_slot = self.schedule.has_free_slot() && may_start;
            let has_space = !feed.is_large() || self.schedule.has_unclaimed_slot();
            let wants_job = has_free_slot && has_space && !self.has_enough_jobs();
            let may_read =
                !is_full && (wants_job || self.reads_ahead() || !self.cancel.may_start());
            let waits = self.waits_throttle.due();
            let next_due = pause.or_else(|| self.schedule.next_due().filter(|_| has_free_slot));
            let limited = self.start_limits.as_ref().and_then(StartLimits::until);
            let limited = limited.filter(|_| has_free_slot);
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
                () = clock.sleep_until_some(waits) => {}
                () = clock.sleep_until_some(limited) => {}
                next = feed.next(), if may_read && !self.exhausted => match next {
                    Some((Ok(Entry::Job(job)), read_at)) => self.on_job(job, read_at),
                    Some((Ok(Entry::Warning(warning)), _)) => {
                        self.announce(&Event::Warned(warning.into()));
                    }
                    Some((Err(error), _)) => {
                        self.announce(&Event::InputFailed(error.to_string().into()));
                        self.on_exhausted();
                    }
                    None => self.on_exhausted(),
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

    pub(crate) fn on_attempt(&mut self, event: AttemptEvent) {
        match event {
            AttemptEvent::Started { start, process } => {
                self.schedule.started();
                self.earlier_attempts.started(start.job.seq);
                self.running.insert(Arc::clone(&start), process);
                self.announce(&Event::JobStarted(Arc::clone(&start)));
                if let Some(service) = start.job.job.service() {
                    self.on_service_started(start.job.seq, service.ready.is_some());
                }
            }
            AttemptEvent::Ready { seq } => self.on_ready(seq),
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
            AttemptEvent::Ended { job, mut attempt } => {
                self.schedule.release(attempt.slot);
                self.running.remove(attempt.slot);
                self.leave(&job);
                let is_service = job.job.service().is_some();
                if is_service {
                    attempt = self.on_service_ended(&job, attempt);
                }
                let interrupted = attempt.exit().and_then(|exit| exit.signal);
                if attempt.leaked {
                    self.report_leaked_pipes();
                }
                self.on_ended(job, attempt);
                // Ctrl-C and Ctrl-\ reach only the job that has the terminal.
                if let (Foreground::Given(_), Some(signal @ (Signal::INT | Signal::QUIT))) =
                    (&self.options.foreground, interrupted)
                    && !is_service
                {
                    self.on_control(Control::Signal(signal));
                }
            }
        }
    }
}

#[cfg(all(test, linux))]
mod tests;
