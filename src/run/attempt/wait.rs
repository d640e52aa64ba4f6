//! The end of one process: by itself, or because its time is over, the run is, or it wants the
//! terminal.

use std::time::Duration;

use tokio::sync::watch;

use super::foreground::TerminalRequest;
use super::messages::{Assignment, AttemptEvent};
use crate::event::{CancelReason, Outcome};
use crate::process::{ExitInfo, Process, Scope, Signal, wait_for};
use crate::run::policy::{Clock, Moment};
use crate::run::policy::{Request, steps};
use crate::run::signals::{STOP_SIGNALS, passed_on};

/// How long processes may take to die of `SIGKILL`: in an uninterruptible call it is for ever.
const KILL_WAIT: Duration = Duration::from_secs(5);

/// Why a process is to be ended.
enum EndCause {
    TimedOut(Duration),
    Asked,
    NeededTerminal,
}

/// Waits for the end of the process, and makes it end when its time is over or the run's.
pub(crate) async fn wait_or_end(
    process: &Process,
    due: Option<(Duration, Moment)>,
    assignment: &mut Assignment,
) -> Outcome {
    // The number of the group must stay taken until its last member was signalled.
    let _hold = process.hold();
    let cut = first_cut(process, due, assignment).await;
    // Its end and the reason to end it may both have come while prun stood still or was busy, and be
    // seen in any order: a process that has ended has ended by itself.
    let cut = cut.filter(|_| process.is_running());
    if let Some((first, _)) = cut {
        let Assignment {
            clock,
            options,
            requests,
            ..
        } = assignment;
        end(process, clock, first, options.grace, requests).await;
    }
    match (process.wait().await, cut.map(|(_, cut)| cut)) {
        (Ok(exit), None) if is_stopped_beside_us(&exit, &assignment.requests).await => {
            let reason = assignment.requests.borrow().reason();
            Outcome::Canceled { reason, exit }
        }
        (Ok(exit), None) => Outcome::Exited(exit),
        (Ok(exit), Some(EndCause::TimedOut(limit))) => Outcome::TimedOut { limit, exit },
        (Ok(exit), Some(EndCause::Asked)) => Outcome::Canceled {
            reason: assignment.requests.borrow().reason(),
            exit,
        },
        (Ok(exit), Some(EndCause::NeededTerminal)) => Outcome::NeededTerminal { exit },
        (Err(error), _) => Outcome::Lost(error.to_string()),
    }
}

/// Whether somebody who stops prun sent the same signal to the job: it died by one, or a shell tells
/// by its code that a child of its own did, and prun has got one too. A service manager sends it to
/// all processes at once, so prun's is here by now; nobody waits for one that may never come.
async fn is_stopped_beside_us(exit: &ExitInfo, requests: &watch::Receiver<Request>) -> bool {
    let is_stop =
        |signal: &Signal| exit.signal == Some(*signal) || exit.code == Some(128 + signal.as_raw());
    if !STOP_SIGNALS.iter().any(is_stop) {
        return false;
    }
    passed_on().await;
    requests.borrow().reason() == Some(CancelReason::Signal)
}

/// Waits until the process has ended by itself, or is to be ended: by which signal first, and why.
async fn first_cut(
    process: &Process,
    due: Option<(Duration, Moment)>,
    assignment: &mut Assignment,
) -> Option<(Signal, EndCause)> {
    let Assignment {
        options,
        clock,
        requests,
        events,
        ..
    } = assignment;
    loop {
        tokio::select! {
            biased;
            _ = process.wait() => return None,
            first = asked_to_end(requests) => return Some((first, EndCause::Asked)),
            limit = over(clock, due) => return Some((Signal::TERM, EndCause::TimedOut(limit))),
            wish = options.foreground.wish(process) => match wish {
                TerminalRequest::Refused => return Some((Signal::TERM, EndCause::NeededTerminal)),
                TerminalRequest::Suspended => {
                    options.foreground.take_back();
                    // The runner stops prun, and continues the job when prun goes on.
                    let _ = events.send(AttemptEvent::Suspended).await;
                    options.foreground.continued(process).await;
                    options.foreground.give(process);
                }
            },
        }
    }
}

async fn over(clock: &Clock, due: Option<(Duration, Moment)>) -> Duration {
    match due {
        Some((limit, moment)) => {
            clock.sleep_until(moment).await;
            limit
        }
        None => std::future::pending().await,
    }
}

/// Waits until the run is ended, and says by which signal.
pub(crate) async fn asked_to_end(requests: &mut watch::Receiver<Request>) -> Signal {
    let asked = requests.wait_for(|request| *request != Request::Run).await;
    match asked.map(|request| *request) {
        Ok(Request::Stop { signal, .. }) => signal,
        // A runner that is gone can only mean that everything must end.
        Ok(Request::Kill { .. } | Request::Run) | Err(_) => Signal::KILL,
    }
}

async fn asked_to_kill(requests: &mut watch::Receiver<Request>) {
    let killing = |request: &Request| matches!(request, Request::Kill { .. });
    let _ = requests.wait_for(killing).await;
}

/// Ends the whole process group: each step's signal in its time, until nobody is left. The last
/// one is `SIGKILL`, whether or not the leader is gone; a kill that is asked for goes there at once.
async fn end(
    process: &Process,
    clock: &Clock,
    first: Signal,
    grace: Duration,
    requests: &mut watch::Receiver<Request>,
) {
    let (handle, begun) = (process.handle(), clock.now());
    let mut killed = false;
    for (after, signal) in steps(first, grace) {
        tokio::select! {
            biased;
            _ = handle.gone(Scope::Group) => return,
            () = asked_to_kill(requests) => killed = true,
            () = clock.sleep_until(begun + after) => {}
        }
        let signal = if killed { Signal::KILL } else { signal };
        // A process that is gone or not ours to signal is found out by waiting for it.
        let _ = process.send_signal_to(Scope::Group, signal);
        if signal == Signal::KILL {
            break;
        }
        // A stopped process acts on no signal but this one.
        let _ = process.send_signal_to(Scope::Group, Signal::CONT);
    }
    let _ = wait_for(handle.gone(Scope::Group), KILL_WAIT).await;
}
