//! The steps of a new process by name, for whoever is told which one failed.

use std::io;
use std::os::fd::RawFd;

/// The step of a start that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// There is no new process.
    #[cfg(linux)]
    Birth,
    Session,
    Group,
    Cwd,
    /// The descriptor of this number.
    Descriptor(RawFd),
    Groups,
    Gid,
    Uid,
    Signals,
    Hook,
    Exec,
}

/// A step that failed, and the number of what the system said.
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
