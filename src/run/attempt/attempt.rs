//! One attempt of a job: its process, its time limit, its end.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

use super::bash_function;
use super::input::Feeder;
use super::launch::{Refused, launch};
use super::log_dir::OpenLogs;
use super::messages::{Assignment, AttemptEvent};
use super::output::Printer;
use super::wait::{end_requested, wait_or_end};
use crate::event::{Attempt, JobStart, NumberedJob, Outcome};
use crate::plan::{Argv, format_duration};
use crate::process::{KillOnDrop, Process, Shortage, SpawnStart, Spool, TerminalSize};
use crate::run::policy::{Clock, Moment, Request};
use crate::run::shared_blocks::SharedBlocks;

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

/// The exit code of a shell for a command that it does not find.
const NOT_FOUND: u8 = 127;

/// Runs the attempt, and returns it with how it ended.
async fn run_attempt(mut assignment: Assignment) -> (Attempt, AttemptEnd) {
    let mut ended = planned(&assignment);
    let mut size = assignment.options.terminal.clone();
    if let Some(size) = &mut size {
        // Forward every change from here on, also one while the process is being started.
        size.mark_unchanged();
    }
    let Assignment { job, slot, .. } = &assignment;
    let guarded = assignment.options.guard.enter(*slot, job.seq);
    let limit = match job.job.service() {
        None => job.job.timeout.or(assignment.options.timeout),
        Some(_) => None,
    };
    let limit = limit.filter(|limit| !limit.is_zero());
    let (mut process, logs) = match start(&mut assignment, limit, &mut ended).await {
        Ok(started) => started,
        Err(end) => return (ended, end),
    };
    guarded.started(process.pid());
    announce(&assignment, &process, ended.begun).await;
    let mut feeder = Feeder::new(&mut process, assignment.job.job.stdin.as_ref());
    assignment.foreground().give(&process);
    let due = limit.map(|limit| (limit, ended.begun + limit));
    ended.outcome = watch(
        &mut assignment,
        &mut process,
        due,
        size.as_mut(),
        feeder.as_mut(),
    )
    .await;
    if ended.shell && ended.exec_error.is_none() && ended.shell_code() == NOT_FOUND {
        let line = assignment.job.job.invocation.line();
        ended.exec_error =
            bash_function::not_found(line, &ended.argv, &assignment.options.environment);
    }
    // Remaining processes of its group may continue.
    process.kill_on_drop(KillOnDrop::No);
    drop(guarded);
    ended.terminal = size.map(|size| *size.borrow());
    assignment.foreground().take_back();
    ended.wall = assignment.clock.now().saturating_sub(ended.begun);
    if let Some(feeder) = feeder {
        let shared = assignment.options.shared_blocks.as_ref();
        let (bytes, error) = feeder.end(shared).await;
        ended.stdin = Some(bytes);
        if let (Outcome::Exited(_), Some(error)) = (&ended.outcome, error) {
            ended.outcome = Outcome::Lost(format!("its standard input could not be read: {error}"));
        }
    }
    if let Some(last_lines) = &assignment.options.last_lines {
        last_lines.remove(assignment.job.seq);
    }
    collect(process, logs, &mut ended).await;
    (ended, AttemptEnd::Ended)
}

/// An attempt before its process is started.
fn planned(assignment: &Assignment) -> Attempt {
    Attempt::new(
        (assignment.attempt, assignment.slot),
        (SystemTime::now(), assignment.clock.now()),
        Outcome::NotStarted(String::new()),
    )
}

