//! Code of the caller's in a new process.

#![expect(
    unsafe_code,
    reason = "it declares an unsafe function, whose callers keep the promise"
)]

use std::io;

use super::command::Command;
use crate::os::child::Hook;

impl Command {
    /// Does something in the new process before it executes its program; Python's `preexec_fn=`, and
    /// [`pre_exec`](std::os::unix::process::CommandExt::pre_exec) of std. Of several each is done, in
    /// the order in which they were named, and the first that fails ends the start: the error is
    /// [`SpawnErrorKind::Setup`], with the system's number of what `hook` gave (`EINVAL` if it has none).
    ///
    /// It comes after everything else that the process is told to change in itself. Its own changes are
    /// for itself alone. The process begins by a fork then, which takes the longer the more memory this
    /// program has. It may be a child of another thread than the one that asks for it, as far as the
    /// system knows threads as parents (`PR_SET_PDEATHSIG`).
    ///
    /// # Safety
    /// `hook` runs after a fork in what was a program with many threads: it must not allocate or take a
    /// lock, and may call what a signal handler may, as
    /// [std](std::os::unix::process::CommandExt::pre_exec) says more fully. A panic in it is like that.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut command = prun::process::Command::exec("nice");
    /// let nicer = || match unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 5) } {
    ///     0 => Ok(()),
    ///     _ => Err(std::io::Error::last_os_error()),
    /// };
    /// // SAFETY: it makes one system call, and an error of the system's needs no memory.
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
        // SAFETY: the caller promises it.
        self.changes.hooks.push(unsafe { Hook::new(hook) });
        self
    }
}
