//! Shutting down a process or its process group: `SIGTERM`, then `SIGKILL`.

use std::time::Duration;

use super::delivery::{Delivery, Scope, SignalError};
use super::handle::ProcessHandle;
use super::members::Members;
use crate::os::{Signal, sys};
use crate::process::exit::{ExitInfo, WaitError};
use crate::process::wait_for::wait_for;

/// How long a process may take to die after `SIGKILL`: in an uninterruptible system call, for ever.
const KILL_WAIT: Duration = Duration::from_secs(5);

/// The interval between polls of a group: the first, and the longest.
const POLL_INTERVALS: [Duration; 2] = [Duration::from_millis(2), Duration::from_millis(50)];

/// Why a process could not be shut down.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShutdownError {
    /// A signal could not be sent. Nothing was waited for after that.
    #[error(transparent)]
    Signal(#[from] SignalError),
    /// Waiting for the end failed.
    #[error(transparent)]
    Wait(#[from] WaitError),
    /// A process did not die within 5 seconds of `SIGKILL`: it is in an uninterruptible system call, such
    /// as one to a disk that does not answer, or a debugger holds it.
    #[error("process {pid} is still running {} s after SIGKILL", KILL_WAIT.as_secs())]
    StillRunning {
        /// Its process id. It may be another member of the group.
        pid: u32,
    },
}

/// The signals by which a process is ended, each at its time. The last one is `SIGKILL`.
pub(crate) trait Escalate {
    /// Waits until the next signal is due. Called again only after it has returned.
    fn next(&mut self) -> impl Future<Output = Signal> + Send;

    /// Called if a signal could not be sent to a living process. Returns `Ok` if the next signals are
    /// to be sent all the same.
    fn refused(&mut self, error: SignalError) -> Result<(), SignalError> {
        Err(error)
    }
}

/// `SIGTERM` at once, and `SIGKILL` after the grace period.
struct TermThenKill {
    /// Whether `SIGTERM` is still to be sent.
    is_gentle: bool,
    grace: Duration,
}

impl Escalate for TermThenKill {
    async fn next(&mut self) -> Signal {
        if std::mem::take(&mut self.is_gentle) {
            return Signal::TERM;
        }
        tokio::time::sleep(self.grace).await;
        Signal::KILL
    }
}

impl ProcessHandle {
    /// Ends the process or its process group: sends `SIGTERM`, then `SIGKILL` after `grace`.
    ///
    /// `SIGTERM` is followed by `SIGCONT`, since a stopped process could not act on it. After `grace`,
    /// every remaining process of `scope` is sent `SIGKILL`, whether or not the leader has ended.
    /// Returns as soon as no process of `scope` is left; zombies do not count. With a grace of zero,
    /// `SIGKILL` is sent at once. It is not an error if the process has already ended.
    ///
    /// On systems other than Linux a zombie in the group counts as left, until 5 seconds after
    /// `SIGKILL`. There a group is known only by its number, which is polled every 50 milliseconds once
    /// the leader has ended; in theory the number may be given to another group within that time, which
    /// then receives the signal.
    ///
    /// # Errors
    /// * [`ShutdownError::Signal`] at once if there is no group, or if no living process of `scope` may
    ///   be sent the signal. If only some members of a group may be, the others are reported only if they
    ///   are alive 5 seconds after `SIGKILL`.
    /// * [`ShutdownError::StillRunning`] if a process that was sent `SIGKILL` is alive after these 5
    ///   seconds.
    /// * [`ShutdownError::Wait`] as from [`wait`](Self::wait).
    ///
    /// # Cancel safety
    /// This method may be dropped and called again. `SIGTERM` may have been sent by then.
    pub async fn shutdown(&self, scope: Scope, grace: Duration) -> Result<ExitInfo, ShutdownError> {
        if scope == Scope::Group {
            self.begin_shutdown();
        }
        let is_gentle = !grace.is_zero();
        self.escalate(scope, TermThenKill { is_gentle, grace })
            .await?;
        if scope == Scope::Group {
            self.finish_shutdown();
        }
        Ok(self.wait().await?)
    }

    /// Sends each of `signals` when it is due, until no process of `scope` is left or one survives
    /// `SIGKILL`.
    pub(crate) async fn escalate(
        &self,
        scope: Scope,
        mut signals: impl Escalate,
    ) -> Result<(), ShutdownError> {
        let mut members = Members::of(self.pid());
        let mut signal = signals.next().await;
        loop {
            if let Err(error) = self.send_terminating(scope, signal, &mut members).await {
                signals.refused(error)?;
            }
            if signal == Signal::KILL {
                break;
            }
            // A stopped process handles the signal only once it is continued. Permission for the one
            // implies permission for the other.
            let _ = self.send_signal_to(scope, Signal::CONT);
            signal = tokio::select! {
                biased;
                gone = self.wait_until_empty(scope, &mut members) => return Ok(gone?),
                signal = signals.next() => signal,
            };
        }
        if let Ok(gone) = wait_for(self.wait_until_empty(scope, &mut members), KILL_WAIT).await {
            return Ok(gone?);
        }
        let left = match self.is_running() {
            true => Some(self.pid()),
            false => members.living(),
        };
        match left {
            // SIGKILL reached other members of the group, or a zombie, but not this one.
            Some(pid) if is_forbidden_by(pid) => {
                let signal = Signal::KILL;
                Err(SignalError::Permission { signal, pid }.into())
            }
            Some(pid) => Err(ShutdownError::StillRunning { pid }),
            // No member is known to be alive: the remaining ones may be zombies.
            None => Ok(()),
        }
    }

    /// Sends a terminating signal. A refusal matters only if a process is alive: a zombie of another
    /// user refuses it, too.
    async fn send_terminating(
        &self,
        scope: Scope,
        signal: Signal,
        members: &mut Members,
    ) -> Result<(), SignalError> {
        match self.send_signal_to(scope, signal) {
            Ok(_) => Ok(()),
            Err(error @ SignalError::NoGroup { .. }) => Err(error),
            Err(_) if !self.is_alive(scope, members).await => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Waits until the process has ended and, for [`Scope::Group`], until no living member of its group
    /// is left.
    async fn wait_until_empty(&self, scope: Scope, members: &mut Members) -> Result<(), WaitError> {
        self.ended().await?;
        let [mut pause, longest] = POLL_INTERVALS;
        while self.is_alive(scope, members).await {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(longest);
        }
        Ok(())
    }

    /// Whether the process is running or, for [`Scope::Group`], a member of its group is alive.
    async fn is_alive(&self, scope: Scope, members: &mut Members) -> bool {
        if self.is_running() {
            return true;
        }
        // kill(2) is cheap but counts zombies: unless it finds no member, /proc decides.
        let none = Signal::from_raw(0);
        scope == Scope::Group
            && !matches!(
                self.send_signal_to(scope, none),
                Ok(Delivery::AlreadyExited) | Err(SignalError::NoGroup { .. })
            )
            && members.poll().await
    }
}

/// Whether this process lacks the permission to signal `pid`. Sends no signal.
fn is_forbidden_by(pid: u32) -> bool {
    let asked = sys::kill(pid as libc::pid_t, 0);
    asked.is_err_and(|error| error.raw_os_error() == Some(libc::EPERM))
}
