//! The program's sentence: parse, settle, plan, wire the sinks, run, exit.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use tokio::sync::mpsc;

use super::args::Args;
use super::args::SHAPES;
use super::args::generate;
use super::args::hint;
use super::replay::replay;
use super::settings::OutputForm;
use super::settings::Surroundings;
use super::settings::{Settings, settle, settle_replay};
use crate::event::{Cause, End, Event, NumberedJob, OutputLoss, Stop};
use crate::exit::ExitCode;
use crate::guard::{self, Guarding};
use crate::plan::{Entry, Source};
use crate::process::{Signal, continue_stopped_spawns, reap_strangers, reset_inherited_signals};
use crate::record::schema;
use crate::run::{
    CompletedJobs, Control, Ended, Escalation, Feed, Foreground, Runner, follow_size, listen,
    listen_no_more, need_files,
};
use crate::sink::{
    Console, Dispatch, DisplayOptions, Drained, DryRun, Effect, Events, Heartbeat, Human, JobLog,
    JsonLines, OnLoss, OpenLog, ProgressBar, RecorderError, Show, Sink, Vendor, dry_run, escape,
};
use crate::summary::Summary;

/// How long what is left to be written may take once prun was told three times to stop.
const LAST_MOMENT: Duration = Duration::from_millis(100);

/// Runs prun on this process's command line.
#[must_use]
pub fn main() -> ExitCode {
    if guard::is_asked() {
        return guarded();
    }
    reset_inherited_signals();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return told_by_clap(&error),
    };
    match start(args) {
        Ok(exit) => exit,
        Err(error) => {
            say(&format!("prun: {}\n", escape(error.to_string().as_bytes())));
            ExitCode::Usage
        }
    }
}

/// Is the guard of another prun, until that is gone.
fn guarded() -> ExitCode {
    if guard::guard() {
        return ExitCode::Ok;
    }
    say("prun: --guard-process is what prun itself starts: to be guarded, use --guard\n");
    ExitCode::Usage
}

/// Help and version on standard output, errors on standard error.
fn told_by_clap(error: &clap::Error) -> ExitCode {
    if error.kind() == ErrorKind::UnknownArgument
        && let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg)
        && let Some(hint) = hint(option)
    {
        say(&format!("prun: there is no option `{option}`: {hint}\n"));
        return ExitCode::Usage;
    }
    let text = error.render();
    if error.use_stderr() {
        say(&match console::colors_enabled_stderr() {
            true => text.ansi().to_string(),
            false => text.to_string(),
        });
        return ExitCode::Usage;
    }
    let text = match console::colors_enabled() {
        true => text.ansi().to_string(),
        false => text.to_string(),
    };
    print(text.as_bytes()).unwrap_or(ExitCode::OutputLost)
}

fn start(args: Args) -> Result<ExitCode, Box<dyn std::error::Error>> {
    if let Some(exit) = print_generated(&args)? {
        return Ok(exit);
    }
    if let Some(log) = &args.replay {
        let (mut settings, past) = settle_replay(&args, log, &Surroundings::look()?)?;
        let sinks = sinks(&mut settings);
        let display = settings.display;
        return replay(
            past,
            sinks,
            settings.files.recorders,
            &display,
            settings.keep_order,
        );
    }
    let Some((settings, source)) = settle(args, Surroundings::look()?)? else {
        say(SHAPES);
        return Ok(ExitCode::Usage);
    };
    warn(&settings.warnings, &settings.display)?;
    match settings.form {
        OutputForm::DryRun(form) => Ok(list(source, &settings, form)?),
        OutputForm::Output | OutputForm::Records | OutputForm::Events => {
            need_files()?;
            let short = |error| format!("cannot begin: {error}");
            let mut builder = tokio::runtime::Builder::new_current_thread();
            let runtime = builder.enable_all().build().map_err(short)?;
            let exit = runtime.block_on(run(settings, source)).map_err(short)?;
            // Processes that jobs left behind may hold pipes for ever, and so may our input.
            runtime.shutdown_background();
            Ok(exit)
        }
    }
}

/// Says what is odd about the run that begins, where all that is said of it goes.
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

/// What is made from the definition of the command line, if it is asked for.
fn print_generated(args: &Args) -> io::Result<Option<ExitCode>> {
    let mut text = Vec::new();
    match args.completions {
        Some(shell) => generate::completions(shell, &mut text)?,
        None if args.man => generate::manual(&mut text)?,
        None if args.schema => text = schema().into_bytes(),
        None => return Ok(None),
    }
    print(&text).map(Some)
}

