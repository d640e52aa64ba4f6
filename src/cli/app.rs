//! The program's sentence: parse, settle, plan, wire the sinks, run, exit.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Instant;

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use tokio::sync::mpsc;

use super::args::{Args, SHAPES};
use super::hints::hint;
use super::settings::{Form, Settings, Surroundings, settle};
use crate::event::{Event, NumberedJob, OutputLoss, Stop};
use crate::exit::ExitCode;
use crate::plan::{Entry, Source};
use crate::process::{Signal, reset_inherited_signals};
use crate::run::{Control, Feed, Runner, listen};
use crate::sink::{Console, DryRun, Fan, Human, JsonLines, Sink, Told, dry_run};
use crate::summary::Summary;

/// Runs prun on this process's command line.
#[must_use]
pub fn main() -> ExitCode {
    reset_inherited_signals();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return told_by_clap(&error),
    };
    match start(args) {
        Ok(exit) => exit,
        Err(error) => {
            say(&format!("prun: {error}\n"));
            ExitCode::Usage
        }
    }
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
    match error.print() {
        Err(lost) if lost.kind() == io::ErrorKind::BrokenPipe => ExitCode::Signal(Signal::PIPE),
        Err(_) => ExitCode::OutputLost,
        Ok(()) if error.use_stderr() => ExitCode::Usage,
        Ok(()) => ExitCode::Ok,
    }
}

fn start(args: Args) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let Some((settings, source)) = settle(args, Surroundings::look()?)? else {
        say(SHAPES);
        return Ok(ExitCode::Usage);
    };
    if let Some(warning) = &settings.warning {
        say(&format!("prun: {warning}\n"));
    }
    match settings.form {
        Form::DryRun(form) => Ok(list(source, &settings, form)?),
        Form::Output | Form::Records => {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            let exit = runtime.block_on(run(settings, source))?;
            // Processes that jobs left behind may hold pipes for ever, and so may our input.
            runtime.shutdown_background();
            Ok(exit)
        }
    }
}

/// Runs every job and tells of it.
async fn run(settings: Settings, source: Source) -> io::Result<ExitCode> {
    let (control, mut controls) = mpsc::unbounded_channel();
    listen(&control)?;
    let mut fan = Fan::start(sinks(&settings), Console::new()?, move |loss| {
        // A run that is over needs no stopping.
        let _ = control.send(Control::OutputFailed(loss));
    })?;
    let runner = Runner::new(settings.options, |event: &Event| fan.tell(event));
    let mut summary = runner.run(Feed::new(source), &mut controls).await;
    finish(fan.finish(), &mut controls, &mut summary).await;
    Ok(summary.verdict())
}

fn sinks(settings: &Settings) -> Vec<Box<dyn Sink>> {
    let Settings {
        show,
        verbose,
        stderr_is_terminal,
        style,
        ..
    } = *settings;
    let human = Box::new(Human::new(show, verbose, stderr_is_terminal, style));
    match settings.form {
        Form::Records => vec![Box::new(JsonLines), human],
        Form::Output | Form::DryRun(_) => vec![human],
    }
}

/// Waits until everything is told, unless a signal says that nobody wants to know.
async fn finish(
    mut told: Told,
    controls: &mut mpsc::UnboundedReceiver<Control>,
    summary: &mut Summary,
) {
    let lost = tokio::select! {
        loss = told.wait() => loss,
        signal = next_signal(controls) => {
            let stop = Stop { signal, kill: true, running: 0, grace: Default::default() };
            summary.fold(&Event::Stopped(stop));
            None
        }
    };
    if let Some(loss) = lost {
        summary.lose_output(loss);
    }
}

async fn next_signal(controls: &mut mpsc::UnboundedReceiver<Control>) -> Signal {
    loop {
        match controls.recv().await {
            Some(Control::Signal(signal)) => return signal,
            // It comes from the writer, which says the same when it ends.
            Some(Control::OutputFailed(_)) => {}
            None => std::future::pending().await,
        }
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
                let job = Arc::new(NumberedJob {
                    seq,
                    read_at: Instant::now(),
                    cwd,
                    job,
                });
                dry_run(&job, form, &settings.options.env, &mut console)
            }
            Ok(Entry::Warning(warning)) => writeln!(console.err(), "prun: {warning}"),
            Err(error) => {
                summary.fold(&Event::InputFailed(error.to_string().into()));
                writeln!(console.err(), "prun: {error}")
            }
        };
        if let Err(error) = printed {
            summary.lose_output(loss(&error));
            break;
        }
    }
    if let Err(error) = console.flush() {
        summary.lose_output(loss(&error));
    }
    Ok(summary.verdict())
}

fn loss(error: &io::Error) -> OutputLoss {
    match error.kind() {
        io::ErrorKind::BrokenPipe => OutputLoss::ReaderGone,
        _ => OutputLoss::NotWritten,
    }
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
