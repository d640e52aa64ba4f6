//! Makes the endings that are in no journal.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::messages::MadeEnding;
use crate::event::{
    Attempt, CancelReason, Event, JobEnd, JobRetry, JobStart, NumberedJob, Outcome, Status,
};
use crate::record::{FIRST_SLOT, planned_argv};

/// Returns the ending of a job, or of an attempt that is followed by another one; `start` is that of the
/// attempt, if it is known.
pub(super) fn made(
    job: Arc<NumberedJob>,
    start: Option<&JobStart>,
    ending: &MadeEnding,
    run_begun: SystemTime,
) -> Event {
    let unknown = |attempt: u32, error: &Arc<str>| {
        Arc::new(unknown_attempt(&job, start, attempt, error, run_begun))
    };
    let end = |status, reason, last: Arc<Attempt>| JobEnd {
        attempts: last.number,
        queued: None,
        last: Some(last),
        ..JobEnd::unstarted(Arc::clone(&job), status, reason)
    };
    let end = match ending {
        MadeEnding::Skipped(reason) => {
            JobEnd::unstarted(Arc::clone(&job), Status::Skipped, *reason)
        }
        MadeEnding::NotStarted(why) | MadeEnding::TaskNotBegun(why) => {
            let begun = now_since(run_begun);
            let outcome = Outcome::NotStarted(why.to_string());
            let mut attempt = Attempt::new((1, FIRST_SLOT), (SystemTime::now(), begun), outcome);
            (attempt.argv, attempt.shell) = planned_argv(&job, FIRST_SLOT);
            end(Status::SpawnError, None, Arc::new(attempt))
        }
        MadeEnding::LostAndAgain { attempt, error } => {
            return Event::JobRetried(Arc::new(JobRetry {
                attempt: unknown(*attempt, error),
                job,
                delay: Duration::ZERO,
            }));
        }
        MadeEnding::Lost { attempt, error } => end(
            Status::Failed,
            Some(CancelReason::Lost),
            unknown(*attempt, error),
        ),
        MadeEnding::Canceled {
            attempt,
            reason,
            error,
        } => end(Status::Canceled, *reason, unknown(*attempt, error)),
    };
    Event::JobEnded(Arc::new(end))
}

/// An attempt of which nobody knows how it ended.
fn unknown_attempt(
    job: &NumberedJob,
    start: Option<&JobStart>,
    number: u32,
    error: &Arc<str>,
    run_begun: SystemTime,
) -> Attempt {
    let now = now_since(run_begun);
    let begun = start.map_or(now, |start| start.begun);
    let slot = start.map_or(FIRST_SLOT, |start| start.slot);
    let (argv, shell) = planned_argv(job, slot);
    Attempt {
        host: start.and_then(|start| start.host.clone()),
        pid: start.map(|start| start.pid),
        argv,
        shell,
        wall: now.saturating_sub(begun),
        ..Attempt::new(
            (number, slot),
            (run_begun + begun, begun),
            Outcome::Lost(error.to_string()),
        )
    }
}

fn now_since(run_begun: SystemTime) -> Duration {
    run_begun.elapsed().unwrap_or_default()
}
