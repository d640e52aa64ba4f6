//! Errors of a start, by the operation that failed.

use std::io;

use crate::os::child::Failed;
use crate::process::error::SpawnErrorKind;
use crate::process::spawn_thread::NoSpawnThread;

/// Why a start failed. Each error says which operation failed, since one error number has many causes:
/// only an error of the execution itself can be about the program.
#[derive(Debug)]
pub(crate) enum StartError {
    /// The command is invalid on any system.
    Kind(SpawnErrorKind),
    /// A resource of the process could not be created or opened.
    Setup(String, io::Error),
    /// The program was not executed.
    Exec(io::Error),
    /// A step of the new process failed.
    Step(Failed),
}

impl From<NoSpawnThread> for StartError {
    fn from(none: NoSpawnThread) -> Self {
        let lack = none.shortage();
        match none {
            // To the kernel a thread is a process, and refused as one.
            NoSpawnThread::Refused(error) => Self::Exec(error),
            NoSpawnThread::AllHang => Self::Kind(SpawnErrorKind::Resource(lack)),
        }
    }
}

impl StartError {
    /// Returns a conversion of errors in setting up `what`.
    pub(crate) fn setup(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        |error| Self::Setup(what.into(), error)
    }
}
