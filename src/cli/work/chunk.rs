//! Runs the jobs of the work, as a run of its own.

use std::io;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;

use super::error::NotRun;
use super::work_file::Work;
use crate::cli::app::{finish, on_loss, print_error, stop_listening};
use crate::cli::settings::{environment, null_input};
use crate::event::Event;
use crate::exit::ExitCode;
use crate::guard::{Guard, Guarding, Wanted};
use crate::os::Terminal;
use crate::process::{Environment, continue_stopped_spawns, reap_orphans};
use crate::record::{WorkHeader, WorkOutput};
use crate::run::{
    Feed, Foreground, JobOrder, JobOutput, LogDir, Options, OutputDelivery, Runner, listen,
};
use crate::sink::{Console, Dispatch, Effect, Journal, OnLoss, Recorder, RecorderError, escape};

/// Slurm sends the signal that ends a task to one of its processes after the other.
const SIGNAL_LAG: Duration = Duration::from_millis(100);

impl Work {
    /// Returns the environment of the jobs.
    pub(crate) fn environment(&self) -> Result<Environment, NotRun> {
        let variables = std::env::vars_os().collect();
        let header = &self.header;
        Ok(environment(variables, header.grace, &[], &header.run_id)?)
    }
}

/// Errors of the journal, for the end.
#[derive(Clone, Default)]
struct Failures(Arc<Mutex<Vec<(String, Effect)>>>);

impl Failures {
    fn add(&self, error: &RecorderError) {
        let failure = (error.to_string(), error.effect());
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failures.push(failure);
    }

    /// Returns the errors, and whether the journal is not whole.
    fn take(&self) -> (Vec<String>, bool) {
        let failures = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let is_lost = failures
            .iter()
            .any(|(_, effect)| *effect != Effect::Nothing);
        (failures.into_iter().map(|(why, _)| why).collect(), is_lost)
    }
}

/// Runs the jobs. How they end is in the journal alone.
pub(crate) async fn run(
    mut work: Work,
    environment: Environment,
    journal: Journal,
) -> io::Result<ExitCode> {
    let (control, mut controls) = mpsc::unbounded_channel();
    listen(&control)?;
    let mut options = options(&work.header, environment)?;
    if !matches!(options.foreground, Foreground::None) {
        continue_stopped_spawns()?;
    }
    tokio::spawn(reap_orphans());
    let grace = options.grace;
    let guarding = Guarding::begin(Wanted::WhenNeeded, grace, None).await;
    let guarding = guarding.map_err(io::Error::other)?;
    options.guard = guarding.guard();
    let failures = Failures::default();
    let failed = failures.clone();
    let OnLoss { output, mut record } = on_loss(control);
    let on_loss = OnLoss {
        output,
        record: move |error| {
            failed.add(&error);
            record(error);
        },
    };
    let is_whole = journal.is_whole();
    let recorders: Vec<Box<dyn Recorder>> = vec![Box::new(journal)];
    let mut dispatch = Dispatch::start(Vec::new(), recorders, Console::new()?, false, on_loss)?;
    let source = work.source();
    // The first event cannot fill the backlog.
    let _ = dispatch.handle(&Event::RunStarted {
        total: source.total(),
    });
    let feed = Feed::new(source)?;
    let forward = Box::new(|event: &Event| dispatch.handle(event));
    let runner = Runner::local(options, None, forward);
    let mut ended = runner.run(feed, &mut controls).await;
    let drained = dispatch.finish();
    let mut messages = finish(drained, &mut controls, &mut ended, grace).await;
    guarding.end().await;
    stop_listening(&mut controls, &mut ended, &mut messages).await;
    let (mut errors, is_lost) = failures.take();
    messages.retain(|message| !errors.contains(message));
    errors.append(&mut messages);
    for error in errors {
        print_error(&format!("prun: {}\n", escape(error.as_bytes())));
    }
    Ok(match ended.summary.verdict() {
        _ if is_lost => ExitCode::OutputLost,
        signal @ ExitCode::Signal(_) => signal,
        _ if !is_whole.load(Ordering::Relaxed) => ExitCode::OutputLost,
        _ => ExitCode::Ok,
    })
}

/// Returns the settings of the run.
fn options(header: &WorkHeader, environment: Environment) -> io::Result<Options> {
    let capture = |delivery| JobOutput::Captured {
        delivery,
        together: header.together,
    };
    let jobs = usize::try_from(header.jobs.get()).ok();
    Ok(Options {
        jobs: jobs.and_then(NonZeroUsize::new),
        job_limit: None,
        start_limits: None,
        slot_values: None,
        limit_warning: None,
        timeout: header.timeout,
        grace: header.grace,
        signal_lag: SIGNAL_LAG,
        retries: header.retries,
        retry_delay: header.retry_delay,
        deadline: None,
        halt: None,
        order: JobOrder::Input,
        delay: Duration::ZERO,
        // Each job has its own.
        cwd: Path::new("/").into(),
        change_dir: true,
        env: Vec::new(),
        environment,
        stdin: null_input(),
        shared_blocks: None,
        output: match header.output {
            WorkOutput::Group => capture(OutputDelivery::Grouped),
            WorkOutput::Line => capture(OutputDelivery::Streamed),
            WorkOutput::None => JobOutput::Discarded,
        },
        keep_order: false,
        spool: Options::spool(),
        terminal: None,
        log_dir: header.log_dir.as_deref().map(LogDir::given),
        foreground: match Terminal::open() {
            Some(_) => Foreground::Kept,
            None => Foreground::None,
        },
        guard: Guard::default(),
        last_lines: None,
    })
}