/// Prints what is asked for in place of a run.
fn print(text: &[u8]) -> io::Result<ExitCode> {
    let mut console = Console::new()?;
    let printed = console.out().write_all(text);
    let mut summary = Summary::default();
    if let Err(error) = printed.and_then(|()| console.flush()) {
        summary.lose_output(console.lose_out(&error));
    }
    Ok(summary.verdict())
}

/// Runs every job and tells of it.
async fn run(mut settings: Settings, source: Source) -> io::Result<ExitCode> {
    let (control, mut controls) = mpsc::unbounded_channel();
    listen(&control)?;
    if !matches!(settings.options.foreground, Foreground::None) {
        continue_stopped_spawns()?;
    }
    tokio::spawn(reap_strangers());
    if let Some(size) = settings.terminal {
        settings.options.terminal = Some(follow_size(size, Console::size)?);
    }
    let grace = settings.options.grace;
    let lock = settings.log.as_ref().map(OpenLog::share).transpose()?;
    let guarding = Guarding::begin(settings.guard, settings.options.jobs, grace, lock);
    let guarding = guarding.await.map_err(io::Error::other)?;
    settings.options.guard = guarding.guard();
    let sinks = sinks(&mut settings);
    let mut recorders = settings.files.recorders;
    let mut completed_jobs = None;
    if let Some(mut log) = settings.log.take() {
        completed_jobs = Some(CompletedJobs::new(std::mem::take(&mut log.done)));
        // Before the others: it is what a later run goes on from.
        recorders.insert(0, Box::new(JobLog::begin(log, &settings.run_id)?));
    }
    if settings.watches_reader
        && let Some(gone) = Console::reader_gone()
    {
        let control = control.clone();
        tokio::spawn(async move {
            gone.await;
            // A run that is over needs no stopping.
            let _ = control.send(Control::ReaderGone);
        });
    }
    let mut console = Console::new()?;
    console.set_off(&settings.display);
    let failed = control.clone();
    let on_loss = OnLoss {
        // A run that is over needs no stopping.
        output: move |loss| drop(control.send(Control::OutputFailed(loss))),
        record: move |error: RecorderError| {
            let _ = failed.send(Control::RecordFailed {
                why: error.to_string().into(),
                ends_run: error.effect() == Effect::EndsRun,
            });
        },
    };
    let in_order = settings.keep_order;
    let mut dispatch = Dispatch::start(sinks, recorders, console, in_order, on_loss)?;
    // Nothing can be full yet.
    let _ = dispatch.handle(&Event::RunStarted {
        total: source.total(),
    });
    let runner = Runner::new(settings.options, completed_jobs, |event: &Event| {
        dispatch.handle(event)
    });
    let mut ended = runner.run(Feed::new(source)?, &mut controls).await;
    let mut words = finish(dispatch.finish(), &mut controls, &mut ended, grace).await;
    guarding.end().await;
    // A signal that comes from now on has its own effect; one that has come is not lost.
    listen_no_more(&mut controls, |control| {
        hear(control, &mut ended, &mut words);
    })
    .await;
    if !Console::words_would_block(settings.display.frame)
        && warn(&words, &settings.display).is_err()
    {
        ended.summary.lose_output(OutputLoss::NotWritten);
    }
    Ok(ended.summary.verdict())
}

fn sinks(settings: &mut Settings) -> Vec<Box<dyn Sink>> {
    let display = settings.display;
    let mut sinks: Vec<Box<dyn Sink>> = Vec::new();
    match settings.form {
        OutputForm::Records => sinks.push(Box::new(JsonLines)),
        OutputForm::Events => sinks.push(Box::new(Events::default())),
        OutputForm::Output | OutputForm::DryRun(_) => {}
    }
    sinks.push(Box::new(Human::new(display, settings.paster.clone())));
    if display.tells_each && matches!(display.show, Show::All | Show::Words) {
        let vendor = display.vendor.unwrap_or(Vendor::Plain);
        sinks.push(Box::new(Heartbeat::new(vendor)));
    }
    sinks.append(&mut settings.files.sinks);
    if display.has_bar {
        // Last of all that write to the terminal.
        sinks.push(Box::new(ProgressBar::new(display.style)));
    }
    sinks
}

