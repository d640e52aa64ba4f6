//! [`SlurmExecutor`]: gives jobs to Slurm in chunks, and tells what their journals say.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::calls::{Call, CallKind, Called, Calls, call_environment};
use super::chunks::{Gathered, Gathering, Submissions};
use super::commands::{CancelScope, cancel_command};
use super::fate::Fates;
use super::files::{FileRules, FileThread, FromFiles, ToFiles};
use super::look_times::LookTimes;
use super::setup::{Setup, SlurmMode, SlurmRun};
use crate::event::{Event, JobEnd, JobStart, NumberedJob, RunningJob, Status};
use crate::process::{Signal, quote};
use crate::record::{LostAttempts, work_line};
use crate::run::context::RunContext;
use crate::run::control::Control;
use crate::run::executor::executor::Executor;
use crate::run::options::Options;
use crate::run::policy::{Moment, Request};

/// How much longer than their grace period jobs may take to end on a cluster.
const CLUSTER_GRACE: Duration = Duration::from_secs(10);

/// How long prun waits at its own end for the last call.
const LAST_CALL: Duration = Duration::from_secs(3);

/// Something that has arrived.
pub(crate) enum SlurmArrival {
    Called(Called),
    Files(FromFiles),
}

/// Gives jobs to Slurm.
pub(crate) struct SlurmExecutor {
    pub(super) setup: Setup,
    pub(super) files: FileThread,
    pub(super) calls: Calls,
    pub(super) fates: Fates,
    pub(super) looks: LookTimes,
    pub(super) submissions: Submissions,
    pub(super) gathering: Gathering,
    /// The number of the next chunk.
    pub(super) next_chunk: u64,
    /// How many requests to the files have no answer yet.
    pub(super) open_requests: u32,
    /// How many chunks are being written.
    pub(super) unwritten: u64,
    /// Whether all chunks are written.
    pub(super) is_whole: bool,
    /// Whether the journals are being read.
    pub(super) is_looking: bool,
    /// When they are read next.
    pub(super) next_journals: Moment,
    /// The chunks for which that is asked.
    pub(super) look_again: Vec<u64>,
    /// When Slurm was asked for what it has not answered yet.
    pub(super) asked_at: Option<Moment>,
    /// The attempts that run, by the numbers of their jobs.
    pub(super) running: HashMap<u64, Arc<JobStart>>,
    pub(super) stop: StopState,
    /// Whether nothing could be submitted, so that the run is over.
    pub(super) is_refused: bool,
    /// Whether the sinks take no more.
    is_full: bool,
    /// Whether all jobs are there before the first one is given away.
    pub(super) is_known: bool,
    /// The largest number of a job that was found in a run that had begun.
    last_found: u64,
}

/// How far the run is stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum StopState {
    #[default]
    No,
    /// The tasks are canceled, and waited for until this time.
    Until(Moment),
    /// They are not waited for any longer.
    Over,
}

impl SlurmExecutor {
    /// Creates it. The error is that of a thread that cannot be started.
    pub(crate) fn new(run: SlurmRun, options: &Options) -> io::Result<Self> {
        let setup = Setup::of(&run)?;
        let record = run.folder.record();
        let may_run_again = record.requeue;
        let rules = FileRules {
            run_begun: SystemTime::now(),
            slots_per_task: record.jobs_per_task.get(),
            spool: options.spool.clone(),
        };
        let environment = call_environment();
        Ok(Self {
            fates: Fates::new(setup.block_size, may_run_again),
            submissions: Submissions::new(setup.block_size, setup.tasks),
            files: FileThread::start(run.folder, rules)?,
            calls: Calls::new(environment),
            looks: LookTimes::default(),
            gathering: Gathering::default(),
            next_chunk: 0,
            open_requests: 0,
            unwritten: 0,
            is_whole: false,
            is_looking: false,
            next_journals: Moment::ZERO,
            look_again: Vec::new(),
            asked_at: None,
            running: HashMap::new(),
            stop: StopState::No,
            is_refused: false,
            is_full: false,
            is_known: false,
            last_found: 0,
            setup,
        })
    }

