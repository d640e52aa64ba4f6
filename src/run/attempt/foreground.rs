//! Jobs and the terminal: which job is in the foreground, and jobs that need the terminal without it.

use std::time::Duration;

use crate::os::Terminal;
use crate::process::{Process, Scope, Signal};

/// How often to check whether a job was stopped. The system reports that only with `SIGCHLD`, which
/// every end of every job sends as well.
const CHECK_INTERVAL: Duration = Duration::from_millis(200);

/// Whether jobs get the terminal.
pub(crate) enum Foreground {
    /// There is no terminal.
    None,
    /// prun keeps it, and the system stops a job that uses it.
    Kept,
    /// Each job gets it while it runs; only one runs at a time.
    Given(Terminal),
}

/// Why a job was stopped by the terminal.
pub(crate) enum TerminalRequest {
    /// It used the terminal, which it may not.
    Refused,
    /// It had the terminal, and Ctrl-Z stopped it.
    Suspended,
}

impl Foreground {
    /// Gives the terminal to the job's process, which has started or was continued.
    pub(crate) fn give(&self, process: &Process) {
        if let Self::Given(terminal) = self {
            // A process that used it before it had it was stopped, so continue it. It may have
            // exited already.
            let _ = terminal.give_to(process.pid());
            let _ = process.send_signal_to(Scope::Group, Signal::CONT);
        }
    }

    /// Takes the terminal back from the job's process, which has ended or was stopped.
    pub(crate) fn take_back(&self) {
        if let Self::Given(terminal) = self {
            // If the terminal is gone, SIGHUP follows.
            let _ = terminal.take_back();
        }
    }

    /// Waits until the process is stopped by the terminal, and returns why. Cancel-safe.
    pub(crate) async fn wait_for_request(&self, process: &Process) -> TerminalRequest {
        if matches!(self, Self::None) {
            return std::future::pending().await;
        }
        loop {
            tokio::time::sleep(CHECK_INTERVAL).await;
            match (self, process.stopped_by()) {
                (Self::Kept, Some(Signal::TTIN | Signal::TTOU)) => return TerminalRequest::Refused,
                (Self::Given(_), Some(Signal::TTIN | Signal::TTOU)) => self.give(process),
                (Self::Given(_), Some(_)) => return TerminalRequest::Suspended,
                _ => {}
            }
        }
    }

    /// Waits until the process is continued. Cancel-safe.
    pub(crate) async fn continued(&self, process: &Process) {
        while process.stopped_by().is_some() {
            tokio::time::sleep(CHECK_INTERVAL / 10).await;
        }
    }
}
