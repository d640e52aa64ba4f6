//! One attempt of one job: its process, its time limit, its end.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

use super::launch::{Launch, Refused, launch};
use super::messages::{Assignment, AttemptEvent};
use super::output::Printer;
use super::wait::{asked_to_end, wait_or_end};
use crate::event::{Attempt, JobStart, Outcome};
use crate::plan::{Argv, format_duration};
use crate::process::{KillOnDrop, Process, Shortage, SpawnStart, Spool, TerminalSize};
use crate::run::policy::Clock;
use crate::run::policy::Request;

/// A start takes well under a millisecond, on a machine with much to do some: one that takes longer
/// than this may be given up.
const START_WAIT: Duration = Duration::from_millis(200);

/// What became of an attempt.
enum Fate {
    Ended,
    /// It was not really made: the system is out of this.
    HeldBack(Shortage),
    /// It was not made, as the run ends.
    Withdrawn,
}

/// Makes the attempt, and tells the runner.
pub(crate) async fn run(assignment: Assignment) {
    let (events, slot) = (assignment.events.clone(), assignment.slot);
    let job = Arc::clone(&assignment.job);
    let (attempt, fate) = make(assignment).await;
    let attempt = Arc::new(attempt);
    let event = match fate {
        Fate::Ended => AttemptEvent::Ended { job, attempt },
        Fate::HeldBack(shortage) => AttemptEvent::HeldBack {
            job,
            attempt,
            shortage,
        },
        Fate::Withdrawn => AttemptEvent::Withdrawn { job, slot },
    };
    // A runner that is gone does not want to know.
    let _ = events.send(event).await;
}

/// The attempt, and what became of it.
async fn make(mut assignment: Assignment) -> (Attempt, Fate) {
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
        // Every change from here on is passed on, also one while the process is being started.
        size.mark_unchanged();
    }
    let post = options.guard.enter(*slot, job.seq);
    let limit = job.job.timeout.or(options.timeout);
    let limit = limit.filter(|limit| !limit.is_zero());
    let begun = SpawnStart::default();
    let launch = tokio::select! {
        biased;
        launch = launch(job, *attempt, *slot, options, &begun) => Ok(launch),
        limit = over(clock, limit, &begun) => Err(limit),
        () = withdrawn(requests) => return (ended, Fate::Withdrawn),
    };
    // Until then it waited for others that were started before it.
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
            return (ended, Fate::Ended);
        }
    };
    (ended.argv, ended.shell, ended.exec_error) = (argv, shell, exec_error);
    let mut process = match process {
        Ok(process) => process,
        Err(Refused { why, shortage }) => {
            ended.outcome = Outcome::NotStarted(why);
            ended.wall = clock.now().saturating_sub(begun);
            return (ended, shortage.map_or(Fate::Ended, Fate::HeldBack));
        }
    };
    post.started(process.pid());
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
        // One that does not read its input is no error.
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
        never = keep_size(&process, size.as_mut()) => match never {},
    };
    // Whoever is left of its group may live on.
    process.kill_on_drop(KillOnDrop::No);
    drop(post);
    ended.terminal = size.map(|size| *size.borrow());
    assignment.options.foreground.take_back();
    ended.wall = assignment.clock.now().saturating_sub(begun);
    if let Some(mut stdin) = stdin {
        // Whoever still holds the pipe is not the job any more.
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
    (ended, Fate::Ended)
}

/// Waits until a start was begun as long ago as the time limit says, if there is one.
async fn over(clock: &Clock, limit: Option<Duration>, begun: &SpawnStart) -> Duration {
    let Some(limit) = limit else {
        return std::future::pending().await;
    };
    loop {
        let now = clock.now();
        // One that is not begun has all its time.
        let begun = begun.at().map_or(now, |(_, at)| clock.moment_of(at));
        let due = begun + limit.max(START_WAIT);
        if due <= now {
            return limit;
        }
        clock.sleep_until(due).await;
    }
}

/// Waits until the run is ended, and a moment more: a start that is going on is better ended when it
/// is over, for then its process can be ended as others are.
async fn withdrawn(requests: &mut watch::Receiver<Request>) {
    asked_to_end(requests).await;
    tokio::time::sleep(START_WAIT).await;
}

/// Gives the job's terminal each new size of ours. By itself it never ends.
async fn keep_size(
    process: &Process,
    size: Option<&mut watch::Receiver<TerminalSize>>,
) -> Infallible {
    if let Some(size) = size {
        while size.changed().await.is_ok() {
            // A terminal that is gone needs no size.
            let _ = process.resize_terminal(*size.borrow_and_update());
        }
    }
    std::future::pending().await
}
