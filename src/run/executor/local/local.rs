//! [`LocalExecutor`]: starts jobs on this machine, in slots.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::earlier_attempts::{EarlierAttempt, EarlierAttempts};
use super::own_requests::OwnRequests;
use super::running::Running;
use crate::event::{Attempt, CancelReason, Event, JobEnd, NumberedJob, OutputLoss, RunningJob};
use crate::process::{Shortage, Signal};
use crate::run::attempt::{AttemptEvent, Foreground, Printing};
use crate::run::context::RunContext;
use crate::run::control::Control;
use crate::run::executor::executor::Executor;
use crate::run::options::Options;
use crate::run::policy::{Dependencies, Moment, Request, Schedule, Throttle};
use crate::run::start_limits::StartLimits;

/// A job that is to be started.
pub(crate) struct Next {
    pub(crate) job: Arc<NumberedJob>,
    /// None before its first attempt.
    pub(crate) earlier: Option<EarlierAttempt>,
    /// How long it and the jobs after it are known to take, if the longest come first.
    pub(crate) length: Duration,
}

/// Starts jobs on this machine.
pub(crate) struct LocalExecutor {
    pub(super) schedule: Schedule<Next>,
    pub(super) running: Running,
    pub(super) requests: watch::Sender<Request>,
    /// Requests to single attempts.
    pub(super) own_requests: OwnRequests,
    pub(super) printing: Printing,
    pub(super) event_sender: mpsc::Sender<AttemptEvent>,
    attempt_events: mpsc::Receiver<AttemptEvent>,
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
    pub(super) earlier_attempts: EarlierAttempts,
    /// The shortage that was reported.
    pub(super) shortage: Option<Shortage>,
    /// The warning to report when the limit of concurrent jobs is reached.
    pub(super) limit_warning: Option<String>,
    /// Whether the warning about closed pipes was reported.
    pub(super) warned_of_closed_pipes: bool,
    /// What else keeps jobs from starting.
    pub(super) start_limits: Option<StartLimits>,
}

impl LocalExecutor {
    /// Creates it. `turn` is the number up to which jobs report their output as it arrives.
    pub(crate) fn new(
        options: &Options,
        start_limits: Option<StartLimits>,
        turn: watch::Receiver<u64>,
    ) -> Self {
        let (event_sender, attempt_events) = mpsc::channel(64);
        Self {
            printing: Printing::new(turn),
            schedule: Schedule::new(options.jobs, options.job_limit.is_none(), options.delay),
            running: Running::default(),
            requests: watch::Sender::new(Request::Run),
            event_sender,
            attempt_events,
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
            start_limits,
        }
    }

    /// Sends the current request to the attempts.
    pub(super) fn send_request(&mut self, run: &RunContext) {
        run.options.guard.ending();
        let request = run.cancel.request();
        self.requests.send_replace(request);
        self.own_requests.send_to_all(request);
    }

    fn on_ended(
        &mut self,
        job: Arc<NumberedJob>,
        mut attempt: Arc<Attempt>,
        run: &mut RunContext,
    ) -> Option<Control> {
        self.schedule.release(attempt.slot);
        self.running.remove(attempt.slot);
        self.leave(&job);
        let is_service = job.job.service().is_some();
        if is_service {
            attempt = self.on_service_ended(&job, attempt, run);
        }
        let interrupted = attempt.exit().and_then(|exit| exit.signal);
        if attempt.leaked {
            self.report_leaked_pipes(run);
        }
        self.end_or_retry(job, attempt, run);
        // Ctrl-C and Ctrl-\ reach only the job that has the terminal.
        match (&run.options.foreground, interrupted) {
            (Foreground::Given(_), Some(signal @ (Signal::INT | Signal::QUIT))) if !is_service => {
                Some(Control::Signal(signal))
            }
            _ => None,
        }
    }
}

impl Executor for LocalExecutor {
    type Arrival = AttemptEvent;

    fn begin(&mut self, _: &RunContext, has_services: bool) {
        self.has_services = has_services;
    }

    fn advance(&mut self, run: &mut RunContext) {
        self.start_due(run);
        self.skip_stranded(run);
    }

    fn is_over(&mut self, run: &mut RunContext) -> bool {
        self.has_ended_all(run) && !self.end_services(run)
    }

    fn report(&mut self, run: &mut RunContext) {
        if !run.exhausted {
            self.report_limit(run);
        }
        self.report_waits(run);
    }

    fn wants_job(&self, run: &RunContext, is_large: bool) -> bool {
        let has_space = || !is_large || self.schedule.has_unclaimed_slot();
        let wants_job = self.may_start_job(run) && has_space() && !self.has_enough_jobs(run);
        wants_job || self.reads_ahead(run)
    }

