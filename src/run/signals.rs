//! Signals sent to prun.

use std::future::poll_fn;
use std::task::{Context, Poll};

use tokio::signal::unix::{self, SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::watch;

use super::control::Control;
use crate::os::{hold_signals, without_signals};
use crate::process::{Signal, TerminalSize};

/// The signals that cancel the run, and that are forwarded to jobs unchanged.
pub(super) const CANCEL_SIGNALS: [Signal; 4] =
    [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT];

/// Forwards to the runner the signals that cancel the run, suspend it (Ctrl-Z), or ask for the running
/// jobs (`SIGUSR1`).
///
/// A signal that was ignored at the start stays ignored, for prun and its jobs, as `nohup` requires.
pub(crate) fn listen(controls: &UnboundedSender<Control>) -> std::io::Result<()> {
    // Beyond the file size limit a write then fails with EFBIG instead of killing prun. Caught, not
    // ignored: jobs would inherit that.
    if !Signal::XFSZ.is_ignored() {
        drop(signal(SignalKind::from_raw(Signal::XFSZ.as_raw()))?);
    }
    let others = [
        (Signal::TSTP, Control::Suspend),
        (Signal::USR1, Control::ShowRunning),
    ];
    let stops = CANCEL_SIGNALS.map(|signal| (signal, Control::Signal(signal)));
    let mut arrivals = catch(stops.into_iter().chain(others))?;
    let mut stops = [Signal::TERM].into_iter().chain(CANCEL_SIGNALS);
    if let Some(stop) = stops.find(|signal| !signal.is_ignored()) {
        without_signals(|| stop.stands_for_deadly());
    }
    let controls = controls.clone();
    tokio::spawn(async move {
        while let Some(control) = poll_fn(|context| poll_next(&mut arrivals, context)).await {
            let control = match control {
                Control::Signal(signal) => Control::Signal(signal.came()),
                other => other,
            };
            if controls.send(control).is_err() {
                break;
            }
        }
    });
    Ok(())
}

/// Catches signals that are not ignored, each with its request. One that arrives between the first
/// step of catching it and the last would be lost, so signals are blocked meanwhile.
fn catch(
    wanted: impl Iterator<Item = (Signal, Control)>,
) -> std::io::Result<Vec<(unix::Signal, Control)>> {
    let caught = |(wanted, control): (Signal, Control)| {
        Ok((signal(SignalKind::from_raw(wanted.as_raw()))?, control))
    };
    let wanted = wanted.filter(|(signal, _)| !signal.is_ignored());
    without_signals(|| wanted.map(caught).collect())
}

/// Returns the request of the next signal. One future for all, as most never arrive.
fn poll_next(
    arrivals: &mut [(unix::Signal, Control)],
    context: &mut Context<'_>,
) -> Poll<Option<Control>> {
    for (arrival, control) in arrivals {
        if let Poll::Ready(came) = arrival.poll_recv(context) {
            return Poll::Ready(came.map(|()| control.clone()));
        }
    }
    Poll::Pending
}

/// Returns the size of the terminal, which is updated with `look` on every SIGWINCH.
pub(crate) fn follow_size(
    first: TerminalSize,
    look: impl Fn() -> Option<TerminalSize> + Send + 'static,
) -> std::io::Result<watch::Receiver<TerminalSize>> {
    let mut changes = signal(SignalKind::from_raw(Signal::WINCH.as_raw()))?;
    let (sender, size) = watch::channel(first);
    tokio::spawn(async move {
        while changes.recv().await.is_some() {
            if let Some(now) = look() {
                sender.send_if_modified(|size| std::mem::replace(size, now) != now);
            }
        }
    });
    Ok(size)
}

/// Waits until a signal that has arrived is forwarded to the runner, and from it to the attempts.
pub(super) async fn forward_pending() {
    // It arrives through the poll loop, the future that forwards it, and the runner.
    for _ in 0..4 {
        tokio::task::yield_now().await;
    }
}

/// Restores the default action of the signals that cancel the run. `on_control` gets those that arrived
/// before, so that each signal either has its effect or is known when this returns.
pub(crate) async fn listen_no_more(
    controls: &mut UnboundedReceiver<Control>,
    mut on_control: impl FnMut(Control),
) {
    let held = hold_signals();
    forward_pending().await;
    while let Ok(control) = controls.try_recv() {
        on_control(control);
    }
    held.let_act(CANCEL_SIGNALS.into_iter().chain(Signal::deadly()));
}
