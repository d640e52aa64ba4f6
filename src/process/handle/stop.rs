//! The end of a process or of its whole group: gently, then firmly.

use std::time::Duration;

use super::delivery::{Delivery, Scope, SignalError};
use super::handle::ProcessHandle;
use super::members::Members;
use crate::os::Signal;
use crate::os::sys;
use crate::process::exit::{ExitInfo, WaitError};
use crate::process::wait_for::wait_for;

/// How long somebody may take to die of `SIGKILL`: in an uninterruptible call it is for ever.
const KILL_WAIT: Duration = Duration::from_secs(5);

/// How soon a group is looked at again, at first and at last.
const PAUSES: [Duration; 2] = [Duration::from_millis(2), Duration::from_millis(50)];

/// Why a process could not be stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StopError {
    /// A signal could not be sent. Nobody was waited for after that.
    #[error(transparent)]
    Signal(#[from] SignalError),
    /// Its end could not be learnt.
    #[error(transparent)]
    Wait(#[from] WaitError),
    /// It did not die of `SIGKILL`: it is in a call to the system that nothing interrupts, such as
    /// one to a disk that does not answer, or a debugger holds it.
    #[error("process {pid} has not ended in the {} seconds since SIGKILL was sent", KILL_WAIT.as_secs())]
    StillRunning {
        /// Which process: it may be another member of the group.
        pid: u32,
    },
}

impl ProcessHandle {
    /// Ends the process gently, then firmly: `SIGTERM` and `SIGCONT` (a stopped process could not
    /// act otherwise), and after `grace` `SIGKILL` to whoever of `scope` is left, whether or not
    /// the leader is gone. Returns as soon as nobody is; zombies do not count. Without grace it is
    /// `SIGKILL` at once. A process that has ended by itself is no error.
    ///
    /// On other systems than Linux a zombie of the group counts as somebody who is left, until 5
    /// seconds after `SIGKILL`. There a group is known by its number alone, which is asked for every
    /// 50 milliseconds once the leader has ended; in theory another group may be given the number
    /// within that time, and get the signal.
    ///
    /// # Errors
    /// [`StopError::Signal`] at once if there is no group, or if nobody who lives may be sent the
    /// signal; where it reaches some of a group, that is told of another one only when it lives 5
    /// seconds after `SIGKILL`. [`StopError::StillRunning`] if somebody lives then who was sent it,
    /// and [`StopError::Wait`] as in [`wait`](Self::wait).
    ///
    /// # Cancel safety
    /// May be dropped and called again; `SIGTERM` may have been sent then.
    pub async fn stop(&self, scope: Scope, grace: Duration) -> Result<ExitInfo, StopError> {
        if scope == Scope::Group {
            self.begin_stop();
        }
        self.end(scope, grace).await?;
        if scope == Scope::Group {
            self.finish_stop();
        }
        Ok(self.wait().await?)
    }

    async fn end(&self, scope: Scope, grace: Duration) -> Result<(), StopError> {
        let mut members = Members::of(self.pid());
        if !grace.is_zero() {
            self.send_to_end(scope, Signal::TERM, &mut members).await?;
            // Whoever may be sent that one may be sent this one.
            let _ = self.send_signal_to(scope, Signal::CONT);
            if let Ok(gone) = wait_for(self.none_left(scope, &mut members), grace).await {
                return Ok(gone?);
            }
        }
        self.send_to_end(scope, Signal::KILL, &mut members).await?;
        if let Ok(gone) = wait_for(self.none_left(scope, &mut members), KILL_WAIT).await {
            return Ok(gone?);
        }
        let left = match self.is_running() {
            true => Some(self.pid()),
            false => members.living(),
        };
        match left {
            // It reached others of the group, or a zombie, but not this one.
            Some(pid) if is_refused_by(pid) => {
                let signal = Signal::KILL;
                Err(SignalError::Permission { signal, pid }.into())
            }
            Some(pid) => Err(StopError::StillRunning { pid }),
            // Nobody is known to live: those who are left may be zombies.
            None => Ok(()),
        }
    }

    /// Sends a signal that is to end somebody. That it is refused matters only if anybody lives: a
    /// zombie refuses it, too, if it was another user's process.
    async fn send_to_end(
        &self,
        scope: Scope,
        signal: Signal,
        members: &mut Members,
    ) -> Result<(), SignalError> {
        match self.send_signal_to(scope, signal) {
            Ok(_) => Ok(()),
            Err(error @ SignalError::NoGroup { .. }) => Err(error),
            Err(_) if !self.is_left(scope, members).await => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Waits until the process has ended and, for [`Scope::Group`], no living member of its group
    /// is left. Hold the process meanwhile if the group is to be signalled afterwards.
    pub(crate) async fn gone(&self, scope: Scope) -> Result<(), WaitError> {
        self.none_left(scope, &mut Members::of(self.pid())).await
    }

    async fn none_left(&self, scope: Scope, members: &mut Members) -> Result<(), WaitError> {
        self.ended().await?;
        let [mut pause, longest] = PAUSES;
        while self.is_left(scope, members).await {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(longest);
        }
        Ok(())
    }

    /// Whether the process lives or, for [`Scope::Group`], a member of its group.
    async fn is_left(&self, scope: Scope, members: &mut Members) -> bool {
        if self.is_running() {
            return true;
        }
        // The system's answer is cheap, but counts zombies: unless it is no, the closer look decides.
        let none = Signal::from_raw(0);
        scope == Scope::Group
            && !matches!(
                self.send_signal_to(scope, none),
                Ok(Delivery::AlreadyExited) | Err(SignalError::NoGroup { .. })
            )
            && members.look().await
    }
}

/// Whether we may not send signals to this process. This asks without sending any.
fn is_refused_by(pid: u32) -> bool {
    let asked = sys::kill(pid as libc::pid_t, 0);
    asked.is_err_and(|error| error.raw_os_error() == Some(libc::EPERM))
}
