//! A piece of the file that streams share.

use std::fs::File;
use std::sync::Arc;

use super::shared_file::Extent;

/// Bytes of a spool in the file, in one piece.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub(super) extent: Arc<Extent>,
    /// Where it begins in the file.
    pub(super) at: u64,
    pub(super) len: u64,
    /// How many bytes of the spool in the file come before it.
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

    /// Without so many of its first bytes.
    pub(super) fn skip(mut self, bytes: u64) -> Self {
        self.at += bytes;
        self.len -= bytes;
        self
    }

    /// Takes `next` in, if it is what follows in the same part of the file.
    pub(super) fn join(&mut self, next: &Self) -> bool {
        let follows = Arc::ptr_eq(&self.extent, &next.extent) && self.at + self.len == next.at;
        if follows {
            self.len += next.len;
        }
        follows
    }
}

/// The part of the file that a spool writes to.
#[derive(Debug, Default)]
pub(super) struct OpenExtent {
    pub(super) extent: Option<Arc<Extent>>,
    pub(super) used: u64,
}
