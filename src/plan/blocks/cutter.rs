//! Where a block ends: between two records, as late as its size allows.

use std::io;

use super::borders::Borders;

/// The longest record. A longer one is probably an input without the expected separators.
pub(crate) const MAX_RECORD_BYTES: u64 = 1 << 30;

/// How many bytes are looked at at once.
const PIECE_BYTES: usize = 64 * 1024;

/// Bytes that can be looked at, from the start of a block on.
pub(crate) trait Window {
    /// Copies the bytes from offset `at` on into `into`, all of which exist.
    fn copy(&self, at: u64, into: &mut [u8]) -> io::Result<()>;
}

/// How long a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BlockLimit {
    /// At most so many bytes, unless a record is longer.
    Bytes(u64),
    /// So many records.
    Records(u64),
}

/// Finds the end of one block. It remembers what it has seen of it, so that nothing is looked at twice,
/// however often there is more to look at.
#[derive(Clone, Debug)]
pub(crate) struct Cutter {
    borders: Borders,
    limit: BlockLimit,
    /// Up to here no border can be found any more, or all are counted.
    seen: u64,
    /// How many records were counted, and where the next one begins.
    records: u64,
    record_start: u64,
    /// The length of the longest record.
    longest: u64,
    /// Whether the block has no border within its size.
    is_long: bool,
}

impl Cutter {
    /// Creates it for a block from which nothing was seen.
    pub(crate) fn new(borders: Borders, limit: BlockLimit) -> Self {
        Self {
            borders,
            limit,
            seen: 0,
            records: 0,
            record_start: 0,
            longest: MAX_RECORD_BYTES,
            is_long: false,
        }
    }

    /// How many bytes of a block should be there before its end can be found; 0 if that is not known.
    pub(crate) fn wanted(&self) -> u64 {
        match self.limit {
            BlockLimit::Bytes(size) if !self.is_long => size + self.borders.after() as u64,
            BlockLimit::Bytes(_) | BlockLimit::Records(_) => 0,
        }
    }

    /// Returns the length of the block, of which `len` bytes are there, and no more will be if `is_all`;
    /// `None` if that takes more of them.
    ///
    /// # Errors
    /// `FileTooLarge` if a record is too long.
    pub(crate) fn cut(
        &mut self,
        window: &impl Window,
        len: u64,
        is_all: bool,
    ) -> io::Result<Option<u64>> {
        let found = match self.limit {
            BlockLimit::Records(records) => self.count(window, len, records)?,
            BlockLimit::Bytes(size) if is_all && len <= size => Some(len),
            BlockLimit::Bytes(_) if len < self.wanted() && !is_all => return Ok(None),
            BlockLimit::Bytes(size) if !self.is_long => match self.last(window, len, size)? {
                Some(at) => Some(at),
                None => {
                    self.is_long = true;
                    // What makes the first border after the size may begin before it.
                    self.seen = (size + 1).saturating_sub(self.borders.before().max(1) as u64);
                    self.count(window, len, 1)?
                }
            },
            BlockLimit::Bytes(_) => self.count(window, len, 1)?,
        };
        Ok(found.or(is_all.then_some(len)))
    }

    /// Finds the last border within `size` bytes.
    fn last(&self, window: &impl Window, len: u64, size: u64) -> io::Result<Option<u64>> {
        let mut end = len.min(size + self.borders.after() as u64);
        let overlap = self.borders.length() as u64 - 1;
        let mut piece = Vec::new();
        while end > 0 {
            let from = end.saturating_sub((PIECE_BYTES as u64).max(2 * overlap + 2));
            let bytes = look(window, &mut piece, from, end)?;
            if let Some(at) = self.borders.last(bytes) {
                return Ok(Some(from + at as u64));
            }
            if from == 0 {
                break;
            }
            // A border at the start of a piece is found in the piece before it.
            end = from + overlap + 1;
        }
        Ok(None)
    }

    /// Finds the border after `records` records from the start of the block, or counts them.
    fn count(&mut self, window: &impl Window, len: u64, records: u64) -> io::Result<Option<u64>> {
        let overlap = self.borders.length() as u64 - 1;
        let mut piece = Vec::new();
        while self.seen + overlap < len {
            let end = len.min(self.seen + (PIECE_BYTES as u64).max(2 * overlap + 2));
            let bytes = look(window, &mut piece, self.seen, end)?;
            match self.borders.count(bytes, records - self.records) {
                Ok(at) => return Ok(Some(self.seen + at as u64)),
                Err((found, last)) => {
                    self.records += found;
                    let last = self.seen + last as u64;
                    if found > 0 {
                        self.record_start = last;
                    }
                    if end - self.record_start > self.longest {
                        return Err(io::ErrorKind::FileTooLarge.into());
                    }
                    // Where nothing comes before a border, its own byte cannot be skipped.
                    let start = u64::from(self.borders.before() == 0);
                    self.seen = last.max((end - overlap).saturating_sub(start));
                    if end == len {
                        break;
                    }
                }
            }
        }
        Ok(None)
    }
}

/// Returns the bytes of a window from `from` to `end`.
fn look<'a>(
    window: &impl Window,
    piece: &'a mut Vec<u8>,
    from: u64,
    end: u64,
) -> io::Result<&'a [u8]> {
    let length = usize::try_from(end - from).map_err(io::Error::other)?;
    if piece.len() < length {
        piece.resize(length, 0);
    }
    window.copy(from, &mut piece[..length])?;
    Ok(&piece[..length])
}

#[cfg(test)]
mod tests;
