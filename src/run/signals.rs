//! prun's own signals.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

use super::control::Control;
use crate::process::{Signal, TerminalSize};

/// The signals that ask prun to end.
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
    let stops = STOP_SIGNALS.map(|signal| (signal, Control::Signal(signal)));
    let others = [
        (Signal::TSTP, Control::Suspend),
        (Signal::USR1, Control::ShowRunning),
    ];
    let wanted = stops.into_iter().chain(others);
    for (wanted, control) in wanted.filter(|(signal, _)| !signal.is_ignored()) {
        let mut arrivals = signal(SignalKind::from_raw(wanted.as_raw()))?;
        let controls = controls.clone();
        tokio::spawn(async move {
            while arrivals.recv().await.is_some() {
                if controls.send(control.clone()).is_err() {
                    break;
                }
            }
        });
    }
    Ok(())
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

/// Lets the signals that ask prun to end do it themselves from now on. Those that came before are
/// still passed on, when this is done.
pub(crate) async fn listen_no_more() {
    STOP_SIGNALS
        .into_iter()
        .filter(|signal| !signal.is_ignored())
        .for_each(Signal::restore_default);
    passed_on().await;
}
