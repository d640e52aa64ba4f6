//! [`SpoolOptions`]: how much output stays in memory, and where the rest goes.

use std::path::PathBuf;
use std::sync::Arc;

use super::shared_file::SharedFile;

/// How much captured output stays in memory, and where the rest goes.
///
/// Clones share one file for output that does not fit in memory, and its accounting: give all
/// processes of a program clones of one value. The file is created when the first stream needs it, and
/// freed with the last one.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use prun::process::{Command, SpoolOptions, Stdio};
///
/// let options = SpoolOptions::default().memory(4096).total_memory(1 << 20);
/// let mut command = Command::shell("seq 10000");
/// command.stdout(Stdio::Capture(options.clone()));
/// let one = command.spawn().await?.captured().await?.stdout.unwrap_or_default();
/// assert_eq!((one.len(), one.head().len()), (48_894, 4096));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct SpoolOptions {
    pub(super) memory: usize,
    pub(super) shared: Arc<SharedFile>,
}

impl Default for SpoolOptions {
    /// 64 KiB per stream in memory, the rest in `$TMPDIR` (or `/tmp`).
    fn default() -> Self {
        Self {
            memory: 64 * 1024,
            shared: Arc::new(SharedFile::new(None, usize::MAX)),
        }
    }
}

impl SpoolOptions {
    /// Sets how many bytes of each stream are kept in memory. The default is 64 KiB.
    #[must_use]
    pub fn memory(mut self, bytes: usize) -> Self {
        self.memory = bytes;
        self
    }

    /// Sets how many bytes are kept in memory of all streams together that were handed out and are not
    /// dropped; further streams that are handed out are in the file as a whole. No limit by default.
    #[must_use]
    pub fn total_memory(mut self, bytes: usize) -> Self {
        let dir = self.shared.own_dir.clone();
        self.shared = Arc::new(SharedFile::new(dir, bytes));
        self
    }

    /// Sets the directory of the unlinked temporary file. The default is `$TMPDIR`, or `/tmp`.
    #[must_use]
    pub fn dir(mut self, dir: impl Into<PathBuf>) -> Self {
        let budget = self.shared.budget;
        self.shared = Arc::new(SharedFile::new(Some(dir.into()), budget));
        self
    }
}
