//! A file that is read twice, and must say the same both times.

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, PoisonError};

/// How much is read, and compared, at once.
const BLOCK_BYTES: usize = 64 * 1024;

/// A reading of a regular file. Its clones read the same file, each from its start, and each is held
/// to what the others have seen: what was checked is what runs. An editor may write into the file in
/// the meantime, and half a line at the place where we read on would be another command.
///
/// Bytes that were added at the end are read like those before them.
#[derive(Clone)]
pub(crate) struct CheckedFile {
    file: Arc<File>,
    seen: Arc<Mutex<Vec<Seen>>>,
    hasher: RandomState,
    block: Vec<u8>,
    /// Which block that is.
    index: usize,
    /// How much of it was given.
    given: usize,
}

/// What was read of a block: so many bytes from its start, and their hash.
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
            given: 0,
        }
    }

    /// Reads the next block, or more of one that was at the end of the file.
    fn load(&mut self) -> io::Result<()> {
        if self.given == BLOCK_BYTES {
            self.index += 1;
            self.given = 0;
        }
        let fresh = self.read_block()?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = seen.get(self.index) {
            let same = fresh.get(..before.length);
            if same.is_none_or(|same| self.hasher.hash_one(same) != before.hash) {
                return match self.given == before.length {
                    // All that was checked is read, and what is behind it now was not added to it.
                    true => Ok(()),
                    false => Err(io::Error::other(
                        "it was changed after it was checked: wait for prun's end, or only add lines",
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

    /// The bytes of the block that are in the file now.
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
        if self.given == self.block.len() {
            self.load()?;
        }
        let count = (&self.block[self.given..]).read(into)?;
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// A file of some lines, read through once, and a second reading of it.
    fn read_once(text: &str) -> (File, CheckedFile) {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let steady = CheckedFile::new(file.try_clone().unwrap());
        let mut first = String::new();
        steady.clone().read_to_string(&mut first).unwrap();
        assert_eq!(first, text);
        (file, steady)
    }

    fn rest(steady: &mut CheckedFile) -> Result<String, String> {
        let mut text = String::new();
        match steady.read_to_string(&mut text) {
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
            let (_file, mut steady) = read_once(&text);
            assert_eq!(rest(&mut steady), Ok(text));
        }
    }

    #[test]
    fn what_is_added_is_read() {
        for text in [
            String::new(),
            "a\n".to_owned(),
            long(),
            "x".repeat(BLOCK_BYTES),
        ] {
            let (mut file, mut steady) = read_once(&text);
            file.write_all(b"new\n").unwrap();
            assert_eq!(rest(&mut steady), Ok(text + "new\n"));
            file.write_all(long().as_bytes()).unwrap();
            assert_eq!(rest(&mut steady), Ok(long()));
        }
    }

    #[test]
    fn what_changed_before_it_was_read_is_an_error() {
        let changed = "it was changed after it was checked: wait for prun's end, or only add lines";
        for text in ["a\nb\n".to_owned(), long()] {
            let (file, mut steady) = read_once(&text);
            file.write_all_at(b"X", 2).unwrap();
            assert_eq!(rest(&mut steady), Err(changed.to_owned()));
            let (file, mut steady) = read_once(&text);
            file.set_len(text.len() as u64 - 1).unwrap();
            assert_eq!(rest(&mut steady), Err(changed.to_owned()));
        }
    }

    #[test]
    fn what_changed_after_it_was_read_does_not_matter() {
        let (file, mut steady) = read_once("a\nb\n");
        assert_eq!(rest(&mut steady).unwrap(), "a\nb\n");
        file.set_len(0).unwrap();
        assert_eq!(rest(&mut steady).unwrap(), "");
        file.write_all_at(b"another file, and a longer one\n", 0)
            .unwrap();
        assert_eq!(rest(&mut steady).unwrap(), "");
    }
}
