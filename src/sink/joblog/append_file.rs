//! A file to which whole lines are appended, and which is brought to the disk soon after each of them.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::os::{is_at, keeps_nothing};
use crate::sink::recorder::RecorderError;

/// How long a line may not be on the disk yet, against a crash of the whole machine. On a file system that
/// machines share, the others see it by then.
const SYNC_WITHIN: Duration = Duration::from_secs(1);

/// The file. Nothing more is written to it after an error.
pub(super) struct AppendFile {
    path: PathBuf,
    file: File,
    /// Up to where all lines are whole.
    good: u64,
    line: Vec<u8>,
    /// Until when it must be brought to the disk; none if all of it is there.
    sync_by: Option<Instant>,
    /// Whether the system can bring it to the disk at all: a stream keeps nothing.
    can_sync: bool,
    has_failed: bool,
}

/// Why a line is not in the file, or not on the disk.
#[derive(Debug)]
pub(super) enum AppendError {
    NotWritten(io::Error),
    /// The lines are in the file all the same.
    NotSynced(io::Error),
}

impl AppendError {
    /// As the error of a recorder that writes `what`.
    pub(super) fn of(self, what: &'static str, path: &Path) -> RecorderError {
        let path = path.to_owned();
        match self {
            Self::NotWritten(source) => RecorderError::Log { what, path, source },
            Self::NotSynced(source) => RecorderError::NotSynced { what, path, source },
        }
    }
}

impl From<io::Error> for AppendError {
    /// What is to be written cannot be read.
    fn from(error: io::Error) -> Self {
        Self::NotWritten(error)
    }
}

impl From<AppendError> for io::Error {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::NotWritten(error) | AppendError::NotSynced(error) => error,
        }
    }
}

impl AppendFile {
    /// Appends to a file that has so many bytes of whole lines.
    pub(super) fn new(path: PathBuf, file: File, len: u64) -> Self {
        let can_sync = file.metadata().is_ok_and(|meta| meta.is_file());
        Self {
            path,
            file,
            good: len,
            line: Vec::new(),
            sync_by: None,
            can_sync,
            has_failed: false,
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there was an error, after which nothing is written.
    pub(super) fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// Whether the file is no longer at its path, if it is one.
    pub(super) fn is_gone(&self) -> bool {
        let is_file = self.file.metadata().is_ok_and(|meta| meta.is_file());
        is_file && !is_at(&self.path, &self.file)
    }

    /// Writes a line whole, or not at all. `sync_if_due` is to be called when it is time.
    pub(super) fn write(&mut self, line: &impl Serialize) -> Result<(), AppendError> {
        if self.has_failed {
            return Ok(());
        }
        if let Err(error) = self.append(line) {
            self.has_failed = true;
            return Err(AppendError::NotWritten(error));
        }
        Ok(())
    }

    fn append(&mut self, line: &impl Serialize) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, line)?;
        self.line.push(b'\n');
        if let Err(error) = self.file.write_all(&self.line) {
            // What was written of it goes, so that the file stays well-formed; if even that
            // fails, its reader drops it.
            let _ = self.file.set_len(self.good);
            return Err(error);
        }
        self.good += self.line.len() as u64;
        if self.can_sync && self.sync_by.is_none() {
            self.sync_by = Some(Instant::now() + SYNC_WITHIN);
        }
        Ok(())
    }

    /// Until when it must be brought to the disk.
    pub(super) fn sync_by(&self) -> Option<Instant> {
        self.sync_by.filter(|_| !self.has_failed)
    }

    /// Brings it to the disk if that is due.
    pub(super) fn sync_if_due(&mut self, now: Instant) -> Result<(), AppendError> {
        match self.sync_by() {
            Some(by) if by <= now => self.sync(),
            _ => Ok(()),
        }
    }

    /// Brings to the disk what is not there yet.
    pub(super) fn sync(&mut self) -> Result<(), AppendError> {
        if self.has_failed || self.sync_by.take().is_none() {
            return Ok(());
        }
        let Err(error) = self.file.sync_data() else {
            return Ok(());
        };
        if keeps_nothing(&error) {
            self.can_sync = false;
            return Err(AppendError::NotSynced(error));
        }
        self.has_failed = true;
        Err(AppendError::NotWritten(error))
    }
}
