//! One attempt of one job: its process, its time limit, its end.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

use super::assignment::{Assignment, AttemptEvent};
use super::ending::wait_or_end;
use super::launch::{Launch, launch};
use super::printing::Printer;
use crate::event::{Attempt, JobStart, Outcome};
use crate::process::{LEAK_GRACE, Process, SpawnErrorKind, Spool, StreamWriter, TerminalSize};

/// Makes the attempt, and tells the runner.
pub(super) async fn run(assignment: Assignment) {
    let events = assignment.events.clone();
    let job = Arc::clone(&assignment.job);
    let (attempt, lack) = make(assignment).await;
    let attempt = Arc::new(attempt);
    let event = match lack {
        Some(lack) => AttemptEvent::HeldBack { job, attempt, lack },
        None => AttemptEvent::Ended { job, attempt },
    };
    // A runner that is gone does not want to know.
    let _ = events.send(event).await;
}

/// The attempt, and what the system was out of if it was not really made.
async fn make(mut assignment: Assignment) -> (Attempt, Option<&'static str>) {
    let (started_at, begun) = (SystemTime::now(), assignment.clock.now());
    let Assignment {
        job,
        attempt,
        slot,
        options,
        clock,
        ..
    } = &assignment;
    let mut ended = Attempt {
        number: *attempt,
        slot: *slot,
        pid: None,
        argv: Vec::new(),
        shell: false,
        exec_error: None,
        started_at,
        begun,
        wall: Duration::ZERO,
        outcome: Outcome::NotStarted(String::new()),
        stdout: Default::default(),
        stderr: Default::default(),
        leaked: false,
        terminal: None,
        logs: None,
    };
    let logs = match options.begin_logs(job, *attempt).transpose() {
        Ok(logs) => logs,
        Err(error) => {
            ended.outcome = Outcome::NotStarted(error.to_string());
            return (ended, None);
        }
    };
    let mut size = options.terminal.clone();
    if let Some(size) = &mut size {
        // Every change from here on is passed on, also one while the process is being started.
        size.mark_unchanged();
    }
    let post = options.guard.enter(*slot, job.seq);
    let Launch {
        argv,
        shell,
        exec_error,
        process,
    } = launch(job, *attempt, *slot, options, logs.as_ref()).await;
    (ended.argv, ended.shell, ended.exec_error) = (argv, shell, exec_error);
    let mut process = match process {
        Ok(process) => process,
        Err(error) => {
            ended.outcome = Outcome::NotStarted(error.to_string());
            ended.wall = clock.now().saturating_sub(begun);
            let lack = match error.kind {
                SpawnErrorKind::Resource(lack) => Some(lack),
                _ => None,
            };
            if let (Some(_), Some(logs)) = (lack, &logs) {
                logs.discard();
            }
            return (ended, lack);
        }
    };
    post.started(process.pid());
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
    let _ = assignment.events.send(started).await;
    let feeder = process
        .take_stdin()
        .zip(job.job.stdin.clone())
        .map(|(stdin, input)| tokio::spawn(feed(stdin, input)));
    options.foreground.give(&process);
    let printer = Printer {
        printing: assignment.printing.clone(),
        job: Arc::clone(job),
        attempt: *attempt,
        events: assignment.events.clone(),
    };
    let (stdout, stderr) = (process.stdout_pieces(), process.stderr_pieces());
    ended.outcome = tokio::select! {
        biased;
        outcome = wait_or_end(&process, &mut assignment) => outcome,
        never = printer.print(stdout, stderr) => match never {},
        never = keep_size(&process, size.as_mut()) => match never {},
    };
    // Whoever is left of its group may live on.
    drop(post);
    ended.terminal = size.map(|size| *size.borrow());
    assignment.options.foreground.take_back();
    ended.wall = assignment.clock.now().saturating_sub(begun);
    if let Some(feeder) = feeder {
        // Whoever still holds the pipe is not the job any more.
        feeder.abort();
    }
    if let Some(logs) = logs {
        ended.stdout = Arc::new(Spool::of_file(logs.stdout));
        ended.stderr = Arc::new(logs.stderr.map(Spool::of_file).unwrap_or_default());
        ended.logs = Some(logs.paths);
    } else if let Ok(captured) = process.captured(LEAK_GRACE).await {
        ended.stdout = Arc::new(captured.stdout.unwrap_or_default());
        ended.stderr = Arc::new(captured.stderr.unwrap_or_default());
        ended.leaked = captured.leaked;
    }
    (ended, None)
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

/// Writes the job's input; one that does not read it is no error.
async fn feed(mut stdin: StreamWriter, input: Vec<u8>) {
    let _ = stdin.write_all(input).await;
}