    /// Asks the files for something that is answered when it is done.
    pub(super) fn request_files(&mut self, request: ToFiles) {
        self.open_requests += 1;
        self.files.ask(request);
    }

    /// How many chunks Slurm has that have not ended.
    pub(super) fn submitted(&self) -> u64 {
        let unended = self.fates.unended();
        unended.saturating_sub(self.submissions.unsubmitted())
    }

    /// Whether something can be in the journals.
    fn has_journals(&self) -> bool {
        !self.fates.is_empty() && (self.submissions.has_begun() || self.is_followed())
    }

    pub(super) fn is_followed(&self) -> bool {
        self.setup.mode == SlurmMode::Follow
    }

    /// Whether all jobs were given to Slurm, or have ended.
    fn is_submitted(&self, run: &RunContext) -> bool {
        let has_all = run.exhausted && self.gathering.gathered(true).is_none();
        has_all && self.open_requests == 0 && self.submissions.is_idle()
    }

    /// A chunk was found whose last job has this number.
    pub(super) fn found(&mut self, last: u64) {
        self.last_found = self.last_found.max(last);
    }

    /// Tells how many jobs there are in a run that had begun.
    pub(super) fn report_found(&self, run: &mut RunContext) {
        run.has_total = true;
        let total = self.last_found;
        run.announce(&Event::InputEnded { total });
    }

    /// So many bytes of work lines are kept.
    pub(super) fn kept(&mut self, bytes: usize) {
        self.gathering.kept(bytes);
    }

    /// Ends the run, as was decided.
    pub(super) fn stop_all(&mut self, run: &RunContext) {
        match run.cancel.request() {
            Request::Run => {}
            Request::Terminate { signal, .. } => self.cancel_tasks(signal, run),
            // The second signal: each prun on a node kills its jobs.
            Request::Kill { .. } => self.cancel_tasks(Signal::INT, run),
        }
    }

    /// Cancels what Slurm has, and waits for it only for some time.
    fn cancel_tasks(&mut self, signal: Signal, run: &RunContext) {
        self.fates.stop();
        self.cancel(CancelScope::Pending);
        self.cancel(CancelScope::Signal(signal));
        if self.stop == StopState::No {
            let until = run.clock.now() + self.setup.header.grace + CLUSTER_GRACE;
            self.stop = StopState::Until(until);
        }
    }

    /// Calls scancel.
    pub(super) fn cancel(&mut self, scope: CancelScope) {
        self.calls.start(Call {
            kind: CallKind::Cancel,
            argv: cancel_command(scope, self.setup.user, &self.setup.run_id),
            script: Vec::new(),
        });
    }
}

impl Executor for SlurmExecutor {
    type Arrival = SlurmArrival;

    fn begin(&mut self, run: &RunContext, _has_services: bool) {
        self.is_known = run.has_total;
        if self.is_followed() {
            self.is_whole = true;
            self.request_files(ToFiles::Find);
        }
    }

    fn advance(&mut self, run: &mut RunContext) {
        self.is_full = run.backpressure.is_full();
        if self.is_refused {
            return;
        }
        if let StopState::Until(until) = self.stop
            && until <= run.clock.now()
        {
            self.stop = StopState::Over;
            self.cancel(CancelScope::All);
            self.fates.abandon();
        }
        self.cut(run);
        self.submit_chunks(run);
        let verdicts = self.fates.verdicts(run.clock.now());
        for verdict in verdicts {
            self.on_verdict(verdict, run);
        }
        if self.has_journals() {
            self.look(run);
        }
    }

    fn is_over(&mut self, run: &mut RunContext) -> bool {
        let is_submitted = self.is_submitted(run);
        let is_left = self.setup.mode == SlurmMode::Detach && self.stop == StopState::No;
        self.is_refused || is_submitted && (is_left || self.fates.is_empty())
    }

    fn report(&mut self, _: &mut RunContext) {}

    fn wants_job(&self, _: &RunContext, _is_large: bool) -> bool {
        let gathered = self.gathering.gathered(false);
        let is_full = |gathered: Gathered| gathered.is_full(&self.setup.cut);
        !self.gathering.is_busy() && (self.is_known || !gathered.is_some_and(is_full))
    }

