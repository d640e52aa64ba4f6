//! [`RunContext`]: what a run knows whatever runs its jobs, and the one place that sends its events.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::backpressure::Backpressure;
use super::options::{JobOutput, Options, OutputDelivery};
use super::policy::{Cancel, Clock, Moment, OutputTurn, Request};
use super::resume::CompletedJobs;
use crate::event::{CancelReason, Cancellation, Cause, End, Event, Flow, JobEnd, OutputLoss};
use crate::os::process_group::is_orphaned;
use crate::process::Signal;
use crate::summary::Summary;

/// How long prun waits for starts in progress before it stops. The same Ctrl-Z may have stopped one of
/// them, which is detected and continued after 0.2 s.
const START_WAIT: Duration = Duration::from_secs(2);

/// Who handles the events of a run.
pub(crate) type Forward<'a> = Box<dyn FnMut(&Event) -> Flow + 'a>;

/// The state of a run, apart from what runs its jobs.
pub(crate) struct RunContext<'a> {
    pub(crate) options: Arc<Options>,
    /// The jobs that earlier runs have completed, if there is a job log.
    pub(crate) completed_jobs: Option<CompletedJobs>,
    forward: Forward<'a>,
    pub(crate) summary: Summary,
    pub(crate) clock: Clock,
    pub(crate) cancel: Cancel,
    /// Jobs up to this number report their output as it arrives.
    turn: watch::Sender<u64>,
    /// The first job that has not ended, if jobs are reported in their order.
    pub(crate) order: Option<OutputTurn>,
    /// Whether the next output cancels the run, because its reader is gone.
    pub(crate) reader_gone: bool,
    /// Whether the number of jobs was reported.
    pub(crate) has_total: bool,
    /// Whether all jobs were read.
    pub(crate) exhausted: bool,
    pub(crate) backpressure: Backpressure,
    /// Until when starts in progress may take, if prun is to stop then.
    pub(crate) suspending: Option<Moment>,
}

impl<'a> RunContext<'a> {
    /// Creates the state of a run that sends its events to `forward`.
    pub(crate) fn new(
        options: Arc<Options>,
        completed_jobs: Option<CompletedJobs>,
        forward: Forward<'a>,
    ) -> Self {
        let turn = match options.output {
            JobOutput::Captured { delivery, .. } => match delivery {
                OutputDelivery::Grouped => 0,
                OutputDelivery::Streamed => u64::MAX,
                OutputDelivery::Ordered => 1,
            },
            JobOutput::Inherited | JobOutput::Discarded => 0,
        };
        Self {
            turn: watch::Sender::new(turn),
            order: options.keep_order.then(OutputTurn::new),
            reader_gone: false,
            cancel: Cancel::new(options.halt),
            completed_jobs,
            forward,
            summary: Summary::default(),
            clock: Clock::start(),
            has_total: false,
            exhausted: false,
            options,
            backpressure: Backpressure::default(),
            suspending: None,
        }
    }

    /// Sends an event.
    pub(crate) fn announce(&mut self, event: &Event) {
        self.summary.fold(event);
        if let Flow::Full(when_ready) = (self.forward)(event) {
            self.backpressure.set(when_ready, self.clock.now());
        }
    }

    /// Sends a warning.
    pub(crate) fn warn(&mut self, warning: impl Into<Arc<str>>) {
        self.announce(&Event::Warned(warning.into()));
    }

    /// Reports the end of a job.
    pub(crate) fn conclude(&mut self, end: JobEnd) -> Arc<JobEnd> {
        let seq = end.job.seq;
        if let Some(stdin) = &end.job.job.stdin {
            // Not when the last sink is done with the job.
            stdin.release();
        }
        let end = Arc::new(end);
        self.announce(&Event::JobEnded(Arc::clone(&end)));
        self.pass_turn(seq);
        end
    }

    /// Returns the number up to which jobs report their output as it arrives, which changes.
    pub(crate) fn turn(&self) -> watch::Receiver<u64> {
        self.turn.subscribe()
    }

    /// Handles a job for whose end the next ones do not wait any more.
    pub(crate) fn pass_turn(&mut self, seq: u64) {
        if self.order.as_mut().is_some_and(|order| order.ended(seq))
            && self.options.output.is_ordered()
            && !self.reader_gone
            && let Some(first) = self.order.as_ref().map(OutputTurn::first)
        {
            self.turn.send_replace(first);
        }
    }

    /// Handles the reader of standard output, who has gone away.
    pub(crate) fn on_reader_gone(&mut self) {
        // Output that is held back would grow without a reader.
        self.reader_gone = true;
        self.turn.send_replace(u64::MAX);
    }

    /// Counts the end of a job with this exit code, which may cancel the run. Returns whether it did.
    pub(crate) fn count_end(&mut self, end: &JobEnd, code: u8, running: usize) -> bool {
        let cause = match self.cancel.job_ended(end.status, end.job.job.may_fail()) {
            Some(CancelReason::Race) => Cause::Race { code },
            Some(_) => Cause::FailFast,
            None => return false,
        };
        self.cancel_run(cause, self.policy_end(), running);
        true
    }

    /// Reports that the run is cancelled, with so many running jobs. The executor is to be told as well.
    pub(crate) fn cancel_run(&mut self, cause: Cause, end: End, running: usize) {
        let grace = self.options.grace;
        self.announce(&Event::Canceled(Cancellation {
            cause,
            end,
            running,
            grace,
        }));
        // The grace period and prun's patience are time limits, too.
        self.clock.watch();
    }

    /// Notes that prun ends by this signal, and leaves its jobs running: for those who follow the run it is not
    /// cancelled.
    pub(crate) fn leave(&mut self, signal: Signal) {
        self.cancel.signal(signal, self.clock.now());
        self.summary.fold(&Event::Canceled(Cancellation {
            cause: Cause::Signal(signal),
            end: End::Awaited,
            running: 0,
            grace: Duration::ZERO,
        }));
    }

    /// Returns what the policy does with running jobs.
    pub(crate) fn policy_end(&self) -> End {
        match self.cancel.request() {
            Request::Run => End::Awaited,
            Request::Terminate { .. } => End::Gentle,
            Request::Kill { .. } => End::Killed,
        }
    }

    /// Handles output that cannot be written. Returns whether that cancels the run: not if standard output
    /// can still be written.
    pub(crate) fn on_output_failed(&mut self, loss: OutputLoss) -> bool {
        self.announce(&Event::OutputFailed(loss));
        if loss == OutputLoss::Stderr {
            return false;
        }
        self.cancel.output_failed();
        self.clock.watch();
        true
    }

    /// Stops the jobs and prun once the starts in progress have finished: their processes must be known.
    pub(crate) fn suspend_soon(&mut self) {
        // Nobody could continue an orphaned process group: the terminal ignores Ctrl-Z for it, too.
        if !is_orphaned() {
            let until = self.clock.now() + START_WAIT;
            self.suspending.get_or_insert(until);
        }
    }

    /// Whether anything may start now, even what takes no slot.
    pub(crate) fn may_start(&self) -> bool {
        !self.backpressure.is_full() && self.suspending.is_none() && self.cancel.may_start()
    }
}
