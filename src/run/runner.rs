//! The one owner of the run's truth: it selects, decides and announces.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

use super::attempt::{self, Assignment, AttemptEvent};
use super::backoff;
use super::cancel::{Cancel, Heard, Request};
use super::clock::Clock;
use super::control::Control;
use super::feed::Feed;
use super::foreground::Foreground;
use super::ledger::Ledger;
use super::options::Options;
use super::running::Running;
use super::schedule::Schedule;
use crate::event::{
    Attempt, CancelReason, Cause, End, Event, Flow, JobEnd, JobRetry, NumberedJob, Room, Status,
    Stop,
};
use crate::plan::{Entry, Job};
use crate::process::{Signal, group_is_orphaned};
use crate::summary::Summary;

/// A job that will be tried again.
struct Again {
    job: Arc<NumberedJob>,
    last: Arc<Attempt>,
    queued: Duration,
}

/// A run that is over, but for the telling.
pub(crate) struct Ended {
    pub(crate) summary: Summary,
    pub(crate) cancel: Cancel,
    pub(crate) clock: Clock,
}

/// A run: jobs in, events out.
pub(crate) struct Runner<T> {
    options: Arc<Options>,
    /// What earlier runs have done, if there is a job log.
    ledger: Option<Ledger>,
    tell: T,
    summary: Summary,
    clock: Clock,
    schedule: Schedule<Again>,
    running: Running,
    cancel: Cancel,
    requests: watch::Sender<Request>,
    attempts: mpsc::Sender<AttemptEvent>,
    arrivals: mpsc::Receiver<AttemptEvent>,
    last_seq: u64,
    /// Of jobs that run again, from reading to the first start.
    queued: HashMap<u64, Duration>,
    /// Until those who tell have room again.
    full: Option<Room>,
}

impl<T: FnMut(&Event) -> Flow> Runner<T> {
    /// A run by `options`, going on from `ledger`, that announces its events to `tell`.
    pub(crate) fn new(options: Options, ledger: Option<Ledger>, tell: T) -> Self {
        let (attempts, arrivals) = mpsc::channel(64);
        Self {
            schedule: Schedule::new(options.jobs, options.delay),
            cancel: Cancel::new(options.policy),
            options: Arc::new(options),
            ledger,
            tell,
            summary: Summary::default(),
            clock: Clock::start(),
            running: Running::default(),
            requests: watch::Sender::new(Request::Run),
            attempts,
            arrivals,
            last_seq: 0,
            queued: HashMap::new(),
            full: None,
        }
    }

