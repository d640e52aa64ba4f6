//! Opens files named on the command line, and standard input.

use std::fs::{File, Metadata};
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use rustix::fs::{OFlags, fcntl_getfl};
use thiserror::Error;

use super::checked_file::CheckedFile;
use super::stream::InputStream;

/// An open file.
pub(crate) enum Opened {
    /// A regular file, which can be read through before it is used.
    Regular(CheckedFile),
    /// A FIFO, a terminal, `/dev/stdin`: its reads may block.
    Stream(InputStream),
}

/// Why a file cannot be opened. The last field says what it should be.
#[derive(Debug, Error)]
pub(crate) enum OpenError {
    /// Opening failed.
    #[error("{0}: cannot open the {2}: {1}")]
    Open(String, io::Error, &'static str),
    /// It is a directory.
    #[error("{0}: is a directory: name a {1}")]
    Directory(String, &'static str),
    /// Standard input is open for writing only.
    #[error("stdin: open for writing only: redirect it from a {0} (`< FILE`)")]
    WriteOnly(&'static str),
}

/// Opens a file. Waits for a writer if it is a FIFO.
pub(crate) fn open(path: &Path, what: &'static str) -> Result<Opened, OpenError> {
    Ok(match open_file(path, what)? {
        (file, true) => Opened::Regular(CheckedFile::new(file)),
        (file, false) => Opened::Stream(InputStream::new(file)),
    })
}

/// Opens a file, and returns whether it is a regular one, which can be read at any offset. Waits for a
/// writer if it is a FIFO.
pub(crate) fn open_file(path: &Path, what: &'static str) -> Result<(File, bool), OpenError> {
    let open_error = |error| OpenError::Open(path.display().to_string(), error, what);
    let file = File::open(path).map_err(open_error)?;
    let metadata = file.metadata().map_err(open_error)?;
    if metadata.is_dir() {
        return Err(OpenError::Directory(path.display().to_string(), what));
    }
    let is_regular = is_regular(&metadata);
    Ok((file, is_regular))
}

/// Whether a file can be read at any offset. Files in /proc have size 0, and may differ at every read.
fn is_regular(metadata: &Metadata) -> bool {
    metadata.is_file() && metadata.len() > 0
}

/// Opens standard input, which should be a `what`. Not std's own, which treats an unreadable one
/// (EBADF) as empty.
pub(crate) fn stdin(what: &'static str) -> Result<InputStream, OpenError> {
    stdin_file(what).map(|(file, _)| InputStream::new(file))
}

/// Opens standard input, and returns whether it is a regular file.
pub(crate) fn stdin_file(what: &'static str) -> Result<(File, bool), OpenError> {
    let open_error = |error| OpenError::Open("stdin".to_owned(), error, what);
    let file = File::from(
        io::stdin()
            .as_fd()
            .try_clone_to_owned()
            .map_err(open_error)?,
    );
    let flags = fcntl_getfl(&file).map_err(|error| open_error(error.into()))?;
    if flags & OFlags::RWMODE == OFlags::WRONLY {
        return Err(OpenError::WriteOnly(what));
    }
    let metadata = file.metadata().map_err(open_error)?;
    if metadata.is_dir() {
        return Err(OpenError::Directory("stdin".to_owned(), what));
    }
    let is_regular = is_regular(&metadata);
    Ok((file, is_regular))
}

/// Returns the name of the file at a path. A path to a descriptor (`/dev/stdin`, `/dev/fd/63`) is
/// resolved to the file's own name; a pipe has none.
pub(crate) fn name(path: &Path) -> Option<PathBuf> {
    match path.starts_with("/dev") || path.starts_with("/proc") {
        true => path.canonicalize().ok(),
        false => Some(path.to_owned()),
    }
}
