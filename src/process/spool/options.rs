//! How much output stays in memory, and where the rest goes.

use std::path::PathBuf;
use std::sync::Arc;

use super::shared_file::SharedFile;

/// How much output stays in memory, and where the rest goes.
///
/// The clones of a value share one file for whatever does not fit, and what they count: give all
/// processes of a program clones of one value. The file is made when the first stream needs it, and
/// goes with the last of them.
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
    /// 64 KiB of each stream in memory, the rest in `$TMPDIR` (or `/tmp`).
    fn default() -> Self {
        Self {
            memory: 64 * 1024,
            shared: Arc::new(SharedFile::new(None, usize::MAX)),
        }
    }
}

impl SpoolOptions {
    /// Keeps at most `bytes` of each stream in memory.
    #[must_use]
    pub fn memory(mut self, bytes: usize) -> Self {
        self.memory = bytes;
        self
    }

    /// Keeps at most `bytes` in memory of all the streams together that were handed out and are not
    /// dropped; those that are handed out beyond are in the file whole. No limit unless told.
    #[must_use]
    pub fn total_memory(mut self, bytes: usize) -> Self {
        let dir = self.shared.own_dir.clone();
        self.shared = Arc::new(SharedFile::new(dir, bytes));
        self
    }

    /// Puts what does not fit into an unlinked temporary file in `dir`.
    #[must_use]
    pub fn dir(mut self, dir: impl Into<PathBuf>) -> Self {
        let budget = self.shared.budget;
        self.shared = Arc::new(SharedFile::new(Some(dir.into()), budget));
        self
    }
}
