//! Blocks of a regular file: ranges of it, found by looking only at where they end.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use rustix::fs::{SeekFrom, seek};

use super::content::{Content, shortened};
use super::cutter::{Cutter, Window};

/// A regular file of which a part was cut.
#[derive(Debug)]
pub(crate) struct FileRanges {
    file: Arc<File>,
    /// What comes next.
    at: u64,
    /// Whether the file is our standard input, whose position others share.
    is_shared: bool,
}

impl FileRanges {
    /// Starts at the beginning of `file`, or, if it `is_shared`, where its reader is.
    pub(crate) fn new(file: File, is_shared: bool) -> io::Result<Self> {
        let at = match is_shared {
            true => rustix::fs::tell(&file)?,
            false => 0,
        };
        let file = Arc::new(file);
        Ok(Self {
            file,
            at,
            is_shared,
        })
    }

    /// Returns the next block; `None` at the end.
    pub(crate) fn next(&mut self, mut cutter: Cutter) -> io::Result<Option<Content>> {
        let left = self.file.metadata()?.len().saturating_sub(self.at);
        let length = cutter.cut(&*self, left, true)?.unwrap_or(left);
        if length == 0 {
            return Ok(None);
        }
        let content = Content::File {
            file: Arc::clone(&self.file),
            at: self.at,
            length,
        };
        self.at += length;
        if self.is_shared {
            seek(&self.file, SeekFrom::Start(self.at))?;
        }
        Ok(Some(content))
    }
}

impl Window for FileRanges {
    fn copy(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        let read = self.file.read_exact_at(into, self.at + at);
        read.map_err(shortened)
    }
}
