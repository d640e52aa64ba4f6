//! Lines longer than the limit: in pieces, or with a higher limit. asyncio drops them.

use prun::process::{LinePiece, ReadError, Stdio, StreamReader};

use super::at::{At, engine_test};
use super::fed::Fed;
use super::polls::is_pending;

/// The next piece, and whether it ends its line.
async fn piece(reader: &mut StreamReader) -> (Vec<u8>, bool) {
    let LinePiece {
        bytes, ends_line, ..
    } = reader.read_line_piece().await.unwrap();
    (bytes, ends_line)
}

fn part(text: &str) -> (Vec<u8>, bool) {
    (text.into(), false)
}

fn last(text: &str) -> (Vec<u8>, bool) {
    (text.into(), true)
}

// Ours: a line that `read_line` would return is one piece.
engine_test!(a_line_within_the_limit_is_one_piece, |_: At| async move {
    let mut fed = Fed::with_limit(4).await;
    fed.feed("\n123\n1234\n");
    assert_eq!(piece(&mut fed.reader).await, last("\n"));
    assert_eq!(piece(&mut fed.reader).await, last("123\n"));
    assert_eq!(piece(&mut fed.reader).await, last("1234\n"));
});

// Ours: each piece but the last is as long as the limit.
engine_test!(a_longer_line_comes_in_pieces, |_: At| async move {
    let mut fed = Fed::with_limit(4).await;
    fed.feed("123456789\n12345678\nnext\n");
    assert_eq!(piece(&mut fed.reader).await, part("1234"));
    assert_eq!(piece(&mut fed.reader).await, part("5678"));
    assert_eq!(piece(&mut fed.reader).await, last("9\n"));
    assert_eq!(piece(&mut fed.reader).await, part("1234"));
    assert_eq!(piece(&mut fed.reader).await, last("5678\n"));
    assert_eq!(fed.reader.read_line().await.unwrap(), b"next\n");
});

// Ours: otherwise the last piece would be empty.
engine_test!(
    a_piece_waits_for_what_comes_behind_the_limit,
    |_: At| async move {
        let mut fed = Fed::with_limit(4).await;
        fed.feed("1234");
        assert!(is_pending(fed.reader.read_line_piece()).await);
        fed.feed("\n1234");
        assert_eq!(piece(&mut fed.reader).await, last("1234\n"));
        assert!(is_pending(fed.reader.read_line_piece()).await);
        fed.feed("5");
        assert_eq!(piece(&mut fed.reader).await, part("1234"));
        assert!(is_pending(fed.reader.read_line_piece()).await);
        assert_eq!(fed.rest().await, b"5");
    }
);

// Ours: one call, however the bytes arrive.
engine_test!(a_piece_may_come_bit_by_bit, |_: At| async move {
    let mut fed = Fed::with_limit(4).await;
    let (reader, feed) = fed.feed_meanwhile([b"1", b"23", b"\n4"]);
    let (got, ()) = tokio::join!(piece(reader), feed);
    assert_eq!(got, last("123\n"));
    let (reader, feed) = fed.feed_meanwhile([b"56", b"78"]);
    let (got, ()) = tokio::join!(piece(reader), feed);
    assert_eq!(got, part("4567"));
});

// Ours: as with `read_line`.
engine_test!(the_end_of_the_stream_ends_a_line, |_: At| async move {
    let mut fed = Fed::with_limit(4).await;
    fed.feed("12345");
    fed.end();
    assert_eq!(piece(&mut fed.reader).await, part("1234"));
    assert_eq!(piece(&mut fed.reader).await, last("5"));
    for _ in 0..3 {
        assert_eq!(piece(&mut fed.reader).await, last(""));
    }
    let mut fed = Fed::with_limit(4).await;
    fed.feed("1234");
    fed.end();
    assert_eq!(piece(&mut fed.reader).await, last("1234"));
    assert_eq!(piece(&mut fed.reader).await, last(""));
});

// Ours: a limit that no line reaches.
engine_test!(the_limit_may_be_the_largest_number, |_: At| async move {
    let mut fed = Fed::with_limit(usize::MAX).await;
    fed.feed("line\n");
    assert_eq!(piece(&mut fed.reader).await, last("line\n"));
});

// Ours; asyncio drops the line. The numbers are those of CPython's test_readline_limit.
engine_test!(
    lines_go_on_behind_one_that_was_taken_in_pieces,
    |_: At| async move {
        let mut fed = Fed::with_limit(7).await;
        fed.feed("short\nchunk1chunk2\nchunk3\n");
        fed.end();
        let mut lines = fed.reader.lines();
        let first = lines.next_line().await.unwrap();
        assert_eq!(first.as_deref(), Some(&b"short\n"[..]));
        for _ in 0..2 {
            let error = lines.next_line().await.unwrap_err();
            assert!(matches!(error, ReadError::LimitOverrun { consumed: 12 }));
        }
        assert_eq!(piece(lines.get_mut()).await, part("chunk1c"));
        assert_eq!(piece(lines.get_mut()).await, last("hunk2\n"));
        let next = lines.next_line().await.unwrap();
        assert_eq!(next.as_deref(), Some(&b"chunk3\n"[..]));
        assert_eq!(lines.next_line().await.unwrap(), None);
    }
);

// Ours: a line of any length, in bounded memory.
engine_test!(
    a_line_of_megabytes_comes_in_pieces_of_the_limit,
    |at: At| async move {
        let mut command = at.shell("head -c 5000000 /dev/zero; echo; echo next");
        command.stdout(Stdio::Pipe).limit(1000.try_into().unwrap());
        let mut process = command.spawn().await.unwrap();
        let stdout = process.stdout.as_mut().unwrap();
        let mut whole = 0;
        loop {
            let (bytes, ends_line) = piece(stdout).await;
            whole += bytes.len();
            if ends_line {
                break;
            }
            assert_eq!(bytes.len(), 1000);
        }
        assert_eq!(whole, 5_000_001);
        assert_eq!(stdout.read_line().await.unwrap(), b"next\n");
    }
);

// Ours: after an overrun the bytes are kept, so the same read succeeds with a higher limit.
engine_test!(the_limit_can_be_raised, |_: At| async move {
    let mut fed = Fed::with_limit(7).await;
    assert_eq!(fed.reader.limit().get(), 7);
    fed.feed("chunk1chunk2\n12345678\n");
    assert!(fed.reader.read_line().await.is_err());
    fed.reader.set_limit(12.try_into().unwrap());
    assert_eq!(fed.reader.limit().get(), 12);
    assert_eq!(fed.reader.read_line().await.unwrap(), b"chunk1chunk2\n");
    fed.reader.set_limit(7.try_into().unwrap());
    assert!(fed.reader.read_until(b"8\n").await.is_ok());
});

// asyncio: 64 KiB.
engine_test!(the_limit_is_64_kib_by_default, |at: At| async move {
    let mut command = at.command("true");
    let process = command.stdout(Stdio::Pipe).spawn().await.unwrap();
    assert_eq!(process.stdout.as_ref().unwrap().limit().get(), 65_536);
});
