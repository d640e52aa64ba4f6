use proptest::prelude::*;

use super::*;

impl Window for &[u8] {
    fn copy(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        into.copy_from_slice(&self[at as usize..][..into.len()]);
        Ok(())
    }
}

/// Cuts `input`, of which more is there with each of `chunks` (repeated).
fn blocks(
    input: &[u8],
    start: &[u8],
    end: &[u8],
    limit: BlockLimit,
    chunks: &[usize],
) -> Vec<Vec<u8>> {
    let borders = Borders::new(start, end);
    let mut blocks = Vec::new();
    let (mut at, mut there) = (0, 0);
    let mut chunks = chunks.iter().cycle();
    let mut cutter = Cutter::new(borders.clone(), limit);
    loop {
        let window = &input[at..there];
        let is_all = there == input.len();
        match cutter.cut(&window, window.len() as u64, is_all).unwrap() {
            Some(0) => return blocks,
            Some(length) => {
                blocks.push(window[..length as usize].to_vec());
                at += length as usize;
                cutter = Cutter::new(borders.clone(), limit);
            }
            None => there = input.len().min(there + chunks.next().unwrap()),
        }
    }
}

fn lines(input: &[u8], limit: BlockLimit) -> Vec<Vec<u8>> {
    blocks(input, b"", b"\n", limit, &[1])
}

/// Whether there is a border at `at`, by definition, in a block that begins at `from`.
fn is_border(input: &[u8], from: usize, at: usize, start: &[u8], end: &[u8]) -> bool {
    at > from && input[from..at].ends_with(end) && input[at..].starts_with(start)
}

#[test]
fn a_block_ends_at_the_last_border_within_its_size() {
    let input = b"aaa\nbbb\nccc\n";
    let cut = |size| lines(input, BlockLimit::Bytes(size));
    assert_eq!(cut(4), [b"aaa\n", b"bbb\n", b"ccc\n"]);
    assert_eq!(cut(7), [b"aaa\n", b"bbb\n", b"ccc\n"]);
    assert_eq!(cut(8), [b"aaa\nbbb\n".as_slice(), b"ccc\n"]);
    assert_eq!(cut(11), [b"aaa\nbbb\n".as_slice(), b"ccc\n"]);
    assert_eq!(cut(12), [input]);
}

#[test]
fn a_record_longer_than_the_block_is_a_longer_block() {
    let input = b"a\nlonger line\nb\nc\n";
    let expected = [b"a\n".as_slice(), b"longer line\n", b"b\nc\n"];
    assert_eq!(lines(input, BlockLimit::Bytes(4)), expected);
}

#[test]
fn the_last_record_needs_no_end() {
    assert_eq!(
        lines(b"a\nb", BlockLimit::Bytes(2)),
        [b"a\n".as_slice(), b"b"]
    );
    assert_eq!(
        lines(b"a\nb", BlockLimit::Records(1)),
        [b"a\n".as_slice(), b"b"]
    );
    assert_eq!(lines(b"long", BlockLimit::Bytes(2)), [b"long"]);
}

#[test]
fn an_empty_input_has_no_block() {
    assert!(lines(b"", BlockLimit::Bytes(2)).is_empty());
    assert!(lines(b"", BlockLimit::Records(2)).is_empty());
}

/// An endless line, or lines of the longest record.
struct Endless {
    line: u64,
    /// Where in it the window begins.
    start: u64,
}

impl Window for Endless {
    fn copy(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        into.fill(b'x');
        let at = at + self.start;
        let first = at.next_multiple_of(self.line) - at;
        if let Some(byte) = usize::try_from(first)
            .ok()
            .and_then(|first| into.get_mut(first))
        {
            *byte = b'\n';
        }
        Ok(())
    }
}

