//! One attempt of one job: its process, its time limit, its end.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::{mpsc, watch};

use super::cancel::{Request, steps};
use super::clock::Clock;
use super::launch::{Launch, launch};
use super::options::Options;
use crate::event::{Attempt, JobStart, NumberedJob, Outcome};
use crate::process::{
    ExitInfo, LEAK_GRACE, Process, ProcessHandle, Scope, Signal, StreamWriter, WaitError, wait_for,
};

/// How long processes may take to die of `SIGKILL`: in an uninterruptible call it is for ever.
const KILL_WAIT: Duration = Duration::from_secs(5);

/// What an attempt tells the runner.
pub(super) enum AttemptEvent {
    /// Its process runs.
    Started {
        start: Arc<JobStart>,
        begun: Duration,
        process: ProcessHandle,
    },
    /// It is over, and its slot is free.
    Ended {
        job: Arc<NumberedJob>,
        attempt: Arc<Attempt>,
    },
}

/// What an attempt is given by the runner.
pub(super) struct Assignment {
    pub(super) job: Arc<NumberedJob>,
    pub(super) attempt: u32,
    pub(super) slot: u32,
    pub(super) options: Arc<Options>,
    pub(super) clock: Clock,
    pub(super) requests: watch::Receiver<Request>,
    pub(super) events: mpsc::Sender<AttemptEvent>,
}

/// Why an attempt's process is to be ended.
enum Cut {
    TimedOut(Duration),
    Asked,
}

/// Makes the attempt, and tells the runner.
pub(super) async fn run(assignment: Assignment) {
    let events = assignment.events.clone();
    let job = Arc::clone(&assignment.job);
    let attempt = Arc::new(make(assignment).await);
    // A runner that is gone does not want to know.
    let _ = events.send(AttemptEvent::Ended { job, attempt }).await;
}

async fn make(mut assignment: Assignment) -> Attempt {
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
        started_at,
        begun,
        wall: Duration::ZERO,
        outcome: Outcome::NotStarted(String::new()),
        stdout: Default::default(),
        stderr: Default::default(),
        leaked: false,
    };
    let Launch {
        argv,
        shell,
        process,
    } = launch(job, *attempt, *slot, options).await;
    (ended.argv, ended.shell) = (argv, shell);
    let mut process = match process {
        Ok(process) => process,
        Err(error) => {
            ended.outcome = Outcome::NotStarted(error.to_string());
            ended.wall = clock.now().saturating_sub(begun);
            return ended;
        }
    };
    ended.pid = Some(process.pid());
    let start = JobStart {
        job: Arc::clone(job),
        attempt: *attempt,
        slot: *slot,
        pid: process.pid(),
    };
    let started = AttemptEvent::Started {
        start: Arc::new(start),
        begun,
        process: process.handle(),
    };
    let _ = assignment.events.send(started).await;
    let feeder = process
        .take_stdin()
        .zip(job.job.stdin.clone())
        .map(|(stdin, input)| tokio::spawn(feed(stdin, input)));
    let timeout = job
        .job
        .timeout
        .or(options.timeout)
        .filter(|timeout| !timeout.is_zero());
    let grace = options.grace;
    let clock = clock.clone();
    let exited = wait_or_end(&process, &clock, timeout, grace, &mut assignment.requests).await;
    ended.wall = clock.now().saturating_sub(begun);
    if let Some(feeder) = feeder {
        // Whoever still holds the pipe is not the job any more.
        feeder.abort();
    }
    ended.outcome = match exited {
        (Ok(exit), None) => Outcome::Exited(exit),
        (Ok(exit), Some(Cut::TimedOut(limit))) => Outcome::TimedOut { limit, exit },
        (Ok(exit), Some(Cut::Asked)) => {
            let reason = assignment.requests.borrow().reason();
            Outcome::Canceled { reason, exit }
        }
        (Err(error), _) => Outcome::Lost(error.to_string()),
    };
    if let Ok(captured) = process.captured(LEAK_GRACE).await {
        ended.stdout = captured.stdout.unwrap_or_default();
        ended.stderr = captured.stderr.unwrap_or_default();
        ended.leaked = captured.leaked;
    }
    ended
}

/// Waits for the end of the process, and makes it end when its time is over or the run's.
async fn wait_or_end(
    process: &Process,
    clock: &Clock,
    timeout: Option<Duration>,
    grace: Duration,
    requests: &mut watch::Receiver<Request>,
) -> (Result<ExitInfo, WaitError>, Option<Cut>) {
    // The number of the group must stay taken until its last member was signalled.
    let _hold = process.hold();
    let (first, cut) = tokio::select! {
        biased;
        exit = process.wait() => return (exit, None),
        first = asked_to_end(requests) => (first, Cut::Asked),
        limit = over(clock, timeout) => (Signal::TERM, Cut::TimedOut(limit)),
    };
    end(process, clock, first, grace, requests).await;
    (process.wait().await, Some(cut))
}

async fn over(clock: &Clock, timeout: Option<Duration>) -> Duration {
    match timeout {
        Some(limit) => {
            clock.sleep_until(clock.now() + limit).await;
            limit
        }
        None => std::future::pending().await,
    }
}

/// Waits until the run is ended, and says by which signal.
async fn asked_to_end(requests: &mut watch::Receiver<Request>) -> Signal {
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
    let begun = clock.now();
    let mut killed = false;
    for (after, signal) in steps(first, grace) {
        tokio::select! {
            biased;
            () = process.gone(Scope::Group) => return,
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
    let _ = wait_for(process.gone(Scope::Group), KILL_WAIT).await;
}

/// Writes the job's input; one that does not read it is no error.
async fn feed(mut stdin: StreamWriter, input: Vec<u8>) {
    let _ = stdin.write_all(input).await;
}
