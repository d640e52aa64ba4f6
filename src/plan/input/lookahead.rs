//! A buffered input: its first bytes can be examined without reading more than needed, and then it is
//! read item by item (lines, or items that end with NUL).

use std::io::{self, BufRead, BufReader, Read};

/// How many bytes are read at once.
pub(crate) const BUFFER_BYTES: usize = 64 * 1024;

/// The longest item in bytes. A longer one is probably a stream without newlines, and would be kept
/// in memory as a whole.
pub(crate) const MAX_ITEM_BYTES: usize = 64 * 1024 * 1024;

/// How an item ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ItemEnd {
    /// With a separator.
    Separator,
    /// With the end of the input.
    Eof,
    /// There was none: the input was at its end.
    None,
    /// It is longer than allowed.
    TooLong,
}

/// A buffered input whose first bytes can be examined before they are consumed.
pub(crate) struct Lookahead {
    /// The bytes that were examined; those from `start` on are not yet consumed.
    examined: Vec<u8>,
    start: usize,
    rest: BufReader<Box<dyn Read + Send>>,
    /// The end was reached. Another read of a terminal would wait for a second end of file.
    ended: bool,
}

impl Lookahead {
    /// Returns a buffer of `input`. Reads nothing yet.
    pub(crate) fn new(input: Box<dyn Read + Send>) -> Self {
        Self {
            examined: Vec::new(),
            start: 0,
            rest: BufReader::with_capacity(BUFFER_BYTES, input),
            ended: false,
        }
    }

    /// Drops a byte order mark at the start.
    pub(crate) fn skip_byte_order_mark(&mut self) -> io::Result<()> {
        const MARK: &[u8] = b"\xef\xbb\xbf";
        let may_be = |first: &[u8]| MARK.starts_with(first);
        let first = self.look(|first| first.starts_with(MARK) || !may_be(first))?;
        if first.starts_with(MARK) {
            self.consume(MARK.len());
        }
        Ok(())
    }

    /// Returns the next bytes without consuming them, until `is_enough` or the end. Does not read
    /// more than that from a pipe.
    pub(crate) fn look(&mut self, is_enough: impl Fn(&[u8]) -> bool) -> io::Result<&[u8]> {
        while !is_enough(&self.examined[self.start..]) && !self.ended {
            self.refill()?;
            let here = self.rest.buffer().len();
            self.examined.extend_from_slice(self.rest.buffer());
            self.rest.consume(here);
        }
        Ok(&self.examined[self.start..])
    }

    /// Fills the buffer if it is empty and the input is not at its end. EINTR: retry.
    fn refill(&mut self) -> io::Result<()> {
        while self.rest.buffer().is_empty() && !self.ended {
            match self.rest.fill_buf() {
                Ok(bytes) => self.ended = bytes.is_empty(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads an item of at most `longest` bytes, without the byte `end` after it.
    pub(crate) fn read_item(
        &mut self,
        end: u8,
        longest: usize,
        item: &mut Vec<u8>,
    ) -> io::Result<ItemEnd> {
        item.clear();
        // Free the memory of an unusually long one.
        item.shrink_to(BUFFER_BYTES);
        let mut limited = Read::take(&mut *self, longest as u64 + 1);
        limited.read_until(end, item)?;
        Ok(if item.is_empty() {
            ItemEnd::None
        } else if item.pop_if(|last| *last == end).is_some() {
            ItemEnd::Separator
        } else if item.len() > longest {
            ItemEnd::TooLong
        } else {
            ItemEnd::Eof
        })
    }

    /// Whether the end of the input was reached.
    pub(crate) fn is_at_end(&self) -> bool {
        self.ended
    }

    /// Whether an item that is not skipped is completely buffered.
    pub(crate) fn holds_item(&self, end: u8, skips: impl Fn(&[u8]) -> bool) -> bool {
        let mut items = self.buffered().split(|byte| *byte == end);
        // The part after the last separator is not complete.
        items.next_back();
        self.ended || items.any(|item| !skips(item))
    }

    /// Returns bytes that can be read without blocking: those that were examined, if any are left.
    pub(crate) fn buffered(&self) -> &[u8] {
        match self.examined.get(self.start..) {
            Some([]) | None => self.rest.buffer(),
            Some(examined) => examined,
        }
    }
}

impl Read for Lookahead {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(into)?;
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Lookahead {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start < self.examined.len() {
            return Ok(&self.examined[self.start..]);
        }
        self.refill()?;
        Ok(self.rest.buffer())
    }

    fn consume(&mut self, count: usize) {
        if self.start < self.examined.len() {
            self.start += count;
        } else {
            self.rest.consume(count);
        }
        if self.start == self.examined.len() {
            self.examined = Vec::new();
            self.start = 0;
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An input that returns one prepared chunk per read and panics when it has no more.
    pub(crate) struct Chunks(pub(crate) std::vec::IntoIter<Vec<u8>>);

    impl Chunks {
        pub(crate) fn new(chunks: &[&[u8]]) -> Box<Self> {
            let chunks: Vec<_> = chunks.iter().map(|chunk| chunk.to_vec()).collect();
            Box::new(Self(chunks.into_iter()))
        }
    }

    impl Read for Chunks {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let chunk = self.0.next().expect("no more reads than needed");
            into[..chunk.len()].copy_from_slice(&chunk);
            Ok(chunk.len())
        }
    }

    #[test]
    fn looking_consumes_nothing() {
        let mut lookahead = Lookahead::new(Chunks::new(&[b"l", b"s\n", b""]));
        assert_eq!(lookahead.look(|first| first.len() > 2).unwrap(), b"ls\n");
        let mut whole = String::new();
        lookahead.read_to_string(&mut whole).unwrap();
        assert_eq!(whole, "ls\n");
    }

    #[test]
    fn looking_reads_no_more_than_needed() {
        let mut lookahead = Lookahead::new(Chunks::new(&[b"l"]));
        lookahead.skip_byte_order_mark().unwrap();
        assert_eq!(lookahead.look(|first| !first.is_empty()).unwrap(), b"l");
    }

    #[test]
    fn a_byte_order_mark_is_dropped_however_it_arrives() {
        let mut lookahead = Lookahead::new(Chunks::new(&[b"\xef", b"\xbb", b"\xbfls"]));
        lookahead.skip_byte_order_mark().unwrap();
        assert_eq!(lookahead.fill_buf().unwrap(), b"ls");
    }

    #[test]
    fn half_a_byte_order_mark_is_kept() {
        let mut lookahead = Lookahead::new(Chunks::new(&[b"\xef\xbbls"]));
        lookahead.skip_byte_order_mark().unwrap();
        assert_eq!(lookahead.fill_buf().unwrap(), b"\xef\xbbls");
    }
}
