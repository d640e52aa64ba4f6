//! The memory of all blocks together: bounded, and used again, since a block that is read into new memory
//! costs the system more than the bytes themselves.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How much memory all blocks may take; more go to unlinked files.
const MOST: usize = 256 * 1024 * 1024;

/// Memory that is smaller is not kept for another block.
const LEAST_KEPT: usize = 64 * 1024;

/// The memory that blocks may take.
#[derive(Debug, Clone)]
pub(crate) struct BlockMemory(Arc<Mutex<Usage>>);

#[derive(Debug)]
struct Usage {
    most: usize,
    /// The bytes of all that was given out or is kept.
    taken: usize,
    kept: Vec<Vec<u8>>,
}

/// Memory of a block. It is kept for another one when it is dropped.
#[derive(Debug)]
pub(crate) struct BlockBytes {
    pub(crate) bytes: Vec<u8>,
    memory: BlockMemory,
}

impl Default for BlockMemory {
    fn default() -> Self {
        Self::new(MOST)
    }
}

impl BlockMemory {
    pub(crate) fn new(most: usize) -> Self {
        Self(Arc::new(Mutex::new(Usage {
            most,
            taken: 0,
            kept: Vec::new(),
        })))
    }

    /// Returns at least `length` bytes with any content, or `None` if that is too much.
    pub(crate) fn take(&self, length: usize) -> Option<BlockBytes> {
        let bytes = self.usage().take(length)?;
        // Not under the lock: the system clears the memory, as far as it is used.
        let bytes = bytes.unwrap_or_else(|| vec![0; length]);
        let memory = self.clone();
        Some(BlockBytes { bytes, memory })
    }

    /// Ignores poison: a panic while the lock is held cannot leave the state half changed.
    fn usage(&self) -> MutexGuard<'_, Usage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Usage {
    /// Takes kept memory of about this length, or counts the new memory; `None` if that is too much.
    fn take(&mut self, length: usize) -> Option<Option<Vec<u8>>> {
        let most = length.saturating_mul(2).max(LEAST_KEPT);
        let fits = |kept: &Vec<u8>| (length..=most).contains(&kept.len());
        if let Some(index) = self.kept.iter().rposition(fits) {
            return Some(Some(self.kept.swap_remove(index)));
        }
        while self.taken.saturating_add(length) > self.most {
            self.taken -= self.kept.pop()?.len();
        }
        self.taken += length;
        Some(None)
    }
}

impl Drop for BlockBytes {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        let mut usage = self.memory.usage();
        // Blocks differ in length only by their last record, but for one that was unusually long.
        if bytes.len() < LEAST_KEPT || usage.kept.iter().any(|kept| kept.len() * 2 < bytes.len()) {
            usage.taken -= bytes.len();
        } else {
            usage.kept.push(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: usize = 100_000;

    #[test]
    fn memory_is_used_again() {
        let memory = BlockMemory::new(LENGTH);
        let first = memory.take(LENGTH).unwrap();
        let at = first.bytes.as_ptr();
        assert!(memory.take(1).is_none(), "beyond the bound");
        drop(first);
        assert_eq!(memory.take(LENGTH - 1).unwrap().bytes.as_ptr(), at);
    }

    #[test]
    fn kept_memory_makes_way_for_other_memory() {
        let memory = BlockMemory::new(3 * LENGTH);
        drop(memory.take(LENGTH).unwrap());
        let long = memory.take(3 * LENGTH).unwrap();
        assert_eq!(memory.usage().taken, 3 * LENGTH);
        drop(long);
        assert!(memory.take(3 * LENGTH + 1).is_none());
        assert_eq!(memory.usage().taken, 0);
    }
}
