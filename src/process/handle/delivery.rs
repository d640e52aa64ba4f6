//! Recipients of a signal, and the result of sending one.

use crate::os::Signal;

/// Which processes a signal is sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scope {
    /// The process itself.
    Leader,
    /// Every process in its process group: the process and its descendants that have not left the group.
    Group,
}

/// The result of sending a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The kernel accepted the signal.
    Sent,
    /// The process had already ended. This is not an error: a process may end at any moment.
    AlreadyExited,
}

/// Why a signal could not be sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignalError {
    /// The caller lacks the permission: the process runs as another user.
    #[error("not permitted to send {signal} to process {pid}")]
    Permission {
        /// The signal.
        signal: Signal,
        /// The process id of the recipient.
        pid: u32,
    },
    /// The signal does not exist on this system.
    #[error("signal number {} does not exist", signal.as_raw())]
    NoSuchSignal {
        /// The signal.
        signal: Signal,
    },
    /// [`Scope::Group`] was given for a process that was not started in a process group of its own.
    #[error("process {pid} does not lead a process group: start it with Group::New")]
    NoGroup {
        /// The process id of the recipient.
        pid: u32,
    },
    /// Any other error.
    #[error("could not send {signal} to process {pid}")]
    Os {
        /// The signal.
        signal: Signal,
        /// The process id of the recipient.
        pid: u32,
        /// The error of the system call.
        source: std::io::Error,
    },
}
