//! The contents of a spool, and bytes that were taken or lost.

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
    fn taken_and_remaining_bytes_are_the_stream_and_its_end_stays(
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
            let from = all.len().saturating_sub(KEPT_AFTER_TAKE);
            let mut end = Vec::new();
            spool.reader(from as u64).read_to_end(&mut end).unwrap();
            prop_assert!(end == all[from..], "the end is not what came last");
        }
        spool.copy_to(&mut out).unwrap();
        prop_assert!(out == all, "taken and left are not the stream");
        prop_assert!(spool.into_bytes().unwrap() == all[taken(&pieces)..]);
    }
}

/// How many bytes were taken when the last piece was.
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

proptest! {
    #[test]
    fn a_spilled_spool_is_the_same_stream_and_its_end_is_found(
        pieces in prop::collection::vec((any::<u8>(), 1..40_000usize), 1..6),
        memory in 1usize..80_000,
        taken in any::<bool>(),
        most in 0u64..100_000,
    ) {
        let mut spool = Spool::new(SpoolOptions::default().memory(memory).total_memory(0));
        let mut all = Vec::new();
        for (index, &(first, len)) in pieces.iter().enumerate() {
            let bytes: Vec<u8> = (0..len).map(|n| first.wrapping_add((n % 251) as u8)).collect();
            spool.append(&bytes);
            all.extend_from_slice(&bytes);
            if taken && index == 0 {
                spool.take();
            }
        }
        let from = if taken { pieces[0].1 } else { 0 };
        let before = spool.dropped as usize;
        if let Some(spilling) = spool.to_spill() {
            spool.spill(spilling.write().unwrap());
        }
        prop_assert!(spool.head().is_empty());
        prop_assert_eq!(spool.len(), all.len() as u64);
        let mut kept = Vec::new();
        spool.reader(0).read_to_end(&mut kept).unwrap();
        prop_assert!(kept == all[before..], "what was taken and kept is there");
        let last = spool.last(most);
        let mut end = Vec::new();
        last.reader(0).read_to_end(&mut end).unwrap();
        prop_assert!(end == all[from.max(all.len().saturating_sub(most as usize))..], "its end");
        let mut copied = Vec::new();
        spool.copy_to(&mut copied).unwrap();
        prop_assert!(copied == all[from..], "what was not taken");
        prop_assert!(spool.into_bytes().unwrap() == all[from..]);
    }
}

#[test]
fn bytes_taken_while_more_are_written_are_in_one_piece_only() {
    let mut spool = Spool::new(SpoolOptions::default().memory(2));
    spool.append(b"123");
    let mut writing = spool.begin_writing();
    writing.write(b"45");
    let piece = spool.take();
    spool.end_writing(writing);
    spool.append(b"6");
    assert_eq!(piece.into_bytes().unwrap(), b"123");
    let (mut rest, mut all) = (Vec::new(), Vec::new());
    spool.copy_to(&mut rest).unwrap();
    spool.reader(0).read_to_end(&mut all).unwrap();
    assert_eq!(
        (rest.as_slice(), all.as_slice()),
        (b"456".as_slice(), b"123456".as_slice())
    );
}
