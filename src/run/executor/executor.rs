//! [`Executor`]: what runs the jobs of a run.

use std::sync::Arc;

use crate::event::{JobEnd, NumberedJob, RunningJob};
use crate::process::Signal;
use crate::run::context::RunContext;
use crate::run::control::Control;
use crate::run::policy::Moment;

/// Where jobs run: on this machine, or on an engine. It makes the attempts of each job that is submitted,
/// decides when they start and whether they are tried again, and ends each job once. What it reports goes
/// through the [`RunContext`] that it is given with each call.
pub(crate) trait Executor {
    /// What [`next`](Self::next) returns.
    type Arrival;

    /// Handles the begin of the run. `has_services`: as far as is known.
    fn begin(&mut self, run: &RunContext, has_services: bool);

    /// Starts what may start; called before each wait.
    fn advance(&mut self, run: &mut RunContext);

    /// Whether every job that was submitted has ended, and no other will come; then what runs beside the jobs
    /// is ended first.
    fn is_over(&mut self, run: &mut RunContext) -> bool;

    /// Reports what waits, and which limits were reached.
    fn report(&mut self, run: &mut RunContext);

    /// Whether another job may be read. `is_large`: each takes much memory.
    fn wants_job(&self, run: &RunContext, is_large: bool) -> bool;

    /// Returns when it has something to do even if nothing arrives.
    fn due(&self, run: &RunContext) -> Option<Moment>;

    /// Returns what happened to its attempts. Cancel-safe.
    async fn next(&mut self) -> Self::Arrival;

    /// Handles what happened. It may be a signal that only a job got.
    fn handle(&mut self, arrival: Self::Arrival, run: &mut RunContext) -> Option<Control>;

    /// Takes a job, which it ends.
    fn submit(&mut self, job: Arc<NumberedJob>, run: &mut RunContext);

    /// Handles a job that ended without being submitted.
    fn settle(&mut self, end: &JobEnd, run: &mut RunContext);

    /// Handles the end of the input.
    fn close(&mut self, run: &mut RunContext);

    /// Ends what has not started, as the run is cancelled.
    fn end_waiting(&mut self, run: &mut RunContext);

    /// Handles a change of [`Cancel::request`](crate::run::policy::Cancel::request).
    fn request(&mut self, run: &RunContext);

    /// Kills everything, without waiting for it.
    fn abandon(&mut self, run: &mut RunContext);

    /// Waits for what must happen before prun leaves the jobs alone; not long.
    async fn left(&mut self);

    /// Whether jobs go on without prun after this signal; then it says how to come back to them.
    fn outlives(&mut self, signal: Signal, run: &mut RunContext) -> bool;

    /// Handles a control that only concerns it.
    fn control(&mut self, control: Control, run: &mut RunContext);

    /// Returns how many attempts run.
    fn running(&self) -> usize;

    /// Whether nothing runs and nothing waits.
    fn is_idle(&self) -> bool;

    /// Returns the running attempts, oldest first.
    fn list(&self, now: Moment) -> Arc<[RunningJob]>;

    /// Whether a process is being started.
    fn is_starting(&self) -> bool;

    /// Stops the running jobs, if prun can.
    fn stop(&mut self, run: &mut RunContext);

    /// Continues them.
    fn go_on(&mut self);

    /// Handles the end of the run, before it is reported.
    async fn finish(&mut self, run: &mut RunContext<'_>);
}