    /// Runs every job of `feed` to its ending; a third signal leaves at once.
    pub(crate) async fn run(
        mut self,
        mut feed: Feed,
        controls: &mut mpsc::UnboundedReceiver<Control>,
    ) -> Ended {
        let mut exhausted = false;
        let clock = self.clock.clone();
        loop {
            self.start_due();
            if exhausted && self.schedule.is_idle() {
                break;
            }
            let pause = self.schedule.paused_until(clock.now());
            let has_room = self.schedule.has_room() && pause.is_none();
            let may_read = self.full.is_none() && (has_room || !self.cancel.may_start());
            let next_due = pause.or_else(|| self.schedule.next_due().filter(|_| has_room));
            let deadline = self.options.deadline.filter(|_| !self.cancel.is_ending());
            tokio::select! {
                biased;
                Some(control) = controls.recv() => if self.on_control(control) == Heard::Third {
                    return self.ended();
                },
                Some(event) = self.arrivals.recv() => self.on_attempt(event),
                () = clock.sleep_until_some(deadline) => self.on_deadline(),
                () = until_ready(&mut self.full) => self.full = None,
                () = clock.sleep_until_some(next_due) => {}
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
                self.abandon_waiting();
            }
        }
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

    fn announce(&mut self, event: &Event) {
        self.summary.fold(event);
        if let Flow::Full(room) = (self.tell)(event) {
            self.full = Some(room);
        }
    }

    fn on_job(&mut self, job: Job, read_at: Instant) {
        self.last_seq += 1;
        let cwd = match &job.cwd {
            Some(dir) => Arc::<Path>::from(self.options.cwd.join(dir)),
            None => Arc::clone(&self.options.cwd),
        };
        let read_at = self.clock.moment_of(read_at);
        let ledger = self.ledger.as_mut();
        let key = ledger.map(|ledger| ledger.key(&job, &cwd, &self.options.env));
        let is_done = |key| {
            self.ledger
                .as_ref()
                .is_some_and(|ledger| ledger.is_done(key))
        };
        let done = key.is_some_and(is_done);
        let seq = self.last_seq;
        let job = Arc::new(NumberedJob {
            seq,
            read_at,
            cwd,
            key,
            job,
        });
        if done {
            self.end(job, Status::Ok, Some(CancelReason::Resumed), None, None);
        } else if self.cancel.may_start() {
            self.start(job, 1);
        } else {
            self.end(job, Status::Skipped, self.cancel.reason(), None, None);
        }
    }

    fn start_due(&mut self) {
        while self.full.is_none() && self.schedule.has_room() {
            let now = self.clock.now();
            if self.schedule.paused_until(now).is_some() {
                break;
            }
            let Some(again) = self.schedule.take_due(now) else {
                break;
            };
            self.queued.insert(again.job.seq, again.queued);
            self.start(again.job, again.last.number + 1);
        }
    }

    fn start(&mut self, job: Arc<NumberedJob>, attempt: u32) {
        let slot = self.schedule.take_slot(self.clock.now());
        tokio::spawn(attempt::run(Assignment {
            job,
            attempt,
            slot,
            options: Arc::clone(&self.options),
            clock: self.clock.clone(),
            requests: self.requests.subscribe(),
            events: self.attempts.clone(),
        }));
    }

    fn on_attempt(&mut self, event: AttemptEvent) {
        match event {
            AttemptEvent::Started {
                start,
                begun,
                process,
            } => {
                self.running.insert(Arc::clone(&start), begun, process);
                self.announce(&Event::JobStarted(start));
            }
            AttemptEvent::Suspended => self.suspend(),
            AttemptEvent::Ended { job, attempt } => {
                self.schedule.release(attempt.slot);
                self.running.remove(attempt.slot);
                let queued = match attempt.number {
                    1 => attempt.begun.saturating_sub(job.read_at),
                    _ => self.queued.remove(&job.seq).unwrap_or_default(),
                };
                let interrupted = attempt.exit().and_then(|exit| exit.signal);
                self.on_ended(Again {
                    job,
                    last: attempt,
                    queued,
                });
                // The keys of the terminal reach only the job that has it.
                if let (Foreground::Given(_), Some(signal @ (Signal::INT | Signal::QUIT))) =
                    (&self.options.foreground, interrupted)
                {
                    self.on_control(Control::Signal(signal));
                }
            }
        }
    }

    fn on_ended(&mut self, again: Again) {
        let status = again.last.status();
        let retries = again.job.job.retries.unwrap_or(self.options.retries);
        let may_retry = self.cancel.may_start() && again.last.number <= retries;
        if status == Status::Ok || !may_retry {
            return self.end_after(again);
        }
        let delay = backoff::delay(self.options.retry_delay, again.last.number);
        let event = JobRetry {
            job: Arc::clone(&again.job),
            attempt: Arc::clone(&again.last),
            delay,
        };
        self.announce(&Event::JobRetried(Arc::new(event)));
        self.schedule
            .wait_until(self.clock.now() + delay, again.job.seq, again);
    }

    /// What waited for another attempt ends by the one it had.
    fn abandon_waiting(&mut self) {
        let waiting: Vec<_> = self.schedule.abandon_waiting().collect();
        for again in waiting {
            self.end_after(again);
        }
    }

    /// Ends a job by what its last attempt says.
    fn end_after(&mut self, again: Again) {
        let status = again.last.status();
        let reason = again.last.reason();
        let code = again.last.shell_code();
        self.end(
            again.job,
            status,
            reason,
            Some(again.last),
            Some(again.queued),
        );
        match self.cancel.job_ended(status) {
            Some(CancelReason::Race) => self.stop(Cause::Race { code }, self.policy_end()),
            Some(_) => self.stop(Cause::FailFast, self.policy_end()),
            None => {}
        }
    }

    fn end(
        &mut self,
        job: Arc<NumberedJob>,
        status: Status,
        reason: Option<CancelReason>,
        last: Option<Arc<Attempt>>,
        queued: Option<Duration>,
    ) {
        let attempts = last.as_ref().map_or(0, |last| last.number);
        let end = JobEnd {
            job,
            status,
            reason,
            attempts,
            queued,
            last,
        };
        self.announce(&Event::JobEnded(Arc::new(end)));
    }

    fn on_control(&mut self, control: Control) -> Heard {
        match control {
            Control::Signal(signal) => {
                let heard = self.cancel.signal(signal, self.clock.now());
                match heard {
                    Heard::First => self.stop(Cause::Signal(signal), End::Gentle),
                    Heard::Second => self.stop(Cause::Signal(signal), End::Killed),
                    Heard::Echo => {}
                    // Nobody waits for the attempts to do it.
                    Heard::Third => {
                        self.take_arrivals();
                        self.running.signal(Signal::KILL);
                    }
                }
                return heard;
            }
            Control::Suspend => self.suspend(),
            Control::ShowRunning => {
                let running = self.running.list(self.clock.now());
                self.announce(&Event::Asked(running));
            }
            Control::OutputFailed(loss) => {
                self.announce(&Event::OutputFailed(loss));
                self.cancel.output_failed();
                self.pass_on();
            }
        }
        Heard::Echo
    }

    /// Stops the jobs and prun, until somebody continues prun; all clocks stand still meanwhile.
    fn suspend(&mut self) {
        // Nobody could continue us: the terminal's own rule for such a group is to ignore it.
        if group_is_orphaned() {
            return;
        }
        self.take_arrivals();
        self.running.stop();
        let stopped = Instant::now();
        Signal::STOP.raise();
        self.clock.add_pause(stopped.elapsed());
        self.running.signal(Signal::CONT);
    }

    /// Learns of the processes that have just started, before something is done to all.
    fn take_arrivals(&mut self) {
        while let Ok(event) = self.arrivals.try_recv() {
            self.on_attempt(event);
        }
    }

    fn on_deadline(&mut self) {
        if self.cancel.deadline() {
            self.stop(Cause::Deadline, End::Gentle);
        }
    }

    /// What the policy asks of the jobs that run.
    fn policy_end(&self) -> End {
        match self.cancel.request() {
            Request::Run => End::Awaited,
            Request::Stop { .. } => End::Gentle,
            Request::Kill { .. } => End::Killed,
        }
    }

    /// Tells that the run ends before its time, and asks the attempts to end.
    fn stop(&mut self, cause: Cause, end: End) {
        let (running, grace) = (self.schedule.running(), self.options.grace);
        self.announce(&Event::Stopped(Stop {
            cause,
            end,
            running,
            grace,
        }));
        self.pass_on();
    }

    /// Passes what is asked of the attempts on to them.
    fn pass_on(&mut self) {
        self.requests.send_replace(self.cancel.request());
    }
}

async fn until_ready(room: &mut Option<Room>) {
    match room {
        Some(room) => room.await,
        None => std::future::pending().await,
    }
}