/// Starts the process within the time limit, unless the run is cancelled before. Otherwise `ended` says
/// why there is none.
async fn start(
    assignment: &mut Assignment,
    limit: Option<Duration>,
    ended: &mut Attempt,
) -> Result<(Process, Option<OpenLogs>), AttemptEnd> {
    let Assignment {
        job,
        attempt,
        slot,
        options,
        clock,
        requests,
        ..
    } = assignment;
    let begun = SpawnStart::default();
    let launch = tokio::select! {
        biased;
        launch = launch(job, *attempt, *slot, options, &begun) => Ok(launch),
        limit = time_limit_reached(clock, limit, &begun) => Err(limit),
        () = until_withdrawn(requests) => return Err(AttemptEnd::Withdrawn),
    };
    // Before that it waited for earlier starts.
    if let Some((at, instant)) = begun.at() {
        (ended.started_at, ended.begun) = (at, clock.moment_of(instant));
    }
    let refused = match launch {
        Ok(launch) => {
            (ended.argv, ended.shell) = (launch.argv, launch.shell);
            ended.exec_error = launch.exec_error;
            match launch.process {
                Ok(process) => {
                    ended.pid = Some(process.pid());
                    return Ok((process, launch.logs));
                }
                Err(Refused { why, shortage }) => {
                    ended.outcome = Outcome::NotStarted(why);
                    shortage
                }
            }
        }
        Err(limit) => {
            let to = job.assignment(*slot);
            let Argv { direct, shell } = job.job.invocation.argv(&job.job.args, to);
            ended.shell = direct.is_none();
            ended.argv = direct.or(shell).unwrap_or_default();
            let why = format!("could not be started within {}", format_duration(limit));
            ended.outcome = Outcome::NotStartedInTime { limit, why };
            None
        }
    };
    ended.wall = clock.now().saturating_sub(ended.begun);
    Err(refused.map_or(AttemptEnd::Ended, AttemptEnd::HeldBack))
}

/// Reports that the process runs.
async fn announce(assignment: &Assignment, process: &Process, begun: Moment) {
    if let Some(last_lines) = &assignment.options.last_lines {
        last_lines.insert(assignment.job.seq, process.last_line());
    }
    let start = JobStart {
        job: Arc::clone(&assignment.job),
        attempt: assignment.attempt,
        slot: assignment.slot,
        host: None,
        pid: process.pid(),
        begun,
    };
    let started = AttemptEvent::Started {
        start: Arc::new(start),
        process: process.handle(),
    };
    let _ = assignment.events.send(started).await;
}

/// Waits for the end of the process, or ends it when it is due or the run is cancelled; sends its input
/// and reports its output meanwhile.
async fn watch(
    assignment: &mut Assignment,
    process: &mut Process,
    due: Option<(Duration, Moment)>,
    size: Option<&mut watch::Receiver<TerminalSize>>,
    feeder: Option<&mut Feeder>,
) -> Outcome {
    let (job, options) = (Arc::clone(&assignment.job), Arc::clone(&assignment.options));
    let printer = Printer {
        printing: assignment.printing.clone(),
        job: Arc::clone(&assignment.job),
        attempt: assignment.attempt,
        events: assignment.events.clone(),
    };
    let (stdout, stderr) = (process.stdout_pieces(), process.stderr_pieces());
    tokio::select! {
        biased;
        outcome = wait_or_end(process, due, assignment) => outcome,
        never = printer.print(stdout, stderr) => match never {},
        never = forward_size(process, size) => match never {},
        never = feed(feeder, &job, options.shared_blocks.as_ref()) => match never {},
    }
}

/// Sends the process its input, if it has one. Never returns.
async fn feed(
    feeder: Option<&mut Feeder>,
    job: &NumberedJob,
    shared: Option<&SharedBlocks>,
) -> Infallible {
    match (feeder, &job.job.stdin) {
        (Some(feeder), Some(input)) => feeder.feed(input, shared).await,
        _ => std::future::pending().await,
    }
}

/// Takes the output of a process that has ended.
async fn collect(mut process: Process, logs: Option<OpenLogs>, ended: &mut Attempt) {
    if let Some(logs) = logs {
        ended.stdout = Arc::new(Spool::of_file(logs.stdout));
        ended.stderr = Arc::new(logs.stderr.map(Spool::of_file).unwrap_or_default());
        ended.logs = Some(logs.paths);
    } else if let Ok(captured) = process.captured().await {
        ended.stdout = Arc::new(captured.stdout.unwrap_or_default());
        ended.stderr = Arc::new(captured.stderr.unwrap_or_default());
        ended.leaked = captured.leaked;
    }
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
