use proptest::prelude::*;

use super::*;
use crate::plan::blocks::borders::Borders;
use crate::plan::blocks::cutter::BlockLimit;

/// An input that returns at most so many bytes per read, in turn.
struct Slow {
    bytes: Vec<u8>,
    at: usize,
    reads: Vec<usize>,
    turn: usize,
}

impl Read for Slow {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = self.reads[self.turn % self.reads.len()];
        self.turn += 1;
        let count = most.min(into.len()).min(self.bytes.len() - self.at);
        into[..count].copy_from_slice(&self.bytes[self.at..][..count]);
        self.at += count;
        Ok(count)
    }
}

fn contents(input: Slow, limit: BlockLimit, memory: BlockMemory) -> Vec<Content> {
    let borders = Borders::new(b"", b"\n");
    let mut stream = StreamCuts::new(Box::new(input), memory).unwrap();
    let next = || stream.next(Cutter::new(borders.clone(), limit)).unwrap();
    std::iter::from_fn(next).collect()
}

fn bytes(content: &Content) -> Vec<u8> {
    let mut bytes = Vec::new();
    content
        .read(|piece| bytes.extend_from_slice(piece))
        .unwrap();
    bytes
}

fn lines(count: usize) -> Vec<u8> {
    (0..count)
        .flat_map(|n| format!("line {n}\n").into_bytes())
        .collect()
}

fn input(bytes: Vec<u8>, reads: &[usize]) -> Slow {
    Slow {
        bytes,
        at: 0,
        reads: reads.to_vec(),
        turn: 0,
    }
}

#[test]
fn blocks_beyond_the_memory_are_in_files() {
    let whole = lines(100_000);
    let memory = BlockMemory::new(250_000);
    let blocks = contents(
        input(whole.clone(), &[70_000]),
        BlockLimit::Bytes(100_000),
        memory,
    );
    let in_memory = blocks
        .iter()
        .filter(|block| block.in_memory().is_some())
        .count();
    assert!((1..=2).contains(&in_memory), "{in_memory}");
    assert!(blocks.iter().map(bytes).collect::<Vec<_>>().concat() == whole);
}

#[test]
fn a_long_record_moves_to_a_file_when_the_memory_is_used_up() {
    let mut whole = b"short\n".to_vec();
    whole.resize(1_000_000, b'x');
    whole.extend_from_slice(b"\nend\n");
    let memory = BlockMemory::new(300_000);
    let blocks = contents(
        input(whole.clone(), &[60_000]),
        BlockLimit::Bytes(1000),
        memory,
    );
    let lengths: Vec<u64> = blocks.iter().map(Content::length).collect();
    assert_eq!(lengths, [6, 999_995, 4]);
    assert!(blocks[1].in_memory().is_none());
    assert!(blocks.iter().map(bytes).collect::<Vec<_>>().concat() == whole);
}

#[test]
fn memory_is_bounded_by_the_blocks_that_are_used() {
    let memory = BlockMemory::new(3 * 100_000);
    let borders = Borders::new(b"", b"\n");
    let slow = input(lines(1_000_000), &[65_536]);
    let mut stream = StreamCuts::new(Box::new(slow), memory).unwrap();
    let mut used = std::collections::VecDeque::new();
    let mut next = || {
        stream
            .next(Cutter::new(borders.clone(), BlockLimit::Bytes(100_000)))
            .unwrap()
    };
    while let Some(block) = next() {
        assert!(block.in_memory().is_some());
        used.push_back(block);
        // One is used, and one waits.
        if used.len() == 2 {
            used.pop_front();
        }
    }
}

proptest! {
    #[test]
    fn no_byte_is_lost_however_it_arrives(
        lengths in prop::collection::vec(0usize..3000, 0..60),
        reads in prop::collection::vec(1usize..9000, 1..4),
        size in 1u64..8000,
        by_records in any::<bool>(),
        most in 0usize..200_000,
    ) {
        let whole: Vec<u8> = lengths.iter().flat_map(|length| {
            let mut line = vec![b'x'; *length];
            line.push(b'\n');
            line
        }).collect();
        let limit = match by_records {
            true => BlockLimit::Records(size % 7 + 1),
            false => BlockLimit::Bytes(size),
        };
        let blocks = contents(input(whole.clone(), &reads), limit, BlockMemory::new(most));
        let blocks: Vec<Vec<u8>> = blocks.iter().map(bytes).collect();
        prop_assert!(blocks.concat() == whole);
        prop_assert!(blocks.iter().all(|block| block.ends_with(b"\n")));
    }
}
