//! The run folder: what a run on a cluster writes for its nodes, what they write for it, and all that those who
//! follow it know.

use std::fs::{self, DirBuilder, File};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::file_names::{ERRORS, UNFINISHED, file_name, is_own, number};
use super::folder_lock::FolderLock;
use crate::os::{close, sync};
use crate::record::{LineError, RunRecord};

/// Of the folder, and of those in it.
const FOLDER_MODE: u32 = 0o700;

/// Of a file.
const FILE_MODE: u32 = 0o600;

/// How much of an error text is read: its end.
const ERROR_TEXT: u64 = 64 * 1024;

const WORK: &str = "work";
const LOG: &str = "log";
const PROGRAM: &str = "prun";
const RECORD: &str = "run.json";
const WHOLE: &str = "whole";

/// A run folder, which nobody else follows.
#[derive(Debug)]
pub(crate) struct RunFolder {
    path: PathBuf,
    record: RunRecord,
    lock: FolderLock,
}

/// A run folder that cannot be used. The text is for the user.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunFolderError {
    #[error("--run-dir {}: the folder is not empty: name a new or empty folder", .0.display())]
    NotEmpty(PathBuf),
    #[error("--run-dir {}: not a folder: name a new or empty folder", .0.display())]
    NotAFolder(PathBuf),
    #[error("--follow {}: not the folder of a run: there is no {RECORD} in it", .0.display())]
    NotARun(PathBuf),
    #[error(
        "--follow {}: another version of prun made it: follow it with its own, {}/{PROGRAM}", path.display(), path.display()
    )]
    OtherVersion { path: PathBuf },
    #[error("--follow {}: {RECORD} is damaged: {why}", path.display())]
    Damaged { path: PathBuf, why: String },
    #[error("{} is followed by {by}: wait until that has ended, or end it", path.display())]
    Followed { path: PathBuf, by: String },
    #[error("run folder: cannot {action} {}: {error}", path.display())]
    Failed {
        action: &'static str,
        path: PathBuf,
        error: io::Error,
    },
}

/// The numbers of the chunks that have a file in `log`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct LogList {
    /// Those with a journal, in ascending order.
    pub(crate) journals: Vec<u64>,
    /// Those whose task has begun: there is a file for the errors of its shell.
    pub(crate) errors: Vec<u64>,
}

/// Returns how to tell that something cannot be done with a path.
fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> RunFolderError {
    move |error| RunFolderError::Failed {
        action,
        path: path.to_owned(),
        error,
    }
}

impl RunFolder {
    /// Rejects a path at which there can be no new run folder. Creates nothing.
    pub(crate) fn check(path: &Path) -> Result<(), RunFolderError> {
        match fs::read_dir(path) {
            Ok(mut entries) => match entries.next() {
                None => Ok(()),
                Some(_) => Err(RunFolderError::NotEmpty(path.to_owned())),
            },
            Err(error) => match error.kind() {
                io::ErrorKind::NotFound => Ok(()),
                io::ErrorKind::NotADirectory => Err(RunFolderError::NotAFolder(path.to_owned())),
                _ => Err(failed("read", path)(error)),
            },
        }
    }

