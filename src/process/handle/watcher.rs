//! Detecting the end of a process: by a pidfd, or by `SIGCHLD` where there is none.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::os::sys;
use crate::process::command::Backend;
use crate::process::drivers;

/// Wakes the callers that wait for the end of one process.
#[derive(Debug)]
pub(crate) enum Watcher {
    /// Readable once the process has ended; no other process is polled.
    Pidfd(AsyncFd<File>),
    /// The end of any child wakes all waiters.
    Sigchld,
}

impl Watcher {
    /// Watches the running child `pid`. If a pidfd cannot be had for any reason, falls back to `SIGCHLD`,
    /// because the child already runs and must not be lost.
    pub(crate) fn new(pid: libc::pid_t, backend: Backend) -> Self {
        if backend == Backend::Pidfd
            && let Ok(pidfd) = sys::pidfd_open(pid)
            && let Ok(registered) = sys::register(File::from(pidfd), Interest::READABLE)
        {
            return Self::Pidfd(registered);
        }
        Self::Sigchld
    }

    /// Returns the pidfd, if there is one.
    pub(crate) fn pidfd(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Pidfd(pidfd) => Some(pidfd.get_ref().as_fd()),
            Self::Sigchld => None,
        }
    }

    /// Calls `ended` until it returns a value: once now, and again whenever the child may have ended.
    /// Cancel safe, and any number of waiters may call it at once.
    pub(crate) async fn until<T, E: From<io::Error>>(
        &self,
        mut ended: impl FnMut() -> Result<Option<T>, E>,
    ) -> Result<T, E> {
        match self {
            Self::Pidfd(pidfd) => {
                if let Some(answer) = ended()? {
                    return Ok(answer);
                }
                loop {
                    let mut ready = pidfd.readable().await?;
                    if let Some(answer) = ended()? {
                        return Ok(answer);
                    }
                    ready.clear_ready();
                }
            }
            Self::Sigchld => {
                // Listen before the first poll, so that no end is missed between the two.
                let mut children = drivers::children()?;
                loop {
                    if let Some(answer) = ended()? {
                        return Ok(answer);
                    }
                    if children.recv().await.is_none() {
                        return Err(io::Error::other("the runtime is shutting down").into());
                    }
                }
            }
        }
    }
}
