//! The loop of a run: selects, decides and sends events.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;

use crate::event::{CancelReason, Event, JobEnd, NumberedJob, Status};
use crate::plan::{Entry, Job, NumberedEntry};
use crate::run::context::{Forward, RunContext};
use crate::run::control::Control;
use crate::run::executor::{Executor, LocalExecutor, SlurmExecutor, SlurmRun};
use crate::run::feed::Feed;
use crate::run::options::Options;
use crate::run::policy::{Cancel, Clock, Escalation};
use crate::run::resume::CompletedJobs;
use crate::summary::Summary;

/// A run that has ended; its last events may not be written yet.
pub(crate) struct Ended {
    pub(crate) summary: Summary,
    pub(crate) cancel: Cancel,
    pub(crate) clock: Clock,
}

/// A run: jobs in, events out.
pub(crate) struct Runner<'a, E> {
    pub(super) run: RunContext<'a>,
    pub(super) executor: E,
    last_seq: u64,
}

impl<'a> Runner<'a, LocalExecutor> {
    /// Creates a run on this machine with `options` that skips `completed_jobs` and sends its events to
    /// `forward`.
    pub(crate) fn local(
        mut options: Options,
        completed_jobs: Option<CompletedJobs>,
        forward: Forward<'a>,
    ) -> Self {
        let start_limits = options.start_limits.take();
        let options = Arc::new(options);
        let run = RunContext::new(Arc::clone(&options), completed_jobs, forward);
        let executor = LocalExecutor::new(&options, start_limits, run.turn());
        Self::new(run, executor)
    }
}

impl<'a> Runner<'a, SlurmExecutor> {
    /// Creates a run on a Slurm cluster.
    ///
    /// # Errors
    /// The thread of its files cannot be started.
    pub(crate) fn slurm(
        slurm: SlurmRun,
        options: Options,
        completed_jobs: Option<CompletedJobs>,
        forward: Forward<'a>,
    ) -> io::Result<Self> {
        let options = Arc::new(options);
        let executor = SlurmExecutor::new(slurm, &options)?;
        let run = RunContext::new(options, completed_jobs, forward);
        Ok(Self::new(run, executor))
    }
}

impl<'a, E: Executor> Runner<'a, E> {
    /// Creates a run whose jobs `executor` runs.
    pub(crate) fn new(run: RunContext<'a>, executor: E) -> Self {
        Self {
            run,
            executor,
            last_seq: 0,
        }
    }

    /// Runs every job of `feed` until it has ended; a third signal returns at once.
    pub(crate) async fn run(
        mut self,
        mut feed: Feed,
        controls: &mut mpsc::UnboundedReceiver<Control>,
    ) -> Ended {
        if let Some(warning) = self.run.options.open_spool() {
            self.run.warn(warning);
        }
        self.run.has_total = feed.total().is_some();
        self.executor.begin(&self.run, feed.has_services());
        let clock = self.run.clock.clone();
        if self.run.options.deadline.is_some() {
            clock.watch();
        }
        loop {
            self.suspend_if_due();
            self.executor.advance(&mut self.run);
            if self.executor.is_over(&mut self.run) {
                break;
            }
            self.executor.report(&mut self.run);
            if !self.run.has_total
                && let Some(total) = feed.total()
            {
                self.run.has_total = true;
                self.run.announce(&Event::InputEnded { total });
            }
            let may_read = !self.run.backpressure.is_full()
                && (self.executor.wants_job(&self.run, feed.is_large())
                    || !self.run.cancel.may_start());
            let due = self.executor.due(&self.run);
            let suspending = self.run.suspending;
            let deadline = self.run.options.deadline;
            let deadline = deadline.filter(|_| !self.run.cancel.is_ending());
            let patience = self.patience();
            tokio::select! {
                biased;
                Some(control) = controls.recv() => if self.on_control(control) == Some(Escalation::Exit) {
                    self.executor.left().await;
                    return self.ended();
                },
                arrival = self.executor.next() => {
                    if let Some(control) = self.executor.handle(arrival, &mut self.run) {
                        self.on_control(control);
                    }
                }
                () = clock.sleep_until_some(deadline) => self.on_deadline(),
                () = self.run.backpressure.relieved() => {}
                () = clock.sleep_until_some(patience) => break,
                () = clock.sleep_until_some(due) => {}
                () = clock.sleep_until_some(suspending) => {}
                next = feed.next(), if may_read && !self.run.exhausted => match next {
                    Some((Ok(Entry::Job(job)), read_at)) => self.on_job(job, read_at),
                    Some((Ok(Entry::Given(given)), read_at)) => self.on_given(*given, read_at),
                    Some((Ok(Entry::Warning(warning)), _)) => self.run.warn(warning),
                    Some((Err(error), _)) => {
                        self.run.announce(&Event::InputFailed(error.to_string().into()));
                        self.on_exhausted();
                    }
                    None => self.on_exhausted(),
                }
            }
            if !self.run.cancel.may_start() {
                feed.close();
                self.executor.end_waiting(&mut self.run);
            }
        }
        let mut others = Vec::new();
        let interrupted = tokio::select! {
            biased;
            () = self.executor.finish(&mut self.run) => None,
            signal = next_signal(controls, &mut others) => Some(signal),
        };
        for control in others.into_iter().chain(interrupted) {
            self.on_control(control);
        }
        let (elapsed, counts) = (self.run.clock.now(), self.run.summary.counts());
        self.run.announce(&Event::RunEnded { elapsed, counts });
        self.ended()
    }

