//! Pieces of the file that streams share.

use std::fs::File;
use std::sync::Arc;

use super::shared_file::Extent;

/// A contiguous range of a spool's bytes in the file.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub(super) extent: Arc<Extent>,
    /// Its offset in the file.
    pub(super) at: u64,
    pub(super) len: u64,
    /// How many bytes of the spool in the file precede it.
    pub(super) before: u64,
}

impl Segment {
    /// All of `extent`.
    pub(super) fn whole(extent: Arc<Extent>) -> Self {
        Self {
            at: extent.at,
            len: extent.len,
            before: 0,
            extent,
        }
    }

    pub(super) fn file(&self) -> &File {
        &self.extent.file
    }

    /// Without its first `bytes` bytes.
    pub(super) fn skip(mut self, bytes: u64) -> Self {
        self.at += bytes;
        self.len -= bytes;
        self
    }

    /// Merges `next` if it directly follows in the same extent.
    pub(super) fn join(&mut self, next: &Self) -> bool {
        let follows = Arc::ptr_eq(&self.extent, &next.extent) && self.at + self.len == next.at;
        if follows {
            self.len += next.len;
        }
        follows
    }
}

/// The extent that a spool writes to.
#[derive(Debug, Default)]
pub(super) struct OpenExtent {
    pub(super) extent: Option<Arc<Extent>>,
    pub(super) used: u64,
}
