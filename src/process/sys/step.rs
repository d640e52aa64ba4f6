//! The steps of a new process by name, for whoever is told which one failed.

use std::io;
use std::os::fd::RawFd;

/// The step of a start that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::process) enum Step {
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
pub(in crate::process) struct Failed {
    pub(in crate::process) step: Step,
    pub(super) errno: i32,
}

impl Failed {
    pub(in crate::process) fn error(self) -> io::Error {
        io::Error::from_raw_os_error(self.errno)
    }
}

impl Step {
    pub(super) fn failed<E: Into<io::Error>>(self) -> impl Fn(E) -> Failed {
        move |error| Failed {
            step: self,
            errno: error.into().raw_os_error().unwrap_or(libc::EINVAL),
        }
    }
}
