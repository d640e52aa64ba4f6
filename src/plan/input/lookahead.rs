//! The bytes of a file of records: a look at the first of them that takes no more than it needs, and
//! then one record after the other.

use std::io::{self, BufRead, BufReader, Read};

/// How much is read at once.
pub(crate) const BUFFER_BYTES: usize = 64 * 1024;

/// How long a record may be. A longer one is a stream without line ends, no work for a program, and
/// would be kept in memory as a whole.
pub(crate) const LONGEST_RECORD: usize = 64 * 1024 * 1024;

/// What was found where a record should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RecordEnd {
    /// A record, and what ends it.
    Record,
    /// A record that the end of the input ends.
    Last,
    /// The end.
    End,
    /// More than a record may hold.
    TooLong,
}

/// A buffered input whose first bytes can be looked at before they are read.
pub(crate) struct Lookahead {
    /// The bytes that were looked at, from `start` on not yet read.
    looked: Vec<u8>,
    start: usize,
    rest: BufReader<Box<dyn Read + Send>>,
    /// The end was seen. A terminal would wait for a second one if it was asked again.
    ended: bool,
}

impl Lookahead {
    /// Nothing is read before it is asked for.
    pub(crate) fn new(input: Box<dyn Read + Send>) -> Self {
        Self {
            looked: Vec::new(),
            start: 0,
            rest: BufReader::with_capacity(BUFFER_BYTES, input),
            ended: false,
        }
    }

    /// Drops a byte order mark at the very start.
    pub(crate) fn skip_mark(&mut self) -> io::Result<()> {
        const MARK: &[u8] = b"\xef\xbb\xbf";
        let may_be = |first: &[u8]| MARK.starts_with(first);
        let first = self.look(|first| first.starts_with(MARK) || !may_be(first))?;
        if first.starts_with(MARK) {
            self.consume(MARK.len());
        }
        Ok(())
    }

    /// The next bytes, as many as are enough or all there are; none of them is taken. A pipe is asked
    /// for no more than that.
    pub(crate) fn look(&mut self, is_enough: impl Fn(&[u8]) -> bool) -> io::Result<&[u8]> {
        while !is_enough(&self.looked[self.start..]) && !self.ended {
            self.refill()?;
            let here = self.rest.buffer().len();
            self.looked.extend_from_slice(self.rest.buffer());
            self.rest.consume(here);
        }
        Ok(&self.looked[self.start..])
    }

    /// Makes sure that there are unread bytes behind those that were looked at, unless the input is
    /// at its end. A signal is no reason to stop.
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

    /// Reads a record of at most so many bytes, without the byte `end` behind it.
    pub(crate) fn read_record(
        &mut self,
        end: u8,
        longest: usize,
        record: &mut Vec<u8>,
    ) -> io::Result<RecordEnd> {
        record.clear();
        // The memory of an unusually long one is given back.
        record.shrink_to(BUFFER_BYTES);
        let mut limited = Read::take(&mut *self, longest as u64 + 1);
        limited.read_until(end, record)?;
        Ok(if record.is_empty() {
            RecordEnd::End
        } else if record.pop_if(|last| *last == end).is_some() {
            RecordEnd::Record
        } else if record.len() > longest {
            RecordEnd::TooLong
        } else {
            RecordEnd::Last
        })
    }

    /// Whether a record that is not skipped is wholly at hand.
    pub(crate) fn holds_record(&self, end: u8, skips: impl Fn(&[u8]) -> bool) -> bool {
        let mut records = self.at_hand().split(|byte| *byte == end);
        // What follows the last end is not complete.
        records.next_back();
        self.ended || records.any(|record| !skips(record))
    }

    /// The bytes that can be read without waiting. While bytes that were looked at wait, it is
    /// those alone.
    pub(crate) fn at_hand(&self) -> &[u8] {
        match self.looked.get(self.start..) {
            Some([]) | None => self.rest.buffer(),
            Some(looked) => looked,
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
        if self.start < self.looked.len() {
            return Ok(&self.looked[self.start..]);
        }
        self.refill()?;
        Ok(self.rest.buffer())
    }

    fn consume(&mut self, count: usize) {
        if self.start < self.looked.len() {
            self.start += count;
        } else {
            self.rest.consume(count);
        }
        if self.start == self.looked.len() {
            self.looked = Vec::new();
            self.start = 0;
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An input that gives one prepared chunk a read and panics when it is asked for more.
    pub(crate) struct Chunks(pub(crate) std::vec::IntoIter<Vec<u8>>);

    impl Chunks {
        pub(crate) fn new(chunks: &[&[u8]]) -> Box<Self> {
            let chunks: Vec<_> = chunks.iter().map(|chunk| chunk.to_vec()).collect();
            Box::new(Self(chunks.into_iter()))
        }
    }

    impl Read for Chunks {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let chunk = self.0.next().expect("no more was asked for than needed");
            into[..chunk.len()].copy_from_slice(&chunk);
            Ok(chunk.len())
        }
    }

    #[test]
    fn looking_takes_nothing_away() {
        let mut lookahead = Lookahead::new(Chunks::new(&[b"l", b"s\n", b""]));
        assert_eq!(lookahead.look(|first| first.len() > 2).unwrap(), b"ls\n");
        let mut whole = String::new();
        lookahead.read_to_string(&mut whole).unwrap();
        assert_eq!(whole, "ls\n");
    }

    #[test]
    fn no_more_is_looked_at_than_is_enough() {
        let mut lookahead = Lookahead::new(Chunks::new(&[b"l"]));
        lookahead.skip_mark().unwrap();
        assert_eq!(lookahead.look(|first| !first.is_empty()).unwrap(), b"l");
    }

    #[test]
    fn a_mark_is_dropped_however_it_arrives() {
        let mut lookahead = Lookahead::new(Chunks::new(&[b"\xef", b"\xbb", b"\xbfls"]));
        lookahead.skip_mark().unwrap();
        assert_eq!(lookahead.fill_buf().unwrap(), b"ls");
    }

    #[test]
    fn half_a_mark_stays() {
        let mut lookahead = Lookahead::new(Chunks::new(&[b"\xef\xbbls"]));
        lookahead.skip_mark().unwrap();
        assert_eq!(lookahead.fill_buf().unwrap(), b"\xef\xbbls");
    }
}
