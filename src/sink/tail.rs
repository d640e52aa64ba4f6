//! The end of a job's output, where all of it would be too much.

use std::io::Read;

use crate::process::Spool;

/// As much as a record keeps of a stream.
pub(super) const TAIL: u64 = 64 * 1024;

/// The last bytes of a stream.
pub(super) struct Tail {
    pub(super) bytes: Vec<u8>,
    /// How many came before them, or could not be kept.
    pub(super) cut: u64,
}

impl Tail {
    /// At most so many bytes, beginning with a whole character. What cannot be read back counts
    /// as cut: it is told where the output itself is shown.
    pub(super) fn of(spool: &Spool, most: u64) -> Self {
        let mut bytes = Vec::new();
        let from = spool.len().saturating_sub(most).max(spool.begin());
        let _ = spool.reader(from).take(most).read_to_end(&mut bytes);
        if from > 0 {
            let continues = |byte: &&u8| **byte & 0b1100_0000 == 0b1000_0000;
            let torn = bytes.iter().take(3).take_while(continues).count();
            bytes.drain(..torn);
        }
        let cut = (spool.len() + spool.lost()).saturating_sub(bytes.len() as u64);
        Self { bytes, cut }
    }
}
