//! Blocks of an input that can be read only once.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use super::content::Content;
use super::cutter::{Cutter, Window};
use super::memory::{BlockBytes, BlockMemory};

/// How much is read at once where it is not known how much is needed.
const READ_BYTES: u64 = 256 * 1024;

/// An input of which a part was cut.
pub(crate) struct StreamCuts {
    input: Box<dyn Read + Send>,
    memory: BlockMemory,
    /// What was read but is in no block yet.
    read: Storage,
    is_at_end: bool,
}

/// Bytes that were read.
enum Storage {
    Memory(BlockBytes, Range<usize>),
    /// An unlinked file, since there is no memory left for it.
    File(File, Range<u64>),
}

impl StreamCuts {
    pub(crate) fn new(input: Box<dyn Read + Send>, memory: BlockMemory) -> io::Result<Self> {
        Ok(Self {
            input,
            read: Storage::new(&memory, 0)?,
            memory,
            is_at_end: false,
        })
    }

    /// Reads the next block, and what has to be seen to know where it ends; `None` at the end.
    pub(crate) fn next(&mut self, mut cutter: Cutter) -> io::Result<Option<Content>> {
        loop {
            let length = self.read.length();
            match cutter.cut(&self.read, length, self.is_at_end)? {
                Some(0) => return Ok(None),
                Some(end) => return self.take(end).map(Some),
                None => self.fill(cutter.wanted().saturating_sub(length))?,
            }
        }
    }

    /// Reads once: at most `missing` bytes, or what there is space for if it is not known how many are
    /// missing.
    fn fill(&mut self, missing: u64) -> io::Result<()> {
        self.read.make_space(missing, &self.memory)?;
        let most = if missing == 0 { READ_BYTES } else { missing };
        let count = loop {
            match self.read.read_from(&mut self.input, most) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                count => break count?,
            }
        };
        self.is_at_end = count == 0;
        Ok(())
    }

    /// Takes a block of this length; what follows it stays.
    fn take(&mut self, length: u64) -> io::Result<Content> {
        let rest = self.read.length() - length;
        if let Storage::Memory(memory, range) = &mut self.read
            && rest > length
        {
            // A small block is copied, so that much need not be moved for it.
            let cut = range.start + length as usize;
            let mut block = Storage::new(&self.memory, length)?;
            block.append(&memory.bytes[range.start..cut])?;
            range.start = cut;
            return Ok(block.into_content(length));
        }
        let mut after = Storage::new(&self.memory, rest)?;
        self.read.move_to(&mut after, length)?;
        Ok(std::mem::replace(&mut self.read, after).into_content(length))
    }
}

impl Storage {
    /// Returns storage with space for `length` bytes, none of which are there.
    fn new(memory: &BlockMemory, length: u64) -> io::Result<Self> {
        let bytes = usize::try_from(length)
            .ok()
            .and_then(|length| memory.take(length));
        Ok(match bytes {
            Some(bytes) => Self::Memory(bytes, 0..0),
            None => Self::File(tempfile::tempfile().map_err(not_stored)?, 0..0),
        })
    }

    fn length(&self) -> u64 {
        match self {
            Self::Memory(_, range) => range.len() as u64,
            Self::File(_, range) => range.end - range.start,
        }
    }

    /// Makes space for `missing` bytes, or for some if it is not known how many are missing.
    fn make_space(&mut self, missing: u64, memory: &BlockMemory) -> io::Result<()> {
        let Self::Memory(held, range) = self else {
            return Ok(());
        };
        let (length, capacity) = (range.len() as u64, held.bytes.len() as u64);
        let space = capacity - range.end as u64;
        // Twice as much each time, so that a long record is not moved for every read of it.
        let wanted = match missing {
            0 if space > 0 => return Ok(()),
            0 => (length * 2).max(READ_BYTES),
            missing if space >= missing => return Ok(()),
            missing => length + missing,
        };
        if capacity >= wanted {
            held.bytes.copy_within(range.clone(), 0);
            *range = 0..range.len();
            return Ok(());
        }
        let mut larger = Self::new(memory, wanted)?;
        self.move_to(&mut larger, 0)?;
        *self = larger;
        Ok(())
    }

    /// Reads once, at most `most` bytes, for which there is space.
    fn read_from(&mut self, input: &mut dyn Read, most: u64) -> io::Result<usize> {
        match self {
            Self::Memory(memory, range) => {
                let space = &mut memory.bytes[range.end..];
                let most = space.len().min(usize::try_from(most).unwrap_or(usize::MAX));
                let count = input.read(&mut space[..most])?;
                range.end += count;
                Ok(count)
            }
            Self::File(..) => {
                let mut piece = vec![0; most.min(READ_BYTES) as usize];
                let count = input.read(&mut piece)?;
                self.append(&piece[..count])?;
                Ok(count)
            }
        }
    }

    /// Appends bytes, for which there is space.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Memory(memory, range) => {
                memory.bytes[range.end..][..bytes.len()].copy_from_slice(bytes);
                range.end += bytes.len();
            }
            Self::File(file, range) => {
                file.write_all_at(bytes, range.end).map_err(not_stored)?;
                range.end += bytes.len() as u64;
            }
        }
        Ok(())
    }

    /// Moves all but the first `kept` bytes to the end of `other`.
    fn move_to(&mut self, other: &mut Self, kept: u64) -> io::Result<()> {
        match self {
            Self::Memory(memory, range) => {
                let cut = range.start + kept as usize;
                other.append(&memory.bytes[cut..range.end])?;
                range.end = cut;
            }
            Self::File(_, range) => {
                let (mut at, end) = (range.start + kept, range.end);
                let mut piece = vec![0; READ_BYTES.min(end - at) as usize];
                while at < end {
                    let count = (end - at).min(READ_BYTES) as usize;
                    self.copy(at - self.start(), &mut piece[..count])?;
                    other.append(&piece[..count])?;
                    at += count as u64;
                }
            }
        }
        Ok(())
    }

    fn start(&self) -> u64 {
        match self {
            Self::Memory(_, range) => range.start as u64,
            Self::File(_, range) => range.start,
        }
    }

    /// Returns its first `length` bytes, which are not changed any more.
    fn into_content(self, length: u64) -> Content {
        match self {
            Self::Memory(memory, range) => {
                let range = range.start..range.start + length as usize;
                Content::Memory(Arc::new(memory), range)
            }
            Self::File(file, range) => Content::File {
                file: Arc::new(file),
                at: range.start,
                length,
            },
        }
    }
}

/// Says what was to be written where.
fn not_stored(error: io::Error) -> io::Error {
    let dir = std::env::temp_dir();
    io::Error::other(format!(
        "blocks that do not fit in memory go to {}: {error} (set TMPDIR to another folder)",
        dir.display()
    ))
}

impl Window for Storage {
    fn copy(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        match self {
            Self::Memory(memory, range) => {
                let from = range.start + at as usize;
                into.copy_from_slice(&memory.bytes[from..][..into.len()]);
                Ok(())
            }
            Self::File(file, range) => file.read_exact_at(into, range.start + at),
        }
    }
}

#[cfg(test)]
mod tests;
