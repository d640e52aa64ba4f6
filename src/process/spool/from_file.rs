//! Spools that were not captured from a process here: output in a file of its own, or read from a record.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use super::options::SpoolOptions;
use super::segment::Segment;
use super::shared_file::Extent;
use super::spool::Spool;
use crate::os::close;

impl Spool {
    /// The end of a stream that was stored in another place, with the number of bytes before it and the
    /// number of lost bytes.
    pub(crate) fn restored(end: Vec<u8>, before: u64, lost: u64) -> Self {
        Self {
            memory: end,
            dropped: before,
            taken: before,
            lost,
            ..Self::default()
        }
    }

    /// The contents of a file that the process wrote itself.
    pub(crate) fn of_file(file: Arc<File>) -> Self {
        let length = file.metadata().map(|meta| meta.len());
        // Some file systems report failed writes only at close.
        let closed = file.try_clone().and_then(close);
        let mut spool = Self::default();
        match length {
            Ok(0) => {}
            Ok(length) => {
                spool.push(Segment::whole(Arc::new(Extent::of_file(file, length))));
                // It can still be read here, and perhaps nowhere else.
                if let Err(error) = closed {
                    (spool.lost, spool.error) = (length, Some(error));
                }
            }
            Err(error) => spool.error = Some(error),
        }
        spool
    }

    /// Counts bytes that were to follow and never came.
    pub(crate) fn lose(&mut self, bytes: u64) {
        self.lost += bytes;
    }

    /// The offset from which on its bytes can be read.
    pub(crate) fn begin(&self) -> u64 {
        self.dropped
    }
}

/// Where output that does not fit in memory goes if `TMPDIR` is not usable.
const FALLBACK_DIRS: [&str; 2] = ["/var/tmp", "/tmp"];

impl SpoolOptions {
    /// Creates the file now, in another directory if it cannot be created in `TMPDIR`. Returns a warning
    /// that says what is wrong and how to fix it.
    pub(crate) fn open(&self) -> Option<String> {
        let first = self.shared.dir();
        let error = self.shared.open_in(&first).err()?;
        let first_name = match std::env::var_os("TMPDIR") {
            Some(dir) => format!("TMPDIR={}", dir.to_string_lossy()),
            None => first.display().to_string(),
        };
        let mut other = FALLBACK_DIRS.iter().filter(|dir| Path::new(dir) != first);
        let found = other.find(|dir| self.shared.open_in(Path::new(dir)).is_ok());
        let instead = match found {
            Some(dir) => format!("large output goes to {dir} instead"),
            None => "nor does another folder, so output that does not fit in memory is lost".into(),
        };
        Some(format!(
            "{first_name} takes no files: {error}; {instead} (set TMPDIR to a folder that can be \
             written)"
        ))
    }
}