    fn due(&self, run: &RunContext) -> Option<Moment> {
        let now = run.clock.now();
        let pause = self.schedule.paused_until(now);
        let may_start = pause.is_none() && run.suspending.is_none() && !run.backpressure.is_full();
        let has_free_slot = may_start && self.schedule.has_free_slot();
        let next = self.schedule.next_due().filter(|_| has_free_slot);
        let limited = self.start_limits.as_ref().and_then(StartLimits::until);
        let limited = limited.filter(|_| has_free_slot);
        let start = pause.or(next);
        let times = [start, limited, self.waits_throttle.due()];
        times.into_iter().flatten().min()
    }

    async fn next(&mut self) -> AttemptEvent {
        match self.attempt_events.recv().await {
            Some(event) => event,
            // It has a sender itself.
            None => std::future::pending().await,
        }
    }

    fn handle(&mut self, event: AttemptEvent, run: &mut RunContext) -> Option<Control> {
        match event {
            AttemptEvent::Started { start, process } => {
                self.schedule.started();
                self.earlier_attempts.started(start.job.seq);
                self.running.insert(Arc::clone(&start), process);
                run.announce(&Event::JobStarted(Arc::clone(&start)));
                if let Some(service) = start.job.job.service() {
                    self.on_service_started(start.job.seq, service.ready.is_some(), run);
                }
            }
            AttemptEvent::Ready { seq } => self.on_ready(seq, run),
            AttemptEvent::Printed(..) if run.reader_gone => {
                if !run.cancel.is_ending() && run.on_output_failed(OutputLoss::ReaderGone) {
                    self.send_request(run);
                }
            }
            AttemptEvent::Printed(print, permit) => {
                run.announce(&Event::JobPrinted(print));
                run.backpressure.hold(permit);
            }
            AttemptEvent::Suspended => run.suspend_soon(),
            AttemptEvent::HeldBack {
                job,
                attempt,
                shortage,
            } => {
                self.on_held_back(job, attempt, shortage, run);
            }
            AttemptEvent::Withdrawn { job, slot } => self.on_withdrawn(job, slot, run),
            AttemptEvent::Ended { job, attempt } => return self.on_ended(job, attempt, run),
        }
        None
    }

    fn submit(&mut self, job: Arc<NumberedJob>, run: &mut RunContext) {
        self.take(job, run);
    }

    fn settle(&mut self, end: &JobEnd, run: &mut RunContext) {
        if end.reason == Some(CancelReason::Resumed) {
            self.dependencies.mention(end.job.needs());
        }
        self.settle_end(end, run);
    }

    fn close(&mut self, run: &mut RunContext) {
        self.on_exhausted(run);
    }

    fn end_waiting(&mut self, run: &mut RunContext) {
        self.end_unfinished(run);
    }

    fn request(&mut self, run: &RunContext) {
        self.send_request(run);
    }

    fn abandon(&mut self, run: &mut RunContext) {
        // Processes that were just started are to be known.
        while let Ok(event) = self.attempt_events.try_recv() {
            self.handle(event, run);
        }
        self.running.signal(Signal::KILL);
    }

    async fn left(&mut self) {}

    fn outlives(&mut self, _: Signal, _: &mut RunContext) -> bool {
        false
    }

    fn control(&mut self, control: Control, run: &mut RunContext) {
        match control {
            Control::JobLimit { limit, is_new } => {
                match limit {
                    Ok(limit) => self.schedule.set_limit(limit),
                    Err(why) if is_new => run.warn(why),
                    Err(_) => {}
                }
                self.schedule.go_on();
            }
            Control::MachineRead(reading) => {
                let now = run.clock.now();
                if let Some(limits) = &mut self.start_limits {
                    limits.read(reading, now);
                }
            }
            Control::TokenCame => {
                if let Some(limits) = &mut self.start_limits {
                    limits.token_came();
                }
            }
            _ => {}
        }
    }

    fn running(&self) -> usize {
        self.schedule.running()
    }

    fn is_idle(&self) -> bool {
        self.schedule.is_idle()
    }

    fn list(&self, now: Moment) -> Arc<[RunningJob]> {
        self.running.list(now)
    }

    fn is_starting(&self) -> bool {
        self.schedule.running() > self.running.count()
    }

    fn stop(&mut self, _: &mut RunContext) {
        self.running.stop();
    }

    fn go_on(&mut self) {
        self.running.signal(Signal::CONT);
    }

    async fn finish(&mut self, run: &mut RunContext<'_>) {
        self.report_if_nothing_started(run);
        self.report_unread_blocks(run).await;
    }
}
