//! One attempt of a job: its process, its time limit, its end.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

use super::launch::{Launch, Refused, launch};
use super::messages::{Assignment, AttemptEvent};
use super::output::Printer;
use super::wait::{end_requested, wait_or_end};
use crate::event::{Attempt, JobStart, Outcome};
use crate::plan::{Argv, format_duration};
use crate::process::{KillOnDrop, Process, Shortage, SpawnStart, Spool, TerminalSize};
use crate::run::policy::Clock;
use crate::run::policy::Request;

/// How long a start may take at least before it is given up. It takes well under a millisecond, or some
/// on a busy machine.
const START_WAIT: Duration = Duration::from_millis(200);

/// How an attempt ended.
enum AttemptEnd {
    Ended,
    /// It was not started, because of this shortage.
    HeldBack(Shortage),
    /// It was not started, because the run was cancelled.
    Withdrawn,
}

/// Runs the attempt, and sends its end to the runner.
pub(crate) async fn run(assignment: Assignment) {
    let (events, slot) = (assignment.events.clone(), assignment.slot);
    let job = Arc::clone(&assignment.job);
    let (attempt, end) = run_attempt(assignment).await;
    let attempt = Arc::new(attempt);
    let event = match end {
        AttemptEnd::Ended => AttemptEvent::Ended { job, attempt },
        AttemptEnd::HeldBack(shortage) => AttemptEvent::HeldBack {
            job,
            attempt,
            shortage,
        },
        AttemptEnd::Withdrawn => AttemptEvent::Withdrawn { job, slot },
    };
    // The runner may be gone.
    let _ = events.send(event).await;
}

