//! The files that a command line names, opened.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use rustix::fs::{OFlags, fcntl_getfl};
use thiserror::Error;

use super::checked_file::CheckedFile;
use super::stream::InputStream;

/// A file as it was opened.
pub(crate) enum Opened {
    /// One that can be read through before it is used.
    Regular(CheckedFile),
    /// A FIFO, a terminal, `/dev/stdin`: whoever writes it decides when and what.
    Stream(InputStream),
}

/// Why a file cannot be opened; `what` it should be comes last.
#[derive(Debug, Error)]
pub(crate) enum OpenError {
    /// The system would not.
    #[error("{0}: cannot open the {2}: {1}")]
    Open(String, io::Error, &'static str),
    /// It is a folder.
    #[error("{0}: is a directory: name a {1}")]
    Directory(String, &'static str),
    /// It is standard input, open the wrong way round.
    #[error("stdin: it is open for writing only: redirect it from a {0} (`< FILE`)")]
    WriteOnly(&'static str),
}

/// Opens the file of this name. It waits for a writer where it is a FIFO.
pub(crate) fn open(path: &Path, what: &'static str) -> Result<Opened, OpenError> {
    let unopened = |error| OpenError::Open(path.display().to_string(), error, what);
    let file = File::open(path).map_err(unopened)?;
    let metadata = file.metadata().map_err(unopened)?;
    if metadata.is_dir() {
        return Err(OpenError::Directory(path.display().to_string(), what));
    }
    // Files of /proc say that they are empty, and may hold something else at every reading.
    Ok(match metadata.is_file() && metadata.len() > 0 {
        true => Opened::Regular(CheckedFile::new(file)),
        false => Opened::Stream(InputStream::new(file)),
    })
}

/// Standard input, which is to be a `what`. Not std's own, for which one that cannot be read is
/// one that is empty.
pub(crate) fn stdin(what: &'static str) -> Result<InputStream, OpenError> {
    let unopened = |error| OpenError::Open("stdin".to_owned(), error, what);
    let file = File::from(io::stdin().as_fd().try_clone_to_owned().map_err(unopened)?);
    let flags = fcntl_getfl(&file).map_err(|error| unopened(error.into()))?;
    if flags & OFlags::RWMODE == OFlags::WRONLY {
        return Err(OpenError::WriteOnly(what));
    }
    match file.metadata().map_err(unopened)?.is_dir() {
        true => Err(OpenError::Directory("stdin".to_owned(), what)),
        false => Ok(InputStream::new(file)),
    }
}

/// The name of the file that a path leads to. One that names a descriptor (`/dev/stdin`,
/// `/dev/fd/63`) leads to a file with a name of its own, or to one that has none, as a pipe.
pub(crate) fn name(path: &Path) -> Option<PathBuf> {
    match path.starts_with("/dev") || path.starts_with("/proc") {
        true => path.canonicalize().ok(),
        false => Some(path.to_owned()),
    }
}