    /// Creates a run folder at an absolute path, where there is nothing, or an empty folder. If it fails,
    /// nothing of it stays.
    pub(crate) fn create(path: &Path, record: RunRecord) -> Result<Self, RunFolderError> {
        Self::check(path)?;
        let is_new = match DirBuilder::new().mode(FOLDER_MODE).create(path) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
            Err(error) => return Err(failed("create", path)(error)),
        };
        // Two that begin at the same moment find the folder empty; one of them creates the lock.
        let lock = FolderLock::create(path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => RunFolderError::NotEmpty(path.to_owned()),
            _ => {
                if is_new {
                    // What matters is why it failed.
                    let _ = fs::remove_dir(path);
                }
                failed("write to", path)(error)
            }
        })?;
        let folder = Self {
            path: path.to_owned(),
            record,
            lock,
        };
        match folder.fill() {
            Ok(()) => Ok(folder),
            Err(error) => {
                // What matters is why it failed.
                let _ = folder.remove_files();
                if is_new {
                    let _ = fs::remove_dir(path);
                }
                Err(error)
            }
        }
    }

    /// Opens the folder of a run that has begun, at an absolute path.
    pub(crate) fn open(path: &Path) -> Result<Self, RunFolderError> {
        let record = path.join(RECORD);
        let text = fs::read(&record).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                RunFolderError::NotARun(path.to_owned())
            }
            _ => failed("read", &record)(error),
        })?;
        let record = RunRecord::read(&text).map_err(|error| match error {
            LineError::OtherVersion => RunFolderError::OtherVersion {
                path: path.to_owned(),
            },
            LineError::Damaged(why) => RunFolderError::Damaged {
                path: path.to_owned(),
                why,
            },
        })?;
        let lock = FolderLock::take(path).map_err(failed("lock", path))?;
        match lock {
            Ok(lock) => Ok(Self {
                path: path.to_owned(),
                record,
                lock,
            }),
            Err(by) => Err(RunFolderError::Followed {
                path: path.to_owned(),
                by,
            }),
        }
    }

    /// Returns its absolute path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the settings of the run.
    pub(crate) fn record(&self) -> &RunRecord {
        &self.record
    }

    /// Returns what to tell the user of the lock, if the file system has none.
    pub(crate) fn warning(&self) -> Option<String> {
        let why = self.lock.missing()?;
        let path = self.path.display();
        Some(format!(
            "{path}: cannot be locked ({why}): make sure that no other prun follows this run"
        ))
    }

    fn fill(&self) -> Result<(), RunFolderError> {
        for name in [WORK, LOG] {
            let path = self.path.join(name);
            let created = DirBuilder::new().mode(FOLDER_MODE).create(&path);
            created.map_err(failed("create", &path))?;
        }
        self.copy_program()?;
        let mut line = self.record.line().map_err(|error| {
            let why = match error {
                LineError::OtherVersion => "other version".to_owned(),
                LineError::Damaged(why) => why,
            };
            failed("write", &self.path.join(RECORD))(io::Error::other(why))
        })?;
        line.push(b'\n');
        // Last: with it the folder is whole.
        self.write(&self.path, RECORD, [line])
    }

    /// Copies this very program, which the nodes run: never another version, even after an upgrade.
    fn copy_program(&self) -> Result<(), RunFolderError> {
        let path = self.path.join(PROGRAM);
        let copy = || {
            // Also if its path now leads to another file, or to none.
            let own = File::open("/proc/self/exe");
            let mut own = own.or_else(|_| File::open(std::env::current_exe()?))?;
            let mut options = File::options();
            options.write(true).create_new(true).mode(FOLDER_MODE);
            let mut copy = options.open(&path)?;
            io::copy(&mut own, &mut copy)?;
            sync(&copy)?;
            close(copy)
        };
        copy().map_err(failed("write", &path))
    }

    /// Writes the work of a chunk, which is there as a whole or not at all.
    pub(crate) fn write_chunk<L: AsRef<[u8]>>(
        &self,
        number: u64,
        lines: impl IntoIterator<Item = L>,
    ) -> Result<(), RunFolderError> {
        self.write(&self.path.join(WORK), &file_name(number), lines)
    }

    /// Notes that the input has ended, and all of it is in the work.
    pub(crate) fn set_whole(&self) -> Result<(), RunFolderError> {
        self.write(&self.path, WHOLE, [b""])
    }

    /// Whether all of the input is in the work.
    pub(crate) fn is_whole(&self) -> Result<bool, RunFolderError> {
        let names = names(&self.path)?;
        Ok(names.iter().any(|name| name == WHOLE))
    }

    /// Writes a file, and returns when it is on disk under its name.
    fn write<L: AsRef<[u8]>>(
        &self,
        folder: &Path,
        name: &str,
        parts: impl IntoIterator<Item = L>,
    ) -> Result<(), RunFolderError> {
        let path = folder.join(name);
        let unfinished = folder.join(format!("{name}{UNFINISHED}"));
        let write = || {
            let mut options = File::options();
            // One that was killed may have left it.
            options.write(true).create(true).truncate(true);
            let file = options.mode(FILE_MODE).open(&unfinished)?;
            let mut file = BufWriter::with_capacity(64 * 1024, file);
            for part in parts {
                file.write_all(part.as_ref())?;
            }
            let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
            sync(&file)?;
            close(file)?;
            fs::rename(&unfinished, &path)?;
            sync(&File::open(folder)?)
        };
        write().map_err(failed("write", &path))
    }

    /// Returns the numbers of the chunks that were written, in ascending order.
    pub(crate) fn chunks(&self) -> Result<Vec<u64>, RunFolderError> {
        let names = names(&self.path.join(WORK))?;
        let mut chunks: Vec<u64> = names.iter().filter_map(|name| number(name)).collect();
        chunks.sort_unstable();
        Ok(chunks)
    }

    /// Returns the numbers of the chunks that have begun. A journal must not be opened before it is in this
    /// list: on NFS, a name that was not there stays unknown for up to a minute.
    pub(crate) fn logs(&self) -> Result<LogList, RunFolderError> {
        let mut list = LogList::default();
        for name in names(&self.path.join(LOG))? {
            match name.strip_suffix(ERRORS) {
                Some(name) => list.errors.extend(number(name)),
                None => list.journals.extend(number(&name)),
            }
        }
        list.journals.sort_unstable();
        list.errors.sort_unstable();
        Ok(list)
    }

    /// Returns the path of the work of a chunk.
    pub(crate) fn work_path(&self, number: u64) -> PathBuf {
        self.path.join(WORK).join(file_name(number))
    }

    /// Returns the path of the journal of a chunk.
    pub(crate) fn journal_path(&self, number: u64) -> PathBuf {
        self.path.join(LOG).join(file_name(number))
    }

    /// Returns why the task of a chunk could not begin, as its shell or prun there says: the end of it.
    pub(crate) fn error_text(&self, number: u64) -> Result<Vec<u8>, RunFolderError> {
        let name = format!("{}{ERRORS}", file_name(number));
        let path = self.path.join(LOG).join(name);
        let read = || {
            let mut file = File::open(&path)?;
            let length = file.seek(SeekFrom::End(0))?;
            file.seek(SeekFrom::Start(length.saturating_sub(ERROR_TEXT)))?;
            let mut text = Vec::new();
            file.take(ERROR_TEXT).read_to_end(&mut text)?;
            Ok(text)
        };
        read().map_err(failed("read", &path))
    }

    /// Removes it, when everything was told. What others have put into it stays; the text names that.
    pub(crate) fn remove(self) -> Result<Option<String>, RunFolderError> {
        let path = self.remove_files()?;
        match fs::remove_dir(&path) {
            Ok(()) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
                let left = names(&path)?.join(", ");
                let path = path.display();
                Ok(Some(format!(
                    "{path} is not removed: there is something else in it: {left}"
                )))
            }
            Err(error) => Err(failed("remove", &path)(error)),
        }
    }

    /// Removes what is ours, the lock last; returns the path.
    fn remove_files(self) -> Result<PathBuf, RunFolderError> {
        for name in [WORK, LOG] {
            let folder = self.path.join(name);
            if !folder.is_dir() {
                continue;
            }
            for name in names(&folder)? {
                if is_own(&name) {
                    remove_file(&folder.join(name))?;
                }
            }
            match fs::remove_dir(&folder) {
                Err(error) if error.kind() != io::ErrorKind::DirectoryNotEmpty => {
                    return Err(failed("remove", &folder)(error));
                }
                _ => {}
            }
        }
        for name in [PROGRAM, RECORD, WHOLE] {
            remove_file(&self.path.join(name))?;
            remove_file(&self.path.join(format!("{name}{UNFINISHED}")))?;
        }
        let Self { path, lock, .. } = self;
        lock.remove().map_err(failed("remove", &path))?;
        Ok(path)
    }
}

/// Returns the names in a folder; one that is not UTF-8 is not ours.
fn names(folder: &Path) -> Result<Vec<String>, RunFolderError> {
    let read = || {
        let entries = fs::read_dir(folder)?;
        let name =
            |entry: io::Result<fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
        entries.map(name).collect::<io::Result<Vec<String>>>()
    };
    read().map_err(failed("read", folder))
}

/// Removes a file, if it is there.
fn remove_file(path: &Path) -> Result<(), RunFolderError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", path)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
