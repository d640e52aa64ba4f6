//! Output in pieces of limited length, cut between its characters.

use std::collections::HashMap;
use std::io::{self, Read};

use crate::event::{Attempt, Stream};
use crate::process::Spool;
use crate::record::cut_character;

/// The longest piece.
const LONGEST: u64 = 64 * 1024;

/// Whose output a piece is: the number of the job, that of the attempt, and the stream.
pub(super) type PieceOf = (u64, u32, Stream);

/// Cuts the output of jobs into pieces.
#[derive(Default)]
pub(super) struct OutputPieces {
    /// The beginning of a character whose rest may come with the next piece.
    cut: HashMap<(u64, Stream), Vec<u8>>,
}

impl OutputPieces {
    /// Hands out what an attempt printed, but for a character that is not whole.
    pub(super) fn printed<E: From<io::Error>>(
        &mut self,
        of: PieceOf,
        printed: &Spool,
        mut take: impl FnMut(PieceOf, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let (seq, _, stream) = of;
        let mut rest = printed.kept(printed.taken());
        loop {
            let mut bytes = self.cut.remove(&(seq, stream)).unwrap_or_default();
            let before = bytes.len();
            let room = LONGEST - before as u64;
            rest.by_ref().take(room).read_to_end(&mut bytes)?;
            let is_end = bytes.len() == before;
            let cut = bytes.split_off(bytes.len() - cut_character(&bytes));
            if !bytes.is_empty() {
                take(of, &bytes)?;
            }
            if !cut.is_empty() {
                self.cut.insert((seq, stream), cut);
            }
            if is_end {
                return Ok(());
            }
        }
    }

    /// Hands out what an attempt that has ended printed and was not handed out while it ran.
    pub(super) fn ended<E: From<io::Error>>(
        &mut self,
        seq: u64,
        attempt: &Attempt,
        mut take: impl FnMut(PieceOf, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        for (stream, spool) in [
            (Stream::Stdout, &attempt.stdout),
            (Stream::Stderr, &attempt.stderr),
        ] {
            let of = (seq, attempt.number, stream);
            self.printed(of, spool, &mut take)?;
            // No rest comes: what was begun is no character.
            if let Some(bytes) = self.cut.remove(&(seq, stream)) {
                take(of, &bytes)?;
            }
        }
        Ok(())
    }

    /// Forgets what is left of the output of a job.
    pub(super) fn forget(&mut self, seq: u64) {
        for stream in [Stream::Stdout, Stream::Stderr] {
            self.cut.remove(&(seq, stream));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_pieces_of_an_output_are_all_of_it_and_none_cuts_a_character(
            text in "[a-z\u{e9}\u{20ac}\u{1f600}]{0,60}",
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        ) {
            let bytes = text.as_bytes();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.sort_unstable();
            let (mut pieces, mut all, mut from) = (OutputPieces::default(), Vec::new(), 0);
            for to in cuts.into_iter().chain([bytes.len()]) {
                let printed = Spool::restored(bytes[from..to].to_vec(), 0, 0);
                from = to;
                pieces.printed::<io::Error>((1, 1, Stream::Stdout), &printed, |_, piece| {
                    assert!(str::from_utf8(piece).is_ok(), "{piece:?}");
                    all.extend_from_slice(piece);
                    Ok(())
                }).unwrap();
            }
            prop_assert_eq!(all, bytes);
        }
    }

    #[test]
    fn a_piece_is_no_longer_than_64_kib() {
        let text = "\u{20ac}".repeat(50_000);
        let printed = Spool::restored(text.clone().into_bytes(), 0, 0);
        let (mut pieces, mut all) = (OutputPieces::default(), Vec::new());
        pieces
            .printed::<io::Error>((1, 1, Stream::Stdout), &printed, |_, piece| {
                assert!(piece.len() <= 64 * 1024, "{}", piece.len());
                all.extend_from_slice(piece);
                Ok(())
            })
            .unwrap();
        assert_eq!(all, text.as_bytes());
    }
}
