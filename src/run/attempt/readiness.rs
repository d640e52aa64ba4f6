//! Asks a service whether it is ready, until it is or its time is over.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::command::LaunchContext;
use super::launch::execute;
use super::messages::{Assignment, AttemptEvent};
use crate::event::NumberedJob;
use crate::plan::{Invocation, Service};
use crate::process::{SpawnStart, wait_for};
use crate::run::options::Options;
use crate::run::policy::Clock;

/// The first and the longest pause between two questions; each is half as long again as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long an answer may take: a command that waits for more than this is asked again.
const LONGEST_ANSWER: Duration = Duration::from_secs(10);

/// Resolves with the time limit of a service that is not ready within it; never for other jobs. Dropping
/// it ends the command that asks.
pub(crate) type Overdue = Pin<Box<dyn Future<Output = Duration> + Send>>;

/// Starts to ask a service whether it is ready, if the job is one, and reports when it is.
pub(crate) fn overdue(assignment: &Assignment) -> Option<Overdue> {
    let service = assignment.job.job.service()?;
    let Service {
        ready: Some(ready),
        ready_timeout,
    } = service
    else {
        return None;
    };
    let question = Question {
        job: Arc::clone(&assignment.job),
        ready: ready.clone(),
        slots: (assignment.slot, assignment.question_slot),
        options: Arc::clone(&assignment.options),
    };
    let (clock, events) = (assignment.clock.clone(), assignment.events.clone());
    let limit = *ready_timeout;
    let due = Some(clock.now() + limit).filter(|_| !limit.is_zero());
    Some(Box::pin(async move {
        tokio::select! {
            biased;
            () = question.answered(&clock) => {}
            () = clock.sleep_until_some(due) => return limit,
        }
        let seq = question.job.seq;
        // The runner may be gone.
        let _ = events.send(AttemptEvent::Ready { seq }).await;
        std::future::pending().await
    }))
}

/// Resolves when a service is overdue; never if there is no such time.
pub(crate) async fn until_overdue(overdue: &mut Option<Overdue>) -> Duration {
    match overdue {
        Some(overdue) => overdue.await,
        None => std::future::pending().await,
    }
}

/// The command that asks whether a service is ready.
struct Question {
    job: Arc<NumberedJob>,
    ready: Invocation,
    /// The number of the service, and the one of the command in the table of the guard.
    slots: (u32, u32),
    options: Arc<Options>,
}

impl Question {
    /// Asks until the answer is yes.
    async fn answered(&self, clock: &Clock) {
        let mut pause = FIRST_PAUSE;
        while !self.is_ready().await {
            clock.sleep_until(clock.now() + pause).await;
            pause = (pause * 3 / 2).min(LONGEST_PAUSE);
        }
    }

    /// Asks once. A command that cannot be started, or takes too long, is a no.
    async fn is_ready(&self) -> bool {
        let begun = SpawnStart::default();
        let context = LaunchContext {
            attempt: 1,
            slot: self.slots.0,
            pwd: None,
        };
        let guarded = self.options.guard.enter(self.slots.1, self.job.seq);
        let start = |argv: &[std::ffi::OsString]| {
            let command = context.silent_command(argv, &self.job, &self.options);
            Arc::new(command).start(&begun)
        };
        let launch = execute(&self.ready, &self.job, &self.options, self.slots.0, start).await;
        let Ok(process) = launch.process else {
            return false;
        };
        guarded.started(process.pid());
        // A process that is dropped is killed with its group.
        let answer = wait_for(process.wait(), LONGEST_ANSWER).await;
        answer.is_ok_and(|exit| exit.is_ok_and(|exit| exit.success()))
    }
}