#[test]
fn a_record_has_a_bound_and_a_block_has_none() {
    const LONGEST: u64 = 1 << 20;
    let cut = |line, start, limit| {
        let mut cutter = Cutter::new(Borders::new(b"", b"\n"), limit);
        cutter.longest = LONGEST;
        cutter.cut(&Endless { line, start }, 5 * LONGEST, true)
    };
    for limit in [BlockLimit::Bytes(10), BlockLimit::Records(3)] {
        let error = cut(LONGEST + 2 * PIECE_BYTES as u64, 1, limit).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge, "{limit:?}");
    }
    let line = LONGEST / 2;
    assert_eq!(
        cut(line, 0, BlockLimit::Records(5)).unwrap(),
        Some(4 * line + 1)
    );
    let size = BlockLimit::Bytes(3 * LONGEST);
    assert_eq!(cut(line, 0, size).unwrap(), Some(5 * line + 1));
}

#[test]
fn a_border_is_found_wherever_pieces_meet() {
    for at in PIECE_BYTES - 3..PIECE_BYTES + 3 {
        for after in [PIECE_BYTES - 2, PIECE_BYTES + 2] {
            let mut input = vec![b'x'; at];
            input.extend_from_slice(b"--");
            let border = input.len();
            input.extend_from_slice(b">>");
            input.resize(input.len() + after, b'y');
            for (start, end) in [
                (b">>".as_slice(), b"--".as_slice()),
                (b"", b"--"),
                (b">>", b""),
            ] {
                for limit in [
                    BlockLimit::Records(1),
                    BlockLimit::Bytes(border as u64),
                    BlockLimit::Bytes(input.len() as u64 - 1),
                    BlockLimit::Bytes(1),
                ] {
                    let cut = blocks(&input, start, end, limit, &[PIECE_BYTES + 1, 1]);
                    let lengths: Vec<usize> = cut.iter().map(Vec::len).collect();
                    assert_eq!(lengths, [border, input.len() - border], "{at} {limit:?}");
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn blocks_are_the_input_and_end_between_records(
        input in prop::collection::vec(prop::sample::select(b"ab>\n".to_vec()), 0..80),
        (start, end) in prop::sample::select(vec![
            ("", "\n"), (">", ""), (">", "\n"), ("", "\n\n"), ("a>", "\n"), ("", "ab"), ("aa", ""), ("\n", "\n"),
        ]),
        size in 1u64..30,
        by_records in any::<bool>(),
        chunks in prop::collection::vec(1usize..20, 1..5),
    ) {
        let (start, end) = (start.as_bytes(), end.as_bytes());
        let limit = match by_records {
            true => BlockLimit::Records(size),
            false => BlockLimit::Bytes(size),
        };
        let cut = blocks(&input, start, end, limit, &chunks);
        prop_assert_eq!(&cut.concat(), &input);
        // However the input arrives, its blocks are the same.
        prop_assert_eq!(&cut, &blocks(&input, start, end, limit, &[usize::MAX / 2]));
        let mut at = 0;
        for (index, block) in cut.iter().enumerate() {
            let from = at;
            at += block.len();
            prop_assert!(at == input.len() || is_border(&input, from, at, start, end), "{index}");
            let borders: Vec<usize> = (from + 1..at).filter(|at| is_border(&input, from, *at, start, end)).collect();
            match limit {
                BlockLimit::Bytes(size) if block.len() as u64 > size => {
                    prop_assert!(borders.is_empty(), "{index} holds a border");
                }
                BlockLimit::Bytes(size) => {
                    let room = size as usize - block.len();
                    let later = (at + 1..=(at + room).min(input.len())).find(|at| is_border(&input, from, *at, start, end));
                    prop_assert_eq!(later, None, "{} could be longer", index);
                }
                BlockLimit::Records(records) => {
                    let mut ends = 0;
                    let mut record = from;
                    for border in borders {
                        // Borders that share bytes count once.
                        if border - record >= end.len().max(1) {
                            (ends, record) = (ends + 1, border);
                        }
                    }
                    let is_last = index + 1 == cut.len();
                    prop_assert!(ends + 1 == records || (is_last && ends < records), "{index}: {ends}");
                }
            }
        }
    }
}
