//! Spools that no process filled: output moved to another file, or read from a record of it.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use super::{Spool, SpoolOptions};
use crate::process::close;

impl Spool {
    /// A spool of what was not taken yet, whose bytes lie in `file` from `from` on, where they are
    /// written now.
    pub(in crate::process) fn moved_to(&self, file: &Arc<File>, from: u64) -> io::Result<Self> {
        let mut moved = Self {
            options: SpoolOptions::default().memory(0),
            file: Some(Arc::clone(file)),
            file_from: from,
            ..Self::default()
        };
        let mut rest = self.reader(self.taken);
        let mut buf = vec![0; 64 * 1024];
        loop {
            let n = rest.read(&mut buf)?;
            if n == 0 {
                break;
            }
            moved.spill(&buf[..n])?;
        }
        moved.lost = self.lost;
        moved.error = self.error.as_ref().map(|error| match error.raw_os_error() {
            Some(code) => io::Error::from_raw_os_error(code),
            None => error.kind().into(),
        });
        Ok(moved)
    }

    /// The end of a stream that was kept elsewhere, with how many bytes came before and how many
    /// were lost.
    pub(crate) fn recalled(end: Vec<u8>, before: u64, lost: u64) -> Self {
        Self {
            memory: end,
            dropped: before,
            taken: before,
            lost,
            ..Self::default()
        }
    }

    /// What is in a file by now, which the process wrote itself.
    pub(crate) fn of_file(file: Arc<File>) -> Self {
        let length = file.metadata().map(|meta| meta.len());
        let in_file = *length.as_ref().unwrap_or(&0);
        // Some file systems refuse what was written only then.
        let closed = file.try_clone().and_then(close);
        Self {
            options: SpoolOptions::default().memory(0),
            in_file,
            lost: if closed.is_err() { in_file } else { 0 },
            error: length.err().or(closed.err()),
            file: Some(file),
            ..Self::default()
        }
    }

    /// From where on its bytes can be read.
    pub(crate) fn begin(&self) -> u64 {
        self.dropped
    }
}
