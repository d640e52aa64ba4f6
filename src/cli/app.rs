//! The program's sentence: determine the settings, connect the sinks, run, exit.

use std::io::{self, Write};
use std::time::Duration;

use tokio::sync::mpsc;

use super::args::{Args, SHAPES, SchemaMode, generate};
use super::cluster::{detached, prepare};
use super::gnu::exit_code;
use super::list::list;
use super::misunderstanding::{Signs, stdin_is_unread};
use super::replay::replay;
use super::settings::{
    OutputForm, Reporting, Settings, Surroundings, Where, settle, settle_replay,
};
use crate::event::{Cancellation, Cause, End, Event, OutputLoss};
use crate::exit::ExitCode;
use crate::guard::Guarding;
use crate::plan::{Source, jobs_schema};
use crate::process::{Signal, continue_stopped_spawns, reap_orphans};
use crate::record::schema;
use crate::run::{
    CompletedJobs, Control, Ended, Escalation, Feed, Foreground, JobLimitReader, Runner,
    follow_size, listen, listen_no_more, need_files,
};
use crate::sink::{
    Console, Dispatch, DisplayOptions, Drained, Effect, Events, Heartbeat, Human, JobLog,
    JsonLines, OnLoss, OpenLog, ProgressBar, RecorderError, Show, Sink, Vendor, escape,
};
use crate::summary::Summary;

/// How long the remaining output may take after a third signal.
const LAST_WRITES: Duration = Duration::from_millis(100);

/// Runs a command line.
pub(super) fn start(args: Args) -> Result<ExitCode, Box<dyn std::error::Error>> {
    if let Some(exit) = print_generated(&args)? {
        return Ok(exit);
    }
    if let Some(log) = &args.replay {
        let (mut reporting, run) = settle_replay(&args, log, &Surroundings::look()?)?;
        let sinks = sinks(&mut reporting);
        return replay(run, sinks, reporting);
    }
    let Some((settings, source)) = settle(args, Surroundings::look()?)? else {
        print_error(SHAPES);
        return Ok(ExitCode::Usage);
    };
    warn(&settings.warnings, &settings.reporting.display)?;
    match settings.reporting.form {
        OutputForm::DryRun(form) => Ok(list(source, &settings, form)?),
        OutputForm::Output | OutputForm::Records | OutputForm::Events => {
            need_files()?;
            Ok(block_on(run(settings, source))?)
        }
    }
}

/// Runs an event loop until this is done.
pub(super) fn block_on(
    run: impl Future<Output = io::Result<ExitCode>>,
) -> Result<ExitCode, String> {
    let failed = |error| format!("cannot start: {error}");
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().build().map_err(failed)?;
    let exit = runtime.block_on(run).map_err(failed)?;
    // Processes that jobs left behind, or our own input, may block a thread for ever.
    runtime.shutdown_background();
    Ok(exit)
}

/// Prints warnings to the stream for messages.
fn warn(warnings: &[String], display: &DisplayOptions) -> io::Result<()> {
    if warnings.is_empty() {
        return Ok(());
    }
    let mut console = Console::new()?;
    console.set_off(display);
    for warning in warnings {
        writeln!(console.words()?, "prun: {}", escape(warning.as_bytes()))?;
    }
    console.flush()
}

/// Prints completions or the manual page, if requested.
fn print_generated(args: &Args) -> io::Result<Option<ExitCode>> {
    let mut text = Vec::new();
    match args.about.completions {
        Some(shell) => generate::completions(shell, &mut text)?,
        None if args.about.man => generate::manual(&mut text)?,
        None => match args.about.schema {
            Some(SchemaMode::Records) => text = schema().into_bytes(),
            Some(SchemaMode::Jobs) => text = jobs_schema().into_bytes(),
            None => return Ok(None),
        },
    }
    print(&text).map(Some)
}

/// Prints text instead of running jobs.
pub(super) fn print(text: &[u8]) -> io::Result<ExitCode> {
    let mut console = Console::new()?;
    let printed = console.out().write_all(text);
    let mut summary = Summary::default();
    if let Err(error) = printed.and_then(|()| console.flush()) {
        summary.lose_output(console.lose_out(&error));
    }
    Ok(summary.verdict())
}

