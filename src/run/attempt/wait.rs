//! Waits for the end of a process, or ends it because of its time limit, because the run is cancelled,
//! or because it needs the terminal.

use std::time::Duration;

use tokio::sync::watch;

use super::foreground::TerminalRequest;
use super::messages::{Assignment, AttemptEvent, foreground_of};
use super::readiness;
use super::readiness::until_overdue;
use crate::event::{CancelReason, Outcome};
use crate::process::{Escalate, ExitInfo, Process, Scope, Signal, SignalError};
use crate::run::policy::{Clock, Moment, Request, steps};
use crate::run::signals::{CANCEL_SIGNALS, forward_pending};

/// Why a process is ended.
enum EndCause {
    TimedOut(Duration),
    /// It is a service that was not ready in time.
    NotReady(Duration),
    Canceled,
    NeededTerminal,
}

/// Waits for the end of the process, and ends it at its time limit or if the run is cancelled.
pub(crate) async fn wait_or_end(
    process: &Process,
    due: Option<(Duration, Moment)>,
    assignment: &mut Assignment,
) -> Outcome {
    // The group's ID must not be reused until its last member was signalled.
    let _hold = process.hold();
    let cause = wait_or_cause(process, due, assignment).await;
    // The end and the cause may both have happened while prun was stopped or busy, and are seen in any
    // order: a process that has ended has ended by itself.
    let cause = cause.filter(|_| process.is_running());
    if let Some((first, _)) = cause {
        let Assignment {
            clock,
            options,
            requests,
            ..
        } = assignment;
        let signals = Signals {
            steps: steps(first, options.grace).into_iter(),
            begun: clock.now(),
            clock,
            requests,
        };
        // A process that is left then is waited for.
        let _ = process.handle().escalate(Scope::Group, signals).await;
    }
    match (process.wait().await, cause.map(|(_, cause)| cause)) {
        (Ok(exit), None) if was_signaled_with_prun(&exit, assignment).await => {
            let reason = assignment.requests.borrow().reason();
            Outcome::Canceled { reason, exit }
        }
        (Ok(exit), None) => Outcome::Exited(exit),
        (Ok(exit), Some(EndCause::TimedOut(limit))) => Outcome::TimedOut { limit, exit },
        (Ok(exit), Some(EndCause::NotReady(limit))) => Outcome::NotReady { limit, exit },
        (Ok(exit), Some(EndCause::Canceled)) => Outcome::Canceled {
            reason: assignment.requests.borrow().reason(),
            exit,
        },
        (Ok(exit), Some(EndCause::NeededTerminal)) => Outcome::NeededTerminal { exit },
        (Err(error), _) => Outcome::Lost(error.to_string()),
    }
}

/// Whether the job got the same signal as prun: it was killed by one that cancels, or a shell's exit
/// code says that of its child, and prun got one too. A service manager signals all processes at once,
/// so prun's signal has arrived by now, unless an engine sends it to one process after the other; else there
/// is no wait for one that may never arrive.
async fn was_signaled_with_prun(exit: &ExitInfo, assignment: &mut Assignment) -> bool {
    let is_canceled_by =
        |signal: &Signal| exit.signal == Some(*signal) || exit.code == Some(128 + signal.as_raw());
    if !CANCEL_SIGNALS.iter().any(is_canceled_by) {
        return false;
    }
    forward_pending().await;
    let (lag, requests) = (assignment.options.signal_lag, &mut assignment.requests);
    if !lag.is_zero() && *requests.borrow() == Request::Run {
        // If none comes, the job was signalled alone.
        let _ = tokio::time::timeout(lag, end_requested(requests)).await;
    }
    requests.borrow().reason() == Some(CancelReason::Signal)
}

/// Waits until the process has ended, or returns the first signal to end it and why.
async fn wait_or_cause(
    process: &Process,
    due: Option<(Duration, Moment)>,
    assignment: &mut Assignment,
) -> Option<(Signal, EndCause)> {
    let mut overdue = readiness::overdue(assignment);
    let Assignment {
        job,
        options,
        clock,
        requests,
        events,
        ..
    } = assignment;
    let foreground = foreground_of(job, options);
    loop {
        tokio::select! {
            biased;
            _ = process.wait() => return None,
            first = end_requested(requests) => return Some((first, EndCause::Canceled)),
            limit = time_limit_reached(clock, due) => return Some((Signal::TERM, EndCause::TimedOut(limit))),
            limit = until_overdue(&mut overdue) => return Some((Signal::TERM, EndCause::NotReady(limit))),
            request = foreground.wait_for_request(process) => match request {
                TerminalRequest::Refused => return Some((Signal::TERM, EndCause::NeededTerminal)),
                TerminalRequest::Suspended => {
                    foreground.take_back();
                    // The runner stops prun, and continues the job when prun is continued.
                    let _ = events.send(AttemptEvent::Suspended).await;
                    foreground.continued(process).await;
                    foreground.give(process);
                }
            },
        }
    }
}

async fn time_limit_reached(clock: &Clock, due: Option<(Duration, Moment)>) -> Duration {
    match due {
        Some((limit, moment)) => {
            clock.sleep_until(moment).await;
            limit
        }
        None => std::future::pending().await,
    }
}

/// Waits until the attempt is requested to end, and returns the signal.
pub(crate) async fn end_requested(requests: &mut watch::Receiver<Request>) -> Signal {
    let request = requests.wait_for(|request| *request != Request::Run).await;
    match request.map(|request| *request) {
        Ok(Request::Terminate { signal, .. }) => signal,
        // If the runner is gone, everything must end.
        Ok(Request::Kill { .. } | Request::Run) | Err(_) => Signal::KILL,
    }
}

async fn kill_requested(requests: &mut watch::Receiver<Request>) {
    let is_kill = |request: &Request| matches!(request, Request::Kill { .. });
    let _ = requests.wait_for(is_kill).await;
}

/// The signals of an attempt that is to end: those of [`steps`], or `SIGKILL` once a kill is requested.
struct Signals<'a> {
    steps: std::vec::IntoIter<(Duration, Signal)>,
    begun: Moment,
    clock: &'a Clock,
    requests: &'a mut watch::Receiver<Request>,
}

impl Escalate for Signals<'_> {
    async fn next(&mut self) -> Signal {
        let Some((after, signal)) = self.steps.next() else {
            return Signal::KILL;
        };
        tokio::select! {
            biased;
            () = kill_requested(self.requests) => Signal::KILL,
            () = self.clock.sleep_until(self.begun + after) => signal,
        }
    }

    /// A process of another user may become one of ours, or start one, before the next signal.
    fn refused(&mut self, _: SignalError) -> Result<(), SignalError> {
        Ok(())
    }
}
