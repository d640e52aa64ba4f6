//! Where records meet: after the text that ends one, before the text that begins the next.

use memchr::memmem::{Finder, FinderRev};

/// Finds the borders between records in bytes.
#[derive(Clone, Debug)]
pub(crate) struct Borders {
    /// What ends a record, followed by what begins one.
    forward: Finder<'static>,
    backward: FinderRev<'static>,
    /// How many bytes of it come before the border.
    before: usize,
}

impl Borders {
    /// Returns the borders between records that end with `end` and begin with `start`; one of them may be
    /// empty.
    pub(crate) fn new(start: &[u8], end: &[u8]) -> Self {
        let pattern = [end, start].concat();
        Self {
            forward: Finder::new(&pattern).into_owned(),
            backward: FinderRev::new(&pattern).into_owned(),
            before: end.len(),
        }
    }

    /// How many bytes after a border determine that it is one.
    pub(crate) fn after(&self) -> usize {
        self.length() - self.before
    }

    /// How many bytes before a border determine that it is one.
    pub(crate) fn before(&self) -> usize {
        self.before
    }

    /// How many bytes around a border determine that it is one.
    pub(crate) fn length(&self) -> usize {
        self.forward.needle().len()
    }

    /// Returns the first border in `bytes`, which is not at their start.
    pub(crate) fn first(&self, bytes: &[u8]) -> Option<usize> {
        // A border at the start of a record is that of the record before.
        let skip = usize::from(self.before == 0).min(bytes.len());
        let found = self.forward.find(&bytes[skip..])?;
        Some(skip + found + self.before)
    }

    /// Returns the last border in `bytes`, which is not at their start.
    pub(crate) fn last(&self, bytes: &[u8]) -> Option<usize> {
        let found = self.backward.rfind(bytes)? + self.before;
        (found > 0).then_some(found)
    }

    /// Returns the border after so many records that begin at the start of `bytes`, or else how many
    /// borders there are and the last of them (0 if none).
    pub(crate) fn count(&self, bytes: &[u8], records: u64) -> Result<usize, (u64, usize)> {
        if let [end] = self.forward.needle()
            && self.before == 1
        {
            return count_bytes(bytes, *end, records);
        }
        let (mut found, mut at) = (0, 0);
        while let Some(next) = self.first(&bytes[at..]) {
            at += next;
            found += 1;
            if found == records {
                return Ok(at);
            }
        }
        Err((found, at))
    }
}

/// The same for records that end with a single byte: many at once.
fn count_bytes(bytes: &[u8], end: u8, records: u64) -> Result<usize, (u64, usize)> {
    let found = memchr::memchr_iter(end, bytes).count() as u64;
    if found < records {
        let last = memchr::memrchr(end, bytes).map_or(0, |at| at + 1);
        return Err((found, last));
    }
    let index = usize::try_from(records.saturating_sub(1)).unwrap_or(usize::MAX);
    let at = memchr::memchr_iter(end, bytes).nth(index);
    at.map(|at| at + 1).ok_or((found, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_are_after_the_end_and_before_the_start_of_a_record() {
        let lines = Borders::new(b"", b"\n");
        assert_eq!(
            (lines.first(b"ab\nc\n"), lines.last(b"ab\nc\nd")),
            (Some(3), Some(5))
        );
        let fasta = Borders::new(b">", b"");
        assert_eq!(
            (fasta.first(b">a\n>b\n"), fasta.last(b">a\n>b\n")),
            (Some(3), Some(3))
        );
        assert_eq!((fasta.first(b">a"), fasta.last(b">a")), (None, None));
        let both = Borders::new(b"<r>", b"</r>\n");
        let text = b"<r>1</r>\n<r>2</r>\n\n";
        assert_eq!((both.first(text), both.last(text)), (Some(9), Some(9)));
    }

    #[test]
    fn records_are_counted() {
        let lines = Borders::new(b"", b"\n");
        assert_eq!(lines.count(b"a\nb\nc", 2), Ok(4));
        assert_eq!(lines.count(b"a\nb\nc", 3), Err((2, 4)));
        assert_eq!(lines.count(b"abc", 1), Err((0, 0)));
        let fasta = Borders::new(b">", b"");
        assert_eq!(fasta.count(b">a>b>c", 2), Ok(4));
        assert_eq!(fasta.count(b">a>b>c", 3), Err((2, 4)));
        // A blank line more belongs to the next paragraph.
        let paragraphs = Borders::new(b"", b"\n\n");
        assert_eq!(paragraphs.count(b"a\n\n\nb", 1), Ok(3));
        assert_eq!(paragraphs.count(b"a\n\n\nb", 2), Err((1, 3)));
    }
}
