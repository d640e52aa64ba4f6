//! A run that is told again: its events go from the job log through the sinks, and nothing runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::event::Flow;
use crate::exit::ExitCode;
use crate::sink::{Console, Fan, Frame, PastRun, Sink};
use crate::summary::Summary;

/// Tells the run, and ends as it did.
pub(super) fn replay(
    mut past: PastRun,
    sinks: Vec<Box<dyn Sink>>,
    frame: Frame,
    in_order: bool,
) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let lost = Arc::new(AtomicBool::new(false));
    let is_lost = Arc::clone(&lost);
    let mut console = Console::new()?;
    console.set_off(frame);
    let mut fan = Fan::start(sinks, console, in_order, move |_| {
        lost.store(true, Ordering::Relaxed);
    })?;
    let mut summary = Summary::default();
    while let Some((at, event)) = past.next()? {
        summary.fold(&event);
        let flow = fan.tell_at(at, &event);
        if is_lost.load(Ordering::Relaxed) {
            break;
        }
        if let Flow::Full(room) = flow {
            runtime.block_on(room);
        }
    }
    let mut told = fan.finish();
    if let Some(loss) = runtime.block_on(told.wait()) {
        summary.lose_output(loss);
    }
    Ok(match summary.verdict() {
        // A reader that went away is ours; the signal that ended the run was for the run.
        ExitCode::Signal(signal) if !is_lost.load(Ordering::Relaxed) => ExitCode::Replayed(signal),
        exit => exit,
    })
}
