//! A file that is read twice, and must not change in between.

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, PoisonError};

/// How many bytes are read and compared at once.
const BLOCK_BYTES: usize = 64 * 1024;

/// A reader of a regular file. Its clones read the same file, each from its start, and each fails if
/// the bytes differ from those that another one has read, so that the jobs that run are those that
/// were checked. An editor may write into the file in between, and half a line at the current
/// position would be another command.
///
/// Bytes that are appended are read like those before them.
#[derive(Clone)]
pub(crate) struct CheckedFile {
    file: Arc<File>,
    seen: Arc<Mutex<Vec<Seen>>>,
    hasher: RandomState,
    block: Vec<u8>,
    /// The index of `block`.
    index: usize,
    /// How many bytes of it were returned.
    returned: usize,
}

/// The bytes read from a block: their number from its start, and their hash.
#[derive(Clone, Copy)]
struct Seen {
    length: usize,
    hash: u64,
}

impl CheckedFile {
    pub(crate) fn new(file: File) -> Self {
        Self {
            file: Arc::new(file),
            seen: Arc::default(),
            hasher: RandomState::new(),
            block: Vec::new(),
            index: 0,
            returned: 0,
        }
    }

    /// Reads the next block, or more of the block at the end of the file.
    fn load(&mut self) -> io::Result<()> {
        if self.returned == BLOCK_BYTES {
            self.index += 1;
            self.returned = 0;
        }
        let fresh = self.read_block()?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = seen.get(self.index) {
            let same = fresh.get(..before.length);
            if same.is_none_or(|same| self.hasher.hash_one(same) != before.hash) {
                return match self.returned == before.length {
                    // All checked bytes are read, and those after them now were not appended.
                    true => Ok(()),
                    false => Err(io::Error::other(
                        "the file changed after it was checked: edit it after prun has exited, or only append lines",
                    )),
                };
            }
        }
        let now = Seen {
            length: fresh.len(),
            hash: self.hasher.hash_one(fresh.as_slice()),
        };
        match seen.get_mut(self.index) {
            Some(before) => *before = now,
            None => seen.push(now),
        }
        self.block = fresh;
        Ok(())
    }

    /// Reads the current bytes of the block.
    fn read_block(&self) -> io::Result<Vec<u8>> {
        let mut block = vec![0; BLOCK_BYTES];
        let start = (self.index * BLOCK_BYTES) as u64;
        let mut length = 0;
        while length < BLOCK_BYTES {
            match self
                .file
                .read_at(&mut block[length..], start + length as u64)
            {
                Ok(0) => break,
                Ok(count) => length += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        block.truncate(length);
        Ok(block)
    }
}

impl Read for CheckedFile {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.returned == self.block.len() {
            self.load()?;
        }
        let count = (&self.block[self.returned..]).read(into)?;
        self.returned += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// A file of some lines that was read through once, and a second reader of it.
    fn read_once(text: &str) -> (File, CheckedFile) {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let second = CheckedFile::new(file.try_clone().unwrap());
        let mut first = String::new();
        second.clone().read_to_string(&mut first).unwrap();
        assert_eq!(first, text);
        (file, second)
    }

    fn rest(second: &mut CheckedFile) -> Result<String, String> {
        let mut text = String::new();
        match second.read_to_string(&mut text) {
            Ok(_) => Ok(text),
            Err(error) => Err(error.to_string()),
        }
    }

    fn long() -> String {
        (0..30_000).map(|n| format!("line {n}\n")).collect()
    }

    #[test]
    fn a_file_is_read_twice() {
        for text in [
            String::new(),
            "a\nb\n".to_owned(),
            long(),
            "x".repeat(2 * BLOCK_BYTES),
        ] {
            let (_file, mut second) = read_once(&text);
            assert_eq!(rest(&mut second), Ok(text));
        }
    }

    #[test]
    fn appended_bytes_are_read() {
        for text in [
            String::new(),
            "a\n".to_owned(),
            long(),
            "x".repeat(BLOCK_BYTES),
        ] {
            let (mut file, mut second) = read_once(&text);
            file.write_all(b"new\n").unwrap();
            assert_eq!(rest(&mut second), Ok(text + "new\n"));
            file.write_all(long().as_bytes()).unwrap();
            assert_eq!(rest(&mut second), Ok(long()));
        }
    }

    #[test]
    fn a_change_before_the_second_read_is_an_error() {
        let changed = "the file changed after it was checked: edit it after prun has exited, or only append lines";
        for text in ["a\nb\n".to_owned(), long()] {
            let (file, mut second) = read_once(&text);
            file.write_all_at(b"X", 2).unwrap();
            assert_eq!(rest(&mut second), Err(changed.to_owned()));
            let (file, mut second) = read_once(&text);
            file.set_len(text.len() as u64 - 1).unwrap();
            assert_eq!(rest(&mut second), Err(changed.to_owned()));
        }
    }

    #[test]
    fn a_change_after_the_second_read_does_not_matter() {
        let (file, mut second) = read_once("a\nb\n");
        assert_eq!(rest(&mut second).unwrap(), "a\nb\n");
        file.set_len(0).unwrap();
        assert_eq!(rest(&mut second).unwrap(), "");
        file.write_all_at(b"another file, and a longer one\n", 0)
            .unwrap();
        assert_eq!(rest(&mut second).unwrap(), "");
    }
}
