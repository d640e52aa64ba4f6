//! Hooks of the caller that run in a new process.

#![expect(
    unsafe_code,
    reason = "it declares an unsafe function, whose callers keep the promise"
)]

use std::io;

use super::command::Command;
use crate::os::child::Hook;

impl Command {
    /// Adds a hook that runs in the new process before it executes its program; Python's `preexec_fn=`,
    /// and std's [`pre_exec`](std::os::unix::process::CommandExt::pre_exec).
    ///
    /// Hooks run in the order in which they were added. The first that fails ends the spawn: the error
    /// is [`SpawnErrorKind::Setup`], with the OS error number that the hook returned (`EINVAL` if it has
    /// none).
    ///
    /// Hooks run after all other changes that the process makes to itself. Their effects are limited to
    /// the new process. The process is forked, which takes longer the more memory this program has. It
    /// may be the child of a thread other than the calling one, which matters where the system treats
    /// threads as parents (`PR_SET_PDEATHSIG`).
    ///
    /// # Safety
    /// `hook` runs after a fork of a program with many threads: it must not allocate or take a lock, and
    /// may call only async-signal-safe functions, as described in more detail by
    /// [std](std::os::unix::process::CommandExt::pre_exec). It must not panic, since a panic allocates.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut command = prun::process::Command::exec("nice");
    /// let nicer = || match unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 5) } {
    ///     0 => Ok(()),
    ///     _ => Err(std::io::Error::last_os_error()),
    /// };
    /// // SAFETY: it makes one system call, and an OS error does not allocate.
    /// unsafe { command.pre_exec(nicer) };
    /// assert_eq!(command.output().await?.stdout, b"5\n");
    /// # Ok(()) }
    /// ```
    ///
    /// [`SpawnErrorKind::Setup`]: crate::process::SpawnErrorKind::Setup
    pub unsafe fn pre_exec<F>(&mut self, hook: F) -> &mut Self
    where
        F: Fn() -> io::Result<()> + Send + Sync + 'static,
    {
        // SAFETY: guaranteed by the caller.
        self.changes.hooks.push(unsafe { Hook::new(hook) });
        self
    }
}
