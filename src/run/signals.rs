//! prun's own signals.

use std::future::poll_fn;
use std::task::{Context, Poll};

use tokio::signal::unix::{self, SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::watch;

use super::control::Control;
use crate::os::{hold_signals, without_signals};
use crate::process::{Signal, TerminalSize};

/// The signals that ask prun to end, and that jobs get as themselves.
pub(super) const STOP_SIGNALS: [Signal; 4] = [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT];

/// Passes the signals that ask prun to end, to pause (Ctrl-Z), or what runs (`SIGUSR1`), on to the
/// runner.
///
/// A signal that was ignored at the start stays ignored, for prun and its jobs: that is what
/// `nohup` means.
pub(crate) fn listen(controls: &UnboundedSender<Control>) -> std::io::Result<()> {
    // A file that may not grow is an error of the write then, not our death. Caught, not ignored:
    // jobs would inherit that.
    if !Signal::XFSZ.is_ignored() {
        drop(signal(SignalKind::from_raw(Signal::XFSZ.as_raw()))?);
    }
    let others = [
        (Signal::TSTP, Control::Suspend),
        (Signal::USR1, Control::ShowRunning),
    ];
    let stops = STOP_SIGNALS.map(|signal| (signal, Control::Signal(signal)));
    let mut arrivals = catch(stops.into_iter().chain(others))?;
    let mut stops = [Signal::TERM].into_iter().chain(STOP_SIGNALS);
    if let Some(stop) = stops.find(|signal| !signal.is_ignored()) {
        without_signals(|| stop.stands_for_deadly());
    }
    let controls = controls.clone();
    tokio::spawn(async move {
        while let Some(control) = poll_fn(|context| next_of(&mut arrivals, context)).await {
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

/// Catches signals that are not ignored, with what each one says. One that comes between the first
/// step of catching it and the last would be lost, and has to wait.
fn catch(
    wanted: impl Iterator<Item = (Signal, Control)>,
) -> std::io::Result<Vec<(unix::Signal, Control)>> {
    let caught = |(wanted, control): (Signal, Control)| {
        Ok((signal(SignalKind::from_raw(wanted.as_raw()))?, control))
    };
    let wanted = wanted.filter(|(signal, _)| !signal.is_ignored());
    without_signals(|| wanted.map(caught).collect())
}

/// What the next signal says. One future for all, as most never come.
fn next_of(
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

/// The size of the terminal, asked again whenever the system says that it has changed.
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

/// Waits until a signal that has come is passed on to the runner, and by it to the attempts.
pub(super) async fn passed_on() {
    // It comes by the poll loop, through the future that passes it on, and through the runner.
    for _ in 0..4 {
        tokio::task::yield_now().await;
    }
}

/// Lets the signals that ask prun to end do it themselves from now on. `hear` is told of those that
/// came before, so that each one either has its effect or is known when this is done.
pub(crate) async fn listen_no_more(
    controls: &mut UnboundedReceiver<Control>,
    mut hear: impl FnMut(Control),
) {
    let held = hold_signals();
    passed_on().await;
    while let Ok(control) = controls.try_recv() {
        hear(control);
    }
    held.let_act(STOP_SIGNALS.into_iter().chain(Signal::deadly()));
}
