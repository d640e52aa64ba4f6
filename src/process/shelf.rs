//! One file for the bytes of many spools, when more of them are kept than may be in memory or have
//! files of their own.

use std::fs::File;
use std::io;
use std::sync::Arc;

use super::spool::{Spool, SpoolOptions};

/// A place for the bytes of many spools: an unlinked temporary file, made when the first one comes.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    file: Option<Arc<File>>,
    end: u64,
}

impl Shelf {
    /// A spool of the same bytes, which lie here.
    ///
    /// # Errors
    /// Those of reading the spool and of making and writing the file; what is here stays whole.
    pub(crate) fn keep(&mut self, spool: &Spool) -> io::Result<Spool> {
        let file = match &self.file {
            Some(file) => Arc::clone(file),
            None => Arc::clone(
                self.file
                    .insert(Arc::new(SpoolOptions::default().temporary_file()?)),
            ),
        };
        // Ours, the one above, and none of a spool: nothing that lies here is wanted any more.
        if Arc::strong_count(&file) == 2 && self.end > 0 {
            file.set_len(0)?;
            self.end = 0;
        }
        let kept = spool.moved_to(&file, self.end)?;
        self.end += kept.len();
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spool_of(bytes: &[u8]) -> Spool {
        let mut spool = Spool::new(SpoolOptions::default().memory(4));
        spool.append(bytes);
        spool
    }

    #[test]
    fn many_spools_lie_in_one_file_and_their_room_is_used_again() {
        let mut shelf = Shelf::default();
        let kept: Vec<_> = ["a", "", "longer than memory", "b"]
            .map(|text| (text, shelf.keep(&spool_of(text.as_bytes())).unwrap()))
            .into();
        assert_eq!(shelf.end, "alonger than memoryb".len() as u64);
        for (text, spool) in kept {
            assert!(spool.head().is_empty());
            assert_eq!(spool.into_bytes().unwrap(), text.as_bytes());
        }
        shelf.keep(&spool_of(b"again")).unwrap();
        assert_eq!(shelf.end, 5);
    }
}
