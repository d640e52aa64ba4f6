//! Moving the memory of spools that wait to be reported to the file: their total is bounded, and no
//! reader of one waits for the disk.

use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use super::segment::Segment;
use super::shared_file::SharedFile;
use super::spool::Spool;

/// The bytes that a spool has in memory, on their way to the file.
pub(crate) struct Spilling {
    shared: Arc<SharedFile>,
    bytes: Vec<u8>,
    taken: u64,
}

impl Spilling {
    /// Writes them, and returns where they are.
    pub(crate) fn write(self) -> io::Result<Spilled> {
        let len = self.bytes.len() as u64;
        let extent = self.shared.extent(len, len)?;
        extent.file.write_all_at(&self.bytes, extent.at)?;
        Ok(Spilled {
            segment: Segment::whole(extent),
            taken: self.taken,
        })
    }
}

/// The bytes that a spool had in memory, in the file.
pub(crate) struct Spilled {
    segment: Segment,
    taken: u64,
}

impl Spool {
    /// Returns the bytes in memory if they are to be written to the file before the spool is handed out:
    /// if spools have too many there already.
    pub(crate) fn to_spill(&self) -> Option<Spilling> {
        let shared = self.shared.as_ref()?;
        let is_too_much = !self.memory.is_empty() && !shared.fits_in_memory(self.memory.capacity());
        (is_too_much && self.error.is_none()).then(|| Spilling {
            shared: Arc::clone(shared),
            bytes: self.memory.clone(),
            taken: self.taken,
        })
    }

    /// Releases the bytes in memory, since they are in the file. Bytes that were taken meanwhile are
    /// skipped.
    pub(crate) fn spill(&mut self, Spilled { segment, taken }: Spilled) {
        if self.taken != taken || self.memory.len() as u64 != segment.len {
            return;
        }
        self.memory = Vec::new();
        self.in_file = 0;
        let rest = std::mem::take(&mut self.segments);
        for segment in [segment].into_iter().chain(rest) {
            self.push(segment);
        }
    }

    /// Counts the bytes in memory until the spool is dropped.
    pub(crate) fn count(&mut self) {
        let bytes = self.memory.capacity();
        let shared = self.shared.as_ref().filter(|_| bytes > 0);
        self.counted = shared.map(|shared| shared.count(bytes));
    }

    /// Copies up to `most` of its last bytes that were not taken. Bytes in the file stay there.
    pub(crate) fn last(&self, most: u64) -> Self {
        let from = self.len().saturating_sub(most).max(self.taken);
        let in_memory = self.len() - self.in_file;
        let mut last = Self {
            dropped: from,
            taken: from,
            ..Self::default()
        };
        if from < in_memory {
            let at = from.saturating_sub(self.dropped) as usize;
            last.memory = self.memory[at..].to_vec();
        }
        let skip = from.saturating_sub(in_memory);
        let first = |segment: &Segment| segment.before + segment.len <= skip;
        for segment in &self.segments[self.segments.partition_point(first)..] {
            let skipped = skip.saturating_sub(segment.before);
            last.push(segment.clone().skip(skipped));
        }
        last
    }
}