/// Runs the attempt, and returns it with how it ended.
async fn run_attempt(mut assignment: Assignment) -> (Attempt, AttemptEnd) {
    let Assignment {
        job,
        attempt,
        slot,
        options,
        clock,
        requests,
        printing,
        events,
    } = &mut assignment;
    let mut ended = Attempt {
        number: *attempt,
        slot: *slot,
        pid: None,
        argv: Vec::new(),
        shell: false,
        exec_error: None,
        started_at: SystemTime::now(),
        begun: clock.now(),
        wall: Duration::ZERO,
        outcome: Outcome::NotStarted(String::new()),
        stdout: Default::default(),
        stderr: Default::default(),
        leaked: false,
        terminal: None,
        logs: None,
    };
    let mut size = options.terminal.clone();
    if let Some(size) = &mut size {
        // Forward every change from here on, also one while the process is being started.
        size.mark_unchanged();
    }
    let guarded = options.guard.enter(*slot, job.seq);
    let limit = job.job.timeout.or(options.timeout);
    let limit = limit.filter(|limit| !limit.is_zero());
    let begun = SpawnStart::default();
    let launch = tokio::select! {
        biased;
        launch = launch(job, *attempt, *slot, options, &begun) => Ok(launch),
        limit = time_limit_reached(clock, limit, &begun) => Err(limit),
        () = until_withdrawn(requests) => return (ended, AttemptEnd::Withdrawn),
    };
    // Before that it waited for earlier starts.
    if let Some((at, instant)) = begun.at() {
        (ended.started_at, ended.begun) = (at, clock.moment_of(instant));
    }
    let begun = ended.begun;
    let Launch {
        argv,
        shell,
        exec_error,
        process,
        logs,
    } = match launch {
        Ok(launch) => launch,
        Err(limit) => {
            let Argv { direct, shell } = job.job.work.argv(&job.job.args, job.seq, *slot);
            ended.shell = direct.is_none();
            ended.argv = direct.or(shell).unwrap_or_default();
            ended.wall = clock.now().saturating_sub(begun);
            let why = format!("could not be started within {}", format_duration(limit));
            ended.outcome = Outcome::NotStartedInTime { limit, why };
            return (ended, AttemptEnd::Ended);
        }
    };
    (ended.argv, ended.shell, ended.exec_error) = (argv, shell, exec_error);
    let mut process = match process {
        Ok(process) => process,
        Err(Refused { why, shortage }) => {
            ended.outcome = Outcome::NotStarted(why);
            ended.wall = clock.now().saturating_sub(begun);
            return (
                ended,
                shortage.map_or(AttemptEnd::Ended, AttemptEnd::HeldBack),
            );
        }
    };
    guarded.started(process.pid());
    let due = limit.map(|limit| (limit, begun + limit));
    ended.pid = Some(process.pid());
    let start = JobStart {
        job: Arc::clone(job),
        attempt: *attempt,
        slot: *slot,
        pid: process.pid(),
        begun,
        last_line: process.last_line(),
    };
    let started = AttemptEvent::Started {
        start: Arc::new(start),
        process: process.handle(),
    };
    let _ = events.send(started).await;
    let mut stdin = process.stdin.take();
    if let Some(stdin) = &mut stdin {
        // A job that does not read its input is not an error.
        let _ = stdin.write(job.job.stdin.clone().unwrap_or_default());
        stdin.close();
    }
    options.foreground.give(&process);
    let printer = Printer {
        printing: printing.clone(),
        job: Arc::clone(job),
        attempt: *attempt,
        events: events.clone(),
    };
    let (stdout, stderr) = (process.stdout_pieces(), process.stderr_pieces());
    ended.outcome = tokio::select! {
        biased;
        outcome = wait_or_end(&process, due, &mut assignment) => outcome,
        never = printer.print(stdout, stderr) => match never {},
        never = forward_size(&process, size.as_mut()) => match never {},
    };
    // Remaining processes of its group may continue.
    process.kill_on_drop(KillOnDrop::No);
    drop(guarded);
    ended.terminal = size.map(|size| *size.borrow());
    assignment.options.foreground.take_back();
    ended.wall = assignment.clock.now().saturating_sub(begun);
    if let Some(mut stdin) = stdin {
        // Another process may still hold the pipe, but the job has ended.
        stdin.abort();
    }
    if let Some(logs) = logs {
        ended.stdout = Arc::new(Spool::of_file(logs.stdout));
        ended.stderr = Arc::new(logs.stderr.map(Spool::of_file).unwrap_or_default());
        ended.logs = Some(logs.paths);
    } else if let Ok(captured) = process.captured().await {
        ended.stdout = Arc::new(captured.stdout.unwrap_or_default());
        ended.stderr = Arc::new(captured.stderr.unwrap_or_default());
        ended.leaked = captured.leaked;
    }
    (ended, AttemptEnd::Ended)
}

/// Waits until the time limit since the begin of a start is reached, if there is one, and returns it.
async fn time_limit_reached(
    clock: &Clock,
    limit: Option<Duration>,
    begun: &SpawnStart,
) -> Duration {
    let Some(limit) = limit else {
        return std::future::pending().await;
    };
    loop {
        let now = clock.now();
        // A start that was not begun has all its time left.
        let begun = begun.at().map_or(now, |(_, at)| clock.moment_of(at));
        let due = begun + limit.max(START_WAIT);
        if due <= now {
            return limit;
        }
        clock.sleep_until(due).await;
    }
}

/// Waits until the run is cancelled, and a little longer, so that a start in progress can finish: then
/// its process can be ended like others.
async fn until_withdrawn(requests: &mut watch::Receiver<Request>) {
    end_requested(requests).await;
    tokio::time::sleep(START_WAIT).await;
}

/// Resizes the job's terminal whenever ours is resized. Never returns.
async fn forward_size(
    process: &Process,
    size: Option<&mut watch::Receiver<TerminalSize>>,
) -> Infallible {
    if let Some(size) = size {
        while size.changed().await.is_ok() {
            // The terminal may be gone.
            let _ = process.resize_terminal(*size.borrow_and_update());
        }
    }
    std::future::pending().await
}