    fn due(&self, run: &RunContext) -> Option<Moment> {
        if self.is_refused {
            return None;
        }
        let stop = match self.stop {
            StopState::Until(until) => Some(until),
            StopState::No | StopState::Over => None,
        };
        let looks = self.has_journals().then(|| self.look_due()).flatten();
        let times = [
            stop,
            looks,
            self.cut_due(run),
            self.submit_due(),
            self.fates.next_due(),
        ];
        times.into_iter().flatten().min()
    }

    async fn next(&mut self) -> SlurmArrival {
        tokio::select! {
            biased;
            called = self.calls.next() => SlurmArrival::Called(called),
            answer = self.files.answer(), if !self.is_full => SlurmArrival::Files(answer),
        }
    }

    fn handle(&mut self, arrival: SlurmArrival, run: &mut RunContext) -> Option<Control> {
        match arrival {
            SlurmArrival::Called(called) => self.on_called(called, run),
            SlurmArrival::Files(answer) => self.on_files(answer, run),
        }
        None
    }

    fn submit(&mut self, job: Arc<NumberedJob>, run: &mut RunContext) {
        match work_line(&job, &run.options.env, LostAttempts::default()) {
            Ok(line) => {
                if let Some(lines) = self.gathering.add(&line, run.clock.now()) {
                    self.files.ask(ToFiles::Gather(lines));
                }
            }
            // Its input cannot be read.
            Err(error) => {
                run.warn(format!("{}: {error}", job.job.origin));
                run.conclude(JobEnd::unstarted(job, Status::SpawnError, None));
            }
        }
    }

    fn settle(&mut self, _: &JobEnd, _: &mut RunContext) {}

    fn close(&mut self, _: &mut RunContext) {}

    fn end_waiting(&mut self, _: &mut RunContext) {}

    fn request(&mut self, run: &RunContext) {
        self.stop_all(run);
    }

    fn abandon(&mut self, _: &mut RunContext) {
        self.cancel(CancelScope::All);
    }

    async fn left(&mut self) {
        let last_call = async {
            while self.calls.are_open() {
                self.calls.next().await;
            }
        };
        // It goes on without prun.
        let _ = tokio::time::timeout(LAST_CALL, last_call).await;
    }

    fn outlives(&mut self, signal: Signal, run: &mut RunContext) -> bool {
        let outlives = signal == Signal::HUP && self.has_journals() && self.stop == StopState::No;
        if outlives {
            let path = quote(self.setup.path.as_os_str());
            run.warn(format!(
                "the jobs run on: follow them with: prun --follow {}",
                path.to_string_lossy()
            ));
        }
        outlives
    }

    fn control(&mut self, _: Control, _: &mut RunContext) {}

    fn running(&self) -> usize {
        self.running.len()
    }

    fn is_idle(&self) -> bool {
        self.running.is_empty() && self.fates.is_empty() && self.open_requests == 0
    }

    fn list(&self, now: Moment) -> Arc<[RunningJob]> {
        let mut running: Vec<_> = self.running.values().collect();
        running.sort_by_key(|start| start.begun);
        let running = running.into_iter().map(|start| RunningJob {
            start: Arc::clone(start),
            elapsed: now.saturating_sub(start.begun),
        });
        running.collect()
    }

    fn is_starting(&self) -> bool {
        false
    }

    fn stop(&mut self, run: &mut RunContext) {
        if self.has_journals() {
            run.warn("only prun is suspended: the jobs on the cluster run on");
        }
    }

    fn go_on(&mut self) {}

    async fn finish(&mut self, run: &mut RunContext<'_>) {
        let is_told = self.fates.is_empty() && self.setup.mode != SlurmMode::Detach;
        if self.submissions.has_begun() && is_told {
            self.end_leftovers().await;
        }
        let remove = (is_told && !self.setup.keeps_folder) || self.is_refused;
        self.files.ask(ToFiles::Finish { remove });
        loop {
            match self.files.answer().await {
                FromFiles::Finished(Ok(warning)) => {
                    warning.into_iter().for_each(|warning| run.warn(warning));
                    return;
                }
                FromFiles::Finished(Err(error)) => return run.warn(error.to_string()),
                _ => {}
            }
        }
    }
}