    fn ended(self) -> Ended {
        let run = self.run;
        Ended {
            summary: run.summary,
            cancel: run.cancel,
            clock: run.clock,
        }
    }

    /// Handles a job that was read.
    fn on_job(&mut self, job: Job, read_at: Instant) {
        self.last_seq += 1;
        let (seq, key) = (self.last_seq, None);
        self.on_given(NumberedEntry { seq, key, job }, read_at);
    }

    /// Handles a job that was read, and has its number.
    fn on_given(&mut self, given: NumberedEntry, read_at: Instant) {
        let NumberedEntry { seq, key, job } = given;
        let options = &self.run.options;
        let cwd = match &job.cwd {
            Some(dir) => Arc::<Path>::from(options.cwd.join(dir)),
            None => Arc::clone(&options.cwd),
        };
        let completed_jobs = self.run.completed_jobs.as_mut();
        let own = || Some(completed_jobs?.key(&job, &cwd, &options.env));
        let key = key.or_else(own);
        let completed_jobs = self.run.completed_jobs.as_ref();
        let is_done = |key| completed_jobs.is_some_and(|completed| completed.is_done(key, seq));
        // A service has to run again as long as a job needs it.
        let done = key.is_some_and(is_done) && job.service().is_none();
        let job = Arc::new(NumberedJob {
            seq,
            read_at: self.run.clock.moment_of(read_at),
            cwd,
            key,
            slot_values: options.slot_values.clone(),
            job,
        });
        if done {
            self.end_unstarted(job, Status::Ok, Some(CancelReason::Resumed));
        } else if !self.run.cancel.may_start() {
            self.end_unstarted(job, Status::Skipped, self.run.cancel.reason());
        } else {
            self.executor.submit(job, &mut self.run);
        }
    }

    /// Ends a job that is not run.
    fn end_unstarted(
        &mut self,
        job: Arc<NumberedJob>,
        status: Status,
        reason: Option<CancelReason>,
    ) {
        let end = self.run.conclude(JobEnd::unstarted(job, status, reason));
        self.executor.settle(&end, &mut self.run);
    }

    /// Handles the end of the input.
    fn on_exhausted(&mut self) {
        self.run.exhausted = true;
        self.executor.close(&mut self.run);
    }
}

/// Returns the next signal, and keeps other requests for later. Cancel-safe.
async fn next_signal(
    controls: &mut mpsc::UnboundedReceiver<Control>,
    others: &mut Vec<Control>,
) -> Control {
    loop {
        match controls.recv().await {
            Some(signal @ Control::Signal(_)) => return signal,
            Some(other) => others.push(other),
            None => std::future::pending().await,
        }
    }
}

#[cfg(all(test, linux))]
mod tests;
