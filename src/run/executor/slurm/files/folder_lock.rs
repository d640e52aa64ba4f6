//! The lock of a run folder, held by the one who follows the run.

use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::os::{Lock, lock};

const NAME: &str = "lock";

/// The longest text in it that is told.
const MAX_TEXT: u64 = 300;

/// The lock of a run folder, until it is dropped.
#[derive(Debug)]
pub(super) struct FolderLock {
    path: PathBuf,
    file: LockedFile,
    /// Why there is no lock.
    missing: Option<String>,
}

/// A file that is locked as long as it is open.
#[derive(Debug)]
struct LockedFile(File);

impl Drop for LockedFile {
    fn drop(&mut self) {
        // A child that is just being started has the descriptor, too, until its program is executed.
        let _ = self.0.unlock();
    }
}

impl FolderLock {
    /// Creates it in a folder where there is none.
    pub(super) fn create(folder: &Path) -> io::Result<Self> {
        let path = folder.join(NAME);
        let mut options = File::options();
        options.read(true).write(true).create_new(true).mode(0o600);
        let file = options.open(&path)?;
        match Self::of(path.clone(), file) {
            Ok(Ok(lock)) => Ok(lock),
            // Nobody else has had the time to see that the file is there, and to find this run whole.
            Ok(Err(_)) => Err(io::ErrorKind::AlreadyExists.into()),
            Err(error) => {
                // What matters is why it failed.
                let _ = fs::remove_file(path);
                Err(error)
            }
        }
    }

    /// Takes it in a folder where it may be, or returns who has it.
    pub(super) fn take(folder: &Path) -> io::Result<Result<Self, String>> {
        let path = folder.join(NAME);
        let mut options = File::options();
        // For writing: the locks of NFS need that.
        options.read(true).write(true).create(true).mode(0o600);
        let file = options.truncate(false).open(&path)?;
        Self::of(path, file)
    }

    fn of(path: PathBuf, mut file: File) -> io::Result<Result<Self, String>> {
        let missing = match lock(&file) {
            Lock::Ours => None,
            Lock::Taken => {
                let mut by = String::new();
                // What is there may be of anybody.
                (&file).take(MAX_TEXT).read_to_string(&mut by)?;
                let by = by.lines().next().unwrap_or_default();
                let unknown = by.is_empty();
                return Ok(Err(if unknown { "another prun" } else { by }.to_owned()));
            }
            Lock::Refused(error) => Some(error.to_string()),
        };
        file.set_len(0)?;
        file.rewind()?;
        let host = rustix::system::uname();
        let host = host.nodename().to_string_lossy();
        writeln!(file, "prun {} on {host}", std::process::id())?;
        Ok(Ok(Self {
            path,
            file: LockedFile(file),
            missing,
        }))
    }

    /// Returns why the folder cannot be locked, if it cannot.
    pub(super) fn missing(&self) -> Option<&str> {
        self.missing.as_deref()
    }

    /// Removes the file.
    pub(super) fn remove(self) -> io::Result<()> {
        // Closed first: on NFS a file that is open keeps its place in the folder under another name.
        drop(self.file);
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}
