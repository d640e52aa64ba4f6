//! Spools that no process filled: output in a file of its own, or read from a record of it.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use super::options::SpoolOptions;
use super::segment::Segment;
use super::shared_file::Extent;
use super::spool::Spool;
use crate::os::close;

impl Spool {
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
        // Some file systems refuse what was written only then.
        let closed = file.try_clone().and_then(close);
        let mut spool = Self::default();
        match length {
            Ok(0) => {}
            Ok(length) => {
                spool.push(Segment::whole(Arc::new(Extent::of_file(file, length))));
                // It can be read here still, and perhaps nowhere else.
                if let Err(error) = closed {
                    (spool.lost, spool.error) = (length, Some(error));
                }
            }
            Err(error) => spool.error = Some(error),
        }
        spool
    }

    /// From where on its bytes can be read.
    pub(crate) fn begin(&self) -> u64 {
        self.dropped
    }
}

/// Where output beyond memory may go if `TMPDIR` is no good.
const OTHER_FOLDERS: [&str; 2] = ["/var/tmp", "/tmp"];

impl SpoolOptions {
    /// Makes the file now, elsewhere if it cannot be made in `TMPDIR`. What is wrong then, and what
    /// can be done, is the answer.
    pub(crate) fn open(&self) -> Option<String> {
        let first = self.shared.dir();
        let error = self.shared.open_in(&first).err()?;
        let first_name = match std::env::var_os("TMPDIR") {
            Some(dir) => format!("TMPDIR={}", dir.to_string_lossy()),
            None => first.display().to_string(),
        };
        let mut other = OTHER_FOLDERS.iter().filter(|dir| Path::new(dir) != first);
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
