//! [`WholeLines`]: the whole lines of a file that grows.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The whole lines of a file that grows.
#[derive(Debug)]
pub(super) struct WholeLines {
    path: PathBuf,
    /// Where the next line begins.
    offset: u64,
    /// The number of lines before it.
    before: u64,
}

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineUse {
    Read,
    /// It is read again by the next look, and none after it by this one.
    Kept,
}

/// A journal that cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JournalError {
    #[error("{}:{line}: {why}", path.display())]
    Damaged {
        path: PathBuf,
        line: u64,
        why: String,
    },
    #[error("{}: it has become shorter or was removed", .0.display())]
    Shorter(PathBuf),
    /// Which may pass.
    #[error("{}: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
}

impl JournalError {
    /// Whether what is in the file is wrong, so that nothing more is to be expected from it.
    pub(crate) fn is_damage(&self) -> bool {
        !matches!(self, Self::Unreadable { .. })
    }
}

impl WholeLines {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            offset: 0,
            before: 0,
        }
    }

    /// Gives each whole line that was not read before. The file is opened anew, since that is when a file
    /// system of a network asks its server.
    pub(super) fn read(
        &mut self,
        mut each: impl FnMut(&[u8]) -> Result<LineUse, String>,
    ) -> Result<(), JournalError> {
        let path = self.path.clone();
        let failed = |source| JournalError::Unreadable {
            path: path.clone(),
            source,
        };
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return match self.offset {
                    0 => Ok(()),
                    _ => Err(JournalError::Shorter(path)),
                };
            }
            Err(error) => return Err(failed(error)),
        };
        let length = file.metadata().map_err(failed)?.len();
        if length < self.offset {
            return Err(JournalError::Shorter(path));
        }
        file.seek(SeekFrom::Start(self.offset)).map_err(failed)?;
        let mut file = BufReader::with_capacity(1 << 16, file);
        let mut line = Vec::new();
        loop {
            line.clear();
            file.read_until(b'\n', &mut line).map_err(failed)?;
            // What follows the last line is being written.
            let Some(text) = line.strip_suffix(b"\n") else {
                return Ok(());
            };
            let used = each(text).map_err(|why| JournalError::Damaged {
                path: path.clone(),
                line: self.before + 1,
                why,
            })?;
            if used == LineUse::Kept {
                return Ok(());
            }
            self.offset += line.len() as u64;
            self.before += 1;
        }
    }
}