/// Runs every job and reports it.
async fn run(mut settings: Settings, source: Source) -> io::Result<ExitCode> {
    let (control, mut controls) = mpsc::unbounded_channel();
    listen(&control)?;
    if !matches!(settings.options.foreground, Foreground::None) {
        continue_stopped_spawns()?;
    }
    tokio::spawn(reap_orphans());
    if let Some(size) = settings.terminal {
        settings.options.terminal = Some(follow_size(size, Console::size)?);
    }
    if let Some(read) = settings.read_limit.take() {
        settings.options.job_limit = Some(JobLimitReader::start(read, control.clone())?);
    }
    let place = std::mem::replace(&mut settings.place, Where::Local);
    let slurm = prepare(place, &settings, source.total());
    let slurm = slurm.await.map_err(io::Error::other)?;
    let left_in = slurm.as_ref().and_then(detached);
    if let Some(warning) = slurm.as_ref().and_then(|slurm| slurm.folder.warning()) {
        warn(&[warning], &settings.reporting.display)?;
    }
    settings.options.start_limits = settings.start_limits.start(&control)?;
    let grace = settings.options.grace;
    let lock = settings.log.as_ref().map(OpenLog::share).transpose()?;
    let guarding = Guarding::begin(settings.guard, grace, lock);
    let guarding = guarding.await.map_err(io::Error::other)?;
    settings.options.guard = guarding.guard();
    let mut reporting = settings.reporting;
    let sinks = sinks(&mut reporting);
    let mut recorders = std::mem::take(&mut reporting.files.recorders);
    recorders.append(&mut reporting.gnu.recorders);
    let mut completed_jobs = reporting.gnu.done.take().map(CompletedJobs::numbered);
    if let Some(mut log) = settings.log.take() {
        completed_jobs = Some(CompletedJobs::new(
            std::mem::take(&mut log.done),
            std::mem::take(&mut log.times),
        ));
        // Before the others: a later run depends on it.
        recorders.insert(0, Box::new(JobLog::begin(log, &settings.run_id)?));
    }
    if reporting.watches_reader()
        && let Some(gone) = Console::reader_gone()
    {
        let control = control.clone();
        tokio::spawn(async move {
            gone.await;
            // The run may have ended.
            let _ = control.send(Control::ReaderGone);
        });
    }
    let mut console = Console::new()?;
    console.set_off(&reporting.display);
    let on_loss = on_loss(control);
    let in_order = reporting.keep_order;
    let mut dispatch = Dispatch::start(sinks, recorders, console, in_order, on_loss)?;
    // The first event cannot fill the backlog.
    let _ = dispatch.handle(&Event::RunStarted {
        total: source.total(),
    });
    let mut signs = Signs::new(settings.misunderstanding);
    let feed = Feed::new(source)?;
    settings.options.shared_blocks = feed.shared_blocks();
    let forward = Box::new(|event: &Event| {
        signs.fold(event);
        dispatch.handle(event)
    });
    let options = settings.options;
    let mut ended = match slurm {
        None => {
            let runner = Runner::local(options, completed_jobs, forward);
            runner.run(feed, &mut controls).await
        }
        Some(slurm) => {
            let runner = Runner::slurm(slurm, options, completed_jobs, forward)?;
            runner.run(feed, &mut controls).await
        }
    };
    let mut messages = finish(dispatch.finish(), &mut controls, &mut ended, grace).await;
    guarding.end().await;
    if reporting.watches_reader() && !ended.cancel.is_ending() {
        messages.extend(signs.advice(stdin_is_unread));
    }
    stop_listening(&mut controls, &mut ended, &mut messages).await;
    if !Console::words_would_block(reporting.display.frame)
        && warn(&messages, &reporting.display).is_err()
    {
        ended.summary.lose_output(OutputLoss::NotWritten);
    }
    if let Some(path) = left_in
        && ended.summary.verdict() == ExitCode::Ok
    {
        let mut line = path.into_os_string();
        line.push("\n");
        return print(line.as_encoded_bytes());
    }
    Ok(match reporting.gnu.exit {
        Some(halt) => exit_code(&ended.summary, halt),
        None => ended.summary.verdict(),
    })
}

fn sinks(reporting: &mut Reporting) -> Vec<Box<dyn Sink>> {
    let display = reporting.display;
    let mut sinks: Vec<Box<dyn Sink>> = Vec::new();
    match reporting.form {
        OutputForm::Records => sinks.push(Box::new(JsonLines)),
        OutputForm::Events => sinks.push(Box::new(Events::default())),
        OutputForm::Output | OutputForm::DryRun(_) => {}
    }
    sinks.append(&mut reporting.gnu.sinks);
    let prefix = std::mem::take(&mut reporting.prefix);
    sinks.push(Box::new(Human::new(
        display,
        reporting.paster.clone(),
        prefix,
    )));
    if display.line_per_job && matches!(display.show, Show::All | Show::Words) {
        let vendor = display.vendor.unwrap_or(Vendor::Plain);
        sinks.push(Box::new(Heartbeat::new(vendor)));
    }
    sinks.append(&mut reporting.files.sinks);
    if display.has_bar {
        // Last of the sinks that write to the terminal.
        sinks.push(Box::new(ProgressBar::new(
            display.style,
            reporting.last_lines.clone(),
        )));
    }
    sinks
}