/// Waits until everything is written, and says what is left to be said. Once prun is told to stop, a
/// reader who does not read is waited for no longer than its patience; the files are, until a third
/// signal.
async fn finish(
    mut drained: Drained,
    controls: &mut mpsc::UnboundedReceiver<Control>,
    ended: &mut Ended,
    grace: Duration,
) -> Vec<String> {
    let clock = ended.clock.clone();
    let until = |ended: &Ended| Some(ended.clock.now() + ended.cancel.patience(grace)?);
    let (mut patience, mut untold) = (until(ended), drained.untold());
    let mut words = Vec::new();
    // One that was told three times to stop does not wait, but for what takes no time.
    let mut limit = ended
        .cancel
        .is_abandoned()
        .then(|| clock.now() + LAST_MOMENT);
    while !drained.is_complete() {
        tokio::select! {
            loss = drained.next() => {
                if let Some(loss) = loss {
                    ended.summary.lose_output(loss);
                }
            }
            Some(control) = controls.recv() => match hear(control, ended, &mut words) {
                Escalation::Echo => {}
                Escalation::First | Escalation::Second => patience = until(ended),
                Escalation::Third => limit = Some(clock.now() + LAST_MOMENT),
            },
            () = clock.sleep_until_some(limit) => {
                ended.summary.lose_output(OutputLoss::NotWritten);
                let unfinished = drained.unfinished().join(", ");
                words.push(format!("not written, because of a third signal: {unfinished}"));
                break;
            }
            () = clock.sleep_until_some(patience), if untold.is_some() => {
                let before = std::mem::replace(&mut untold, drained.untold());
                match untold < before {
                    true => patience = until(ended),
                    false => {
                        drained.give_up_console();
                        untold = None;
                    }
                }
            }
        }
    }
    words
}

/// Takes a control in when no jobs run any more.
fn hear(control: Control, ended: &mut Ended, words: &mut Vec<String>) -> Escalation {
    match control {
        Control::Signal(signal) => {
            let escalation = ended.cancel.signal(signal, ended.clock.now());
            let stop = Stop {
                cause: Cause::Signal(signal),
                end: End::Killed,
                running: 0,
                grace: Duration::ZERO,
            };
            ended.summary.fold(&Event::Stopped(stop));
            escalation
        }
        // Only prun itself is left to stop.
        Control::Suspend => {
            Signal::STOP.raise();
            Escalation::Echo
        }
        Control::RecordFailed { why, .. } => {
            words.push(why.to_string());
            Escalation::Echo
        }
        // The writer says the same when it ends, and nothing runs any more.
        Control::OutputFailed(_) | Control::ReaderGone | Control::ShowRunning => Escalation::Echo,
    }
}

/// Prints the jobs instead of running them.
fn list(source: Source, settings: &Settings, form: DryRun) -> io::Result<ExitCode> {
    let mut console = Console::new()?;
    let mut summary = Summary::default();
    for (entry, seq) in source.zip(1..) {
        let printed = match entry {
            Ok(Entry::Job(job)) => {
                let cwd = job
                    .cwd
                    .as_ref()
                    .map(|dir| settings.options.cwd.join(dir).into());
                let cwd = cwd.unwrap_or_else(|| Arc::clone(&settings.options.cwd));
                let job = NumberedJob {
                    seq,
                    read_at: Duration::ZERO,
                    key: None,
                    cwd,
                    job,
                };
                let env = &settings.options.env;
                dry_run(&job, form, env, &settings.paster, &mut console)
            }
            Ok(Entry::Warning(warning)) => {
                writeln!(console.err(), "prun: {}", escape(warning.as_bytes()))
            }
            Err(error) => {
                summary.fold(&Event::InputFailed(error.to_string().into()));
                writeln!(
                    console.err(),
                    "prun: {}",
                    escape(error.to_string().as_bytes())
                )
            }
        };
        if let Err(error) = printed.and_then(|()| console.flush()) {
            summary.lose_output(console.lose_out(&error));
            break;
        }
    }
    Ok(summary.verdict())
}

/// Says something on standard error; there is nowhere to report that it cannot be said.
fn say(text: &str) {
    if let Ok(mut console) = Console::new() {
        let _ = console
            .err()
            .write_all(text.as_bytes())
            .and_then(|()| console.flush());
    }
}
