//! Names of the steps of a new process, for error reports.

use std::io;
use std::os::fd::RawFd;

/// The step of a start that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Creating the process.
    #[cfg(linux)]
    Birth,
    Session,
    Group,
    Cwd,
    /// Setting up the descriptor with this number.
    Descriptor(RawFd),
    Groups,
    Gid,
    Uid,
    Signals,
    Hook,
    Exec,
}

/// A step that failed, and its error number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failed {
    pub(crate) step: Step,
    pub(crate) errno: i32,
}

impl Failed {
    pub(crate) fn error(self) -> io::Error {
        io::Error::from_raw_os_error(self.errno)
    }
}

impl Step {
    pub(crate) fn failed<E: Into<io::Error>>(self) -> impl Fn(E) -> Failed {
        move |error| Failed {
            step: self,
            errno: error.into().raw_os_error().unwrap_or(libc::EINVAL),
        }
    }
}