/// Tells the run of what cannot be written.
pub(super) fn on_loss(
    control: mpsc::UnboundedSender<Control>,
) -> OnLoss<impl FnMut(OutputLoss) + Send, impl FnMut(RecorderError) + Send> {
    let failed = control.clone();
    OnLoss {
        // The run may have ended.
        output: move |loss| drop(control.send(Control::OutputFailed(loss))),
        record: move |error: RecorderError| {
            let _ = failed.send(Control::RecordFailed {
                why: error.to_string().into(),
                ends_run: error.effect() == Effect::EndsRun,
            });
        },
    }
}

/// Gives signals their default effect; those that were already received are not lost.
pub(super) async fn stop_listening(
    controls: &mut mpsc::UnboundedReceiver<Control>,
    ended: &mut Ended,
    messages: &mut Vec<String>,
) {
    listen_no_more(controls, |control| {
        on_control(control, ended, messages);
    })
    .await;
}

/// Waits until everything is written, and returns the remaining messages. After a signal, a reader that
/// does not read is waited for only for a limited time; files are waited for until a third signal.
pub(super) async fn finish(
    mut drained: Drained,
    controls: &mut mpsc::UnboundedReceiver<Control>,
    ended: &mut Ended,
    grace: Duration,
) -> Vec<String> {
    let clock = ended.clock.clone();
    let until = |ended: &Ended| Some(ended.clock.now() + ended.cancel.patience(grace)?);
    let (mut patience, mut unwritten) = (until(ended), drained.unwritten());
    let mut messages = Vec::new();
    // After a third signal, wait only for what takes almost no time.
    let mut limit = ended
        .cancel
        .is_abandoned()
        .then(|| clock.now() + LAST_WRITES);
    while !drained.is_complete() {
        tokio::select! {
            loss = drained.next() => {
                if let Some(loss) = loss {
                    ended.summary.lose_output(loss);
                }
            }
            Some(control) = controls.recv() => match on_control(control, ended, &mut messages) {
                None => {}
                Some(Escalation::Terminate | Escalation::Kill) => patience = until(ended),
                Some(Escalation::Exit) => limit = Some(clock.now() + LAST_WRITES),
            },
            () = clock.sleep_until_some(limit) => {
                ended.summary.lose_output(OutputLoss::NotWritten);
                let unfinished = drained.unfinished().join(", ");
                messages.push(format!("not written because of a third signal: {unfinished}"));
                break;
            }
            () = clock.sleep_until_some(patience), if unwritten.is_some() => {
                let before = std::mem::replace(&mut unwritten, drained.unwritten());
                match unwritten < before {
                    true => patience = until(ended),
                    false => {
                        drained.give_up_console();
                        unwritten = None;
                    }
                }
            }
        }
    }
    messages
}

/// Handles a control message after the last job has ended.
fn on_control(
    control: Control,
    ended: &mut Ended,
    messages: &mut Vec<String>,
) -> Option<Escalation> {
    match control {
        Control::Signal(signal) => {
            let escalation = ended.cancel.signal(signal, ended.clock.now());
            let stop = Cancellation {
                cause: Cause::Signal(signal),
                end: End::Killed,
                running: 0,
                grace: Duration::ZERO,
            };
            ended.summary.fold(&Event::Canceled(stop));
            escalation
        }
        // Only prun itself is left to stop (SIGSTOP).
        Control::Suspend => {
            Signal::STOP.raise();
            None
        }
        Control::RecordFailed { why, .. } => {
            messages.push(why.to_string());
            None
        }
        // The writer reports the same when it ends, and nothing runs any more.
        Control::OutputFailed(_)
        | Control::ReaderGone
        | Control::ShowRunning
        | Control::JobLimit { .. }
        | Control::MachineRead(_)
        | Control::TokenCame => None,
    }
}

/// Prints to standard error; an error is ignored, as it could not be reported.
pub(super) fn print_error(text: &str) {
    if let Ok(mut console) = Console::new() {
        let _ = console
            .err()
            .write_all(text.as_bytes())
            .and_then(|()| console.flush());
    }
}
