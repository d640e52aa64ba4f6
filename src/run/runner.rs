//! The one owner of the run's truth: it selects, decides and announces.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

use super::attempt::{self, Assignment, AttemptEvent};
use super::backoff;
use super::cancel::{Cancel, Request};
use super::feed::Feed;
use super::options::Options;
use super::schedule::Schedule;
use crate::event::{
    Attempt, CancelReason, Event, Flow, JobEnd, JobRetry, JobStart, NumberedJob, Outcome,
    OutputLoss, Room, Status, Stop,
};
use crate::plan::{Entry, Job, SourceError};
use crate::process::Signal;
use crate::summary::Summary;

/// What reaches a run from outside.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Control {
    /// prun got a signal that asks it to stop.
    Signal(Signal),
    /// Nobody can be told any more.
    OutputFailed(OutputLoss),
}

/// A job that will be tried again.
struct Again {
    job: Arc<NumberedJob>,
    last: Arc<Attempt>,
    queued: Duration,
}

/// A run: jobs in, events out.
pub(crate) struct Runner<T> {
    options: Arc<Options>,
    tell: T,
    summary: Summary,
    begun: Instant,
    schedule: Schedule<Again>,
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
    /// A run by `options` that announces its events to `tell`.
    pub(crate) fn new(options: Options, tell: T) -> Self {
        let (attempts, arrivals) = mpsc::channel(64);
        Self {
            schedule: Schedule::new(options.jobs, options.delay),
            options: Arc::new(options),
            tell,
            summary: Summary::default(),
            begun: Instant::now(),
            cancel: Cancel::new(),
            requests: watch::Sender::new(Request::Run),
            attempts,
            arrivals,
            last_seq: 0,
            queued: HashMap::new(),
            full: None,
        }
    }

    /// Runs every job of `feed` to its ending.
    pub(crate) async fn run(
        mut self,
        mut feed: Feed,
        controls: &mut mpsc::UnboundedReceiver<Control>,
    ) -> Summary {
        let mut exhausted = false;
        loop {
            self.start_due();
            if exhausted && self.schedule.is_idle() {
                break;
            }
            let skipping = !self.cancel.is_running();
            let pause = self.schedule.paused_until(Instant::now());
            let may_start = self.schedule.has_room() && pause.is_none();
            let may_read = self.full.is_none() && (skipping || may_start);
            let next_due = match pause {
                Some(pause) => Some(pause),
                None => self.schedule.next_due().filter(|_| may_start),
            };
            tokio::select! {
                biased;
                Some(control) = controls.recv() => self.on_control(control, &mut feed),
                Some(event) = self.arrivals.recv() => self.on_attempt(event),
                () = until_ready(&mut self.full) => self.full = None,
                () = until(next_due) => {}
                next = feed.next(), if may_read && !exhausted => match next {
                    Some((Ok(Entry::Job(job)), read_at)) => self.on_job(job, read_at),
                    Some((Ok(Entry::Warning(warning)), _)) => self.warn(warning),
                    Some((Err(error), _)) => {
                        self.fail_input(&error);
                        exhausted = true;
                    }
                    None => exhausted = true,
                }
            }
        }
        let (elapsed, counts) = (self.begun.elapsed(), self.summary.counts());
        self.announce(&Event::RunEnded { elapsed, counts });
        self.summary
    }

    fn announce(&mut self, event: &Event) {
        self.summary.fold(event);
        if let Flow::Full(room) = (self.tell)(event) {
            self.full = Some(room);
        }
    }

    fn warn(&mut self, warning: String) {
        self.announce(&Event::Warned(warning.into()));
    }

    fn fail_input(&mut self, error: &SourceError) {
        self.announce(&Event::InputFailed(error.to_string().into()));
    }

    fn on_job(&mut self, job: Job, read_at: Instant) {
        self.last_seq += 1;
        let cwd = match &job.cwd {
            Some(dir) => Arc::<Path>::from(self.options.cwd.join(dir)),
            None => Arc::clone(&self.options.cwd),
        };
        let job = Arc::new(NumberedJob {
            seq: self.last_seq,
            read_at,
            cwd,
            job,
        });
        if self.cancel.is_running() {
            self.start(job, 1);
        } else {
            self.end(
                job,
                Status::Skipped,
                self.cancel.request().reason(),
                None,
                None,
            );
        }
    }

    fn start_due(&mut self) {
        while self.full.is_none() && self.schedule.has_room() {
            let now = Instant::now();
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
        let slot = self.schedule.take_slot(Instant::now());
        tokio::spawn(attempt::run(Assignment {
            job,
            attempt,
            slot,
            options: Arc::clone(&self.options),
            requests: self.requests.subscribe(),
            events: self.attempts.clone(),
        }));
    }

    fn on_attempt(&mut self, event: AttemptEvent) {
        match event {
            AttemptEvent::Started {
                job,
                attempt,
                slot,
                pid,
            } => {
                let start = JobStart {
                    job,
                    attempt,
                    slot,
                    pid,
                };
                self.announce(&Event::JobStarted(Arc::new(start)));
            }
            AttemptEvent::Ended { job, attempt } => {
                self.schedule.release(attempt.slot);
                let queued = match attempt.number {
                    1 => attempt.begun.saturating_duration_since(job.read_at),
                    _ => self.queued.remove(&job.seq).unwrap_or_default(),
                };
                self.on_ended(Again {
                    job,
                    last: attempt,
                    queued,
                });
            }
        }
    }

    fn on_ended(&mut self, again: Again) {
        let status = again.last.status();
        let retries = again.job.job.retries.unwrap_or(self.options.retries);
        let retry =
            self.cancel.is_running() && status != Status::Ok && again.last.number <= retries;
        if !retry {
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
            .wait_until(Instant::now() + delay, again.job.seq, again);
    }

    /// Ends a job by what its last attempt says.
    fn end_after(&mut self, again: Again) {
        let status = again.last.status();
        let reason = match &again.last.outcome {
            Outcome::Canceled { reason, .. } => *reason,
            _ => None,
        };
        self.end(
            again.job,
            status,
            reason,
            Some(again.last),
            Some(again.queued),
        );
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

    fn on_control(&mut self, control: Control, feed: &mut Feed) {
        let request = match control {
            Control::Signal(signal) => {
                let request = self.cancel.signal(signal, Instant::now());
                if let Some(request) = request {
                    self.announce(&Event::Stopped(Stop {
                        signal,
                        kill: matches!(request, Request::Kill { .. }),
                        running: self.schedule.running(),
                        grace: self.options.grace,
                    }));
                }
                request
            }
            Control::OutputFailed(loss) => {
                self.announce(&Event::OutputFailed(loss));
                self.cancel.output_failed()
            }
        };
        let Some(request) = request else { return };
        self.requests.send_replace(request);
        feed.close();
        // What waited for another attempt ends by the one it had.
        let waiting: Vec<_> = self.schedule.abandon_waiting().collect();
        for again in waiting {
            self.end_after(again);
        }
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time.into()).await,
        None => std::future::pending().await,
    }
}

async fn until_ready(room: &mut Option<Room>) {
    match room {
        Some(room) => room.await,
        None => std::future::pending().await,
    }
}
