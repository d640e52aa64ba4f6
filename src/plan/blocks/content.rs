//! Where the bytes of a block are: in memory, or a range of a file.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use super::memory::BlockBytes;

/// The bytes of a block. Clones share them.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// A part of memory.
    Memory(Arc<BlockBytes>, Range<usize>),
    /// A part of a file.
    File {
        file: Arc<File>,
        at: u64,
        length: u64,
    },
}

impl Content {
    /// Returns how many bytes there are.
    pub(crate) fn length(&self) -> u64 {
        match self {
            Self::Memory(_, range) => range.len() as u64,
            Self::File { length, .. } => *length,
        }
    }

    /// Returns the bytes, if they are in memory.
    pub(crate) fn in_memory(&self) -> Option<&[u8]> {
        match self {
            Self::Memory(memory, range) => memory.bytes.get(range.clone()),
            Self::File { .. } => None,
        }
    }

    /// Copies the bytes from `offset` on into `into`, all of which must exist.
    pub(crate) fn copy(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        match self {
            Self::Memory(memory, range) => {
                let from = usize::try_from(offset).map_err(io::Error::other)?;
                let bytes = memory.bytes.get(range.clone()).unwrap_or_default();
                let found = bytes.get(from..).and_then(|rest| rest.get(..into.len()));
                into.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
                Ok(())
            }
            Self::File { file, at, .. } => file.read_exact_at(into, at + offset).map_err(shortened),
        }
    }

    /// Passes all bytes to `take`, piece by piece.
    pub(crate) fn read(&self, mut take: impl FnMut(&[u8])) -> io::Result<()> {
        const PIECE_BYTES: u64 = 128 * 1024;
        if let Some(bytes) = self.in_memory() {
            take(bytes);
            return Ok(());
        }
        let length = self.length();
        let mut piece =
            vec![0; usize::try_from(length.min(PIECE_BYTES)).map_err(io::Error::other)?];
        let mut at = 0;
        while at < length {
            let count = (length - at).min(PIECE_BYTES);
            let piece = &mut piece[..usize::try_from(count).map_err(io::Error::other)?];
            self.copy(at, piece)?;
            take(piece);
            at += count;
        }
        Ok(())
    }
}

/// Says what it means that a file has fewer bytes than it had.
pub(super) fn shortened(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            io::Error::other("the file became shorter while it was read")
        }
        _ => error,
    }
}
