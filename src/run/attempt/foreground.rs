//! Jobs and the terminal: who may have it, and what becomes of one that wants it without leave.

use std::time::Duration;

use crate::os::Terminal;
use crate::process::{Process, Scope, Signal};

/// How often is looked whether a job was stopped. The system tells a parent of that only by
/// `SIGCHLD`, which every end of every job sends as well.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Whether jobs get the terminal.
pub(crate) enum Foreground {
    /// There is no terminal.
    None,
    /// There is one, and a job that wants it is stopped by the system.
    Kept,
    /// Each job gets it while it runs; one runs at a time.
    Given(Terminal),
}

/// What a job did with the terminal.
pub(crate) enum TerminalRequest {
    /// It wants it, and may not have it.
    Refused,
    /// It was stopped while it had it: Ctrl-Z.
    Suspended,
}

impl Foreground {
    /// The job's process runs.
    pub(crate) fn give(&self, process: &Process) {
        if let Self::Given(terminal) = self {
            // One that wanted it before it had it was stopped, so it is continued; one that is
            // gone already has no more wishes.
            let _ = terminal.give_to(process.pid());
            let _ = process.send_signal_to(Scope::Group, Signal::CONT);
        }
    }

    /// The job's process has ended, or was stopped.
    pub(crate) fn take_back(&self) {
        if let Self::Given(terminal) = self {
            // A terminal that is gone says so by SIGHUP.
            let _ = terminal.take_back();
        }
    }

    /// Waits until the process was stopped for the terminal's sake. Cancel-safe.
    pub(crate) async fn wish(&self, process: &Process) -> TerminalRequest {
        if matches!(self, Self::None) {
            return std::future::pending().await;
        }
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            match (self, process.stopped_by()) {
                (Self::Kept, Some(Signal::TTIN | Signal::TTOU)) => return TerminalRequest::Refused,
                (Self::Given(_), Some(Signal::TTIN | Signal::TTOU)) => self.give(process),
                (Self::Given(_), Some(_)) => return TerminalRequest::Suspended,
                _ => {}
            }
        }
    }

    /// Waits until the process is stopped no more. Cancel-safe.
    pub(crate) async fn continued(&self, process: &Process) {
        while process.stopped_by().is_some() {
            tokio::time::sleep(LOOK_EVERY / 10).await;
        }
    }
}
