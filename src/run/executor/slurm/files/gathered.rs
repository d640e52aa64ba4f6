//! [`GatheredLines`]: the lines of jobs that are in no chunk yet.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::FileExt;

/// Lines in an unlinked temporary file, read in the order in which they were added.
#[derive(Debug, Default)]
pub(super) struct GatheredLines {
    file: Option<File>,
    /// How many bytes it has, and how many of them were read.
    length: u64,
    read: u64,
}

impl GatheredLines {
    /// Adds whole lines.
    pub(super) fn add(&mut self, lines: &[u8]) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        file.write_all(lines)?;
        self.length += lines.len() as u64;
        Ok(())
    }

    /// Returns the next lines, so many or fewer, each with its line ending; they stay for now.
    pub(super) fn lines(&self, count: u64) -> NextLines<'_> {
        let from = self.file.as_ref().map(|file| FileFrom {
            file,
            offset: self.read,
        });
        NextLines {
            file: from.map(|from| BufReader::with_capacity(64 * 1024, from)),
            left: count,
            bytes: 0,
            error: None,
        }
    }

    /// Drops so many bytes that were read.
    pub(super) fn drop_first(&mut self, bytes: u64) {
        self.read += bytes;
        if self.read == self.length {
            // A stream goes on for ever, and its file must not grow.
            *self = Self::default();
        }
    }
}

/// Lines that are read from the file.
pub(super) struct NextLines<'a> {
    file: Option<BufReader<FileFrom<'a>>>,
    left: u64,
    /// How long those were that were read.
    pub(super) bytes: u64,
    /// Why there are no more.
    pub(super) error: Option<io::Error>,
}

impl Iterator for NextLines<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        self.left = self.left.checked_sub(1)?;
        let mut line = Vec::new();
        match self.file.as_mut()?.read_until(b'\n', &mut line) {
            Ok(0) => None,
            Ok(length) => {
                self.bytes += length as u64;
                Some(line)
            }
            Err(error) => {
                self.error = Some(error);
                None
            }
        }
    }
}

/// Reads a file from an offset of its own.
struct FileFrom<'a> {
    file: &'a File,
    offset: u64,
}

impl Read for FileFrom<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read_at(buf, self.offset)?;
        self.offset += n as u64;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(lines: &mut GatheredLines, count: u64) -> String {
        let mut next = lines.lines(count);
        let taken: Vec<Vec<u8>> = next.by_ref().collect();
        let bytes = next.bytes;
        lines.drop_first(bytes);
        String::from_utf8(taken.concat()).unwrap()
    }

    #[test]
    fn lines_are_taken_in_the_order_in_which_they_were_added() {
        let mut lines = GatheredLines::default();
        lines.add(b"a\nb\n").unwrap();
        assert_eq!(take(&mut lines, 1), "a\n");
        lines.add(b"c\n").unwrap();
        assert_eq!(take(&mut lines, 5), "b\nc\n");
        assert_eq!(take(&mut lines, 1), "");
        assert!(lines.file.is_none(), "nothing is kept of what was taken");
        lines.add(b"d\n").unwrap();
        assert_eq!(take(&mut lines, 1), "d\n");
    }
}
