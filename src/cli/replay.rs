//! The replay of a run: its events go from the job log to the sinks, and nothing runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use crate::event::{Flow, OutputLoss};
use crate::exit::ExitCode;
use crate::sink::{Console, Dispatch, DisplayOptions, LoggedRun, OnLoss, Recorder, Sink, escape};
use crate::summary::Summary;

/// Replays the run; returns its exit code.
pub(super) fn replay(
    mut past: LoggedRun,
    sinks: Vec<Box<dyn Sink>>,
    files: Vec<Box<dyn Recorder>>,
    display: &DisplayOptions,
    in_order: bool,
) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let lost = Arc::new(AtomicBool::new(false));
    let is_lost = Arc::clone(&lost);
    let mut console = Console::new()?;
    console.set_off(display);
    let (failed, failures) = mpsc::channel();
    let on_loss = OnLoss {
        // Without standard error the replay continues.
        output: move |loss| {
            lost.fetch_or(loss != OutputLoss::Stderr, Ordering::Relaxed);
        },
        // The receiver outlives the writers.
        record: move |error| drop(failed.send(error)),
    };
    let mut dispatch = Dispatch::start(sinks, files, console, in_order, on_loss)?;
    let mut summary = Summary::default();
    while let Some((at, event)) = past.next()? {
        summary.fold(&event);
        let flow = dispatch.handle_at(at, &event);
        if is_lost.load(Ordering::Relaxed) {
            break;
        }
        if let Flow::Full(capacity) = flow {
            runtime.block_on(capacity);
        }
    }
    let mut drained = dispatch.finish();
    while !drained.is_complete() {
        if let Some(loss) = runtime.block_on(drained.next()) {
            summary.lose_output(loss);
        }
    }
    let mut console = Console::new()?;
    console.set_off(display);
    for error in failures {
        let error = escape(error.to_string().as_bytes());
        writeln!(console.words()?, "prun: {error}")?;
    }
    console.flush()?;
    Ok(match summary.verdict() {
        // SIGPIPE of our own reader is raised; the signal that ended the logged run is not.
        ExitCode::Signal(signal) if !is_lost.load(Ordering::Relaxed) => ExitCode::Replayed(signal),
        exit => exit,
    })
}
