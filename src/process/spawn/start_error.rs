//! What failed in a start, by the place where it failed.

use std::io;

use crate::os::child::Failed;
use crate::process::error::SpawnErrorKind;
use crate::process::spawn_thread::NoSpawnThread;

/// What failed in a start. Each error says where it was born, since the system has one number for
/// many reasons: only what it says of the execution itself can be about the program.
#[derive(Debug)]
pub(crate) enum StartError {
    /// No system could do what the command asks for.
    Kind(SpawnErrorKind),
    /// What the process was to have could not be made or opened.
    Setup(String, io::Error),
    /// The program was not executed.
    Exec(io::Error),
    /// The new process could not take one of its steps.
    Step(Failed),
}

impl From<NoSpawnThread> for StartError {
    fn from(none: NoSpawnThread) -> Self {
        let lack = none.shortage();
        match none {
            // A thread is a process to the system, and refused as one.
            NoSpawnThread::Refused(error) => Self::Exec(error),
            NoSpawnThread::AllHang => Self::Kind(SpawnErrorKind::Resource(lack)),
        }
    }
}

impl StartError {
    /// The error of making what the process was to have.
    pub(crate) fn setup(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        |error| Self::Setup(what.into(), error)
    }
}
