//! Whom a signal is for, and what became of it.

use crate::os::Signal;

/// Whom a signal is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scope {
    /// The process itself.
    Leader,
    /// The process and all that it started, as far as they stayed in its process group.
    Group,
}

/// What became of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The kernel took it.
    Sent,
    /// There was nobody left to send it to; no error, since a process may end at any moment.
    AlreadyExited,
}

/// Why a signal could not be sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignalError {
    /// The process runs as another user.
    #[error("not permitted to send {signal} to process {pid}")]
    Permission {
        /// What was to be sent.
        signal: Signal,
        /// To whom.
        pid: u32,
    },
    /// There is no such signal.
    #[error("signal number {} does not exist", signal.as_raw())]
    NoSuchSignal {
        /// What was to be sent.
        signal: Signal,
    },
    /// [`Scope::Group`] for a process that was not started in a group of its own.
    #[error("process {pid} does not lead a process group: start it with Group::New")]
    NoGroup {
        /// To whom.
        pid: u32,
    },
    /// Anything else.
    #[error("could not send {signal} to process {pid}")]
    Os {
        /// What was to be sent.
        signal: Signal,
        /// To whom.
        pid: u32,
        /// What the system said.
        source: std::io::Error,
    },
}
