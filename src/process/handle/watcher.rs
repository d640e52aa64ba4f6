//! Learning of a process's end: by a pidfd, or by `SIGCHLD` where there is none.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::os::sys;
use crate::process::command::Backend;
use crate::process::drivers;

/// What wakes those who wait for the end of one process.
#[derive(Debug)]
pub(crate) enum Watcher {
    /// Readable from the end on: nothing is asked of any other process.
    Pidfd(AsyncFd<File>),
    /// Every child's end wakes everybody.
    Sigchld,
}

impl Watcher {
    /// Watches the running child `pid`. Where a pidfd is not to be had for any reason the
    /// fallback serves, because the child already runs and must not be lost.
    pub(crate) fn new(pid: libc::pid_t, backend: Backend) -> Self {
        if backend == Backend::Pidfd
            && let Ok(pidfd) = sys::pidfd_open(pid)
            && let Ok(registered) = sys::register(File::from(pidfd), Interest::READABLE)
        {
            return Self::Pidfd(registered);
        }
        Self::Sigchld
    }

    /// The pidfd, if there is one.
    pub(crate) fn pidfd(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Pidfd(pidfd) => Some(pidfd.get_ref().as_fd()),
            Self::Sigchld => None,
        }
    }

    /// Calls `ended` until it has an answer: once now, and again whenever the child may have
    /// ended. Cancel-safe, and for any number of waiters at once.
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
                // Listening starts before the first look, so that no end falls between the two.
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
