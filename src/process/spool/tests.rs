//! The bytes of a spool, and what becomes of those that are taken or cannot be kept.

use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_spool_gives_back_every_byte_in_order(
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..100), 0..20),
        memory in 0usize..300,
    ) {
        let mut spool = Spool::new(SpoolOptions::default().memory(memory));
        for piece in &pieces {
            spool.append(piece);
        }
        let all = pieces.concat();
        prop_assert_eq!(spool.len(), all.len() as u64);
        prop_assert!(spool.head().len() <= memory);
        let mut copied = Vec::new();
        spool.copy_to(&mut copied).unwrap();
        prop_assert_eq!(&copied, &all);
        prop_assert_eq!(spool.into_bytes().unwrap(), all);
    }
}

proptest! {
    #[test]
    fn what_is_taken_and_what_is_left_are_the_stream_and_its_end_stays(
        pieces in prop::collection::vec((any::<u8>(), 0..90_000usize, any::<bool>()), 0..9),
        memory in 0usize..80_000,
    ) {
        let mut spool = Spool::new(SpoolOptions::default().memory(memory));
        let (mut all, mut out) = (Vec::new(), Vec::new());
        for &(first, len, take) in &pieces {
            let bytes: Vec<u8> = (0..len).map(|n| first.wrapping_add((n % 251) as u8)).collect();
            spool.append(&bytes);
            all.extend_from_slice(&bytes);
            if take {
                spool.take().copy_to(&mut out).unwrap();
                prop_assert_eq!(spool.taken(), all.len() as u64);
                prop_assert!(spool.head().is_empty());
            }
            prop_assert_eq!(spool.len(), all.len() as u64);
            let from = all.len().saturating_sub(KEPT_OF_TAKEN);
            let mut end = Vec::new();
            spool.reader(from as u64).read_to_end(&mut end).unwrap();
            prop_assert!(end == all[from..], "the end is not what came last");
        }
        spool.copy_to(&mut out).unwrap();
        prop_assert!(out == all, "taken and left are not the stream");
        prop_assert!(spool.into_bytes().unwrap() == all[taken(&pieces)..]);
    }
}

/// How many bytes were taken when the last one was.
fn taken(pieces: &[(u8, usize, bool)]) -> usize {
    let last = pieces.iter().rposition(|(_, _, take)| *take);
    let before = pieces.iter().take(last.map_or(0, |last| last + 1));
    before.map(|(_, len, _)| len).sum()
}

#[test]
fn a_spool_without_a_folder_counts_what_it_loses() {
    let mut spool = Spool::new(SpoolOptions::default().memory(4).dir("/nonexistent"));
    spool.append(b"123456");
    spool.append(b"78");
    assert_eq!((spool.len(), spool.lost()), (4, 4));
    assert!(spool.error().is_some());
}
