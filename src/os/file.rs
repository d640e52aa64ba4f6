//! File operations beyond std: locks that tell why they fail, identity, sync and close with errors.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::errno::Errno;

/// The result of locking a file.
pub(crate) enum Lock {
    /// Locked until its last descriptor is closed.
    Ours,
    /// Another process has locked it.
    Taken,
    /// The file system does not support locks.
    Refused(io::Error),
}

/// Tries to lock a file or a directory, without waiting.
pub(crate) fn lock(file: &File) -> Lock {
    loop {
        match file.try_lock() {
            Ok(()) => return Lock::Ours,
            Err(TryLockError::WouldBlock) => return Lock::Taken,
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(TryLockError::Error(error)) => return Lock::Refused(error),
        }
    }
}

/// Whether the path refers to this very file.
pub(crate) fn is_at(path: &Path, file: &File) -> bool {
    let same = || -> io::Result<bool> {
        let (there, ours) = (fs::metadata(path)?, file.metadata()?);
        Ok((there.dev(), there.ino()) == (ours.dev(), ours.ino()))
    };
    same().unwrap_or(false)
}

/// Syncs a file to disk. Succeeds for streams, and for file systems that do not support it.
pub(crate) fn sync(file: &File) -> io::Result<()> {
    match file.sync_data() {
        Err(error) if keeps_nothing(&error) => Ok(()),
        synced => synced,
    }
}

/// Whether the error means that the file cannot be synced, rather than that the disk failed.
pub(crate) fn keeps_nothing(error: &io::Error) -> bool {
    let code = Errno::from_raw(error.raw_os_error().unwrap_or(0));
    matches!(
        code,
        Errno::EINVAL | Errno::ENOSYS | Errno::EROFS | Errno::EOPNOTSUPP
    )
}

/// Closes a file, and returns errors that only then appear: a quota, or a full disk on a server.
pub(crate) fn close(file: File) -> io::Result<()> {
    match nix::unistd::close(file) {
        // EINTR: the descriptor is closed all the same.
        Ok(()) | Err(Errno::EINTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The directory that contains a path.
pub(crate) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(above) if !above.as_os_str().is_empty() => above,
        _ => Path::new("."),
    }
}
