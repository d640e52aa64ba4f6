//! What the system alone can say of a file: whether it is ours, and whether what was written is kept.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::errno::Errno;

/// Whether a file is locked for us.
pub(crate) enum Lock {
    /// Until its last descriptor is closed.
    Ours,
    /// Somebody else has locked it.
    Taken,
    /// The file system locks nothing.
    Refused(io::Error),
}

/// Locks a file or a folder, without waiting.
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

/// Whether that file, and no other, is at the path.
pub(crate) fn is_at(path: &Path, file: &File) -> bool {
    let same = || -> io::Result<bool> {
        let (there, ours) = (fs::metadata(path)?, file.metadata()?);
        Ok((there.dev(), there.ino()) == (ours.dev(), ours.ino()))
    };
    same().unwrap_or(false)
}

/// Waits until what was written is kept. Streams keep nothing, and some file systems cannot say.
pub(crate) fn sync(file: &File) -> io::Result<()> {
    match file.sync_data() {
        Err(error) if keeps_nothing(&error) => Ok(()),
        synced => synced,
    }
}

/// Whether that is no failure of a disk: there is none, or nobody can say what is on it.
pub(crate) fn keeps_nothing(error: &io::Error) -> bool {
    let code = Errno::from_raw(error.raw_os_error().unwrap_or(0));
    matches!(
        code,
        Errno::EINVAL | Errno::ENOSYS | Errno::EROFS | Errno::EOPNOTSUPP
    )
}

/// Closes a file, and tells what only then comes to light: a quota, or a lack of room on a server.
pub(crate) fn close(file: File) -> io::Result<()> {
    match nix::unistd::close(file) {
        // It is closed all the same.
        Ok(()) | Err(Errno::EINTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The folder in which a path is a name.
pub(crate) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(above) if !above.as_os_str().is_empty() => above,
        _ => Path::new("."),
    }
}
