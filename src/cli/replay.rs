//! The replay of a run: its events go from the job log to the sinks, and nothing runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use super::settings::Reporting;
use crate::event::{Flow, OutputLoss};
use crate::exit::ExitCode;
use crate::sink::{Console, Dispatch, LoggedRun, OnLoss, Sink, escape};
use crate::summary::Summary;

/// Replays the run; returns its exit code.
pub(super) fn replay(
    mut run: LoggedRun,
    sinks: Vec<Box<dyn Sink>>,
    reporting: Reporting,
) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let lost = Arc::new(AtomicBool::new(false));
    let is_lost = Arc::clone(&lost);
    let mut console = Console::new()?;
    console.set_off(&reporting.display);
    let (failed, failures) = mpsc::channel();
    let on_loss = OnLoss {
        // Without standard error the replay continues.
        output: move |loss| {
            lost.fetch_or(loss != OutputLoss::Stderr, Ordering::Relaxed);
        },
        // The receiver outlives the writers.
        record: move |error| drop(failed.send(error)),
    };
    let mut dispatch = Dispatch::start(
        sinks,
        reporting.files.recorders,
        console,
        reporting.keep_order,
        on_loss,
    )?;
    let mut summary = Summary::default();
    while let Some((at, event)) = run.next()? {
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
    console.set_off(&reporting.display);
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
