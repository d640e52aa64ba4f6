//! Reading: CPython's test_streams.py, with the same numbers. asyncio's `readline` drops a line that is
//! too long, ours keeps it.

use std::time::Duration;

use prun::process::{ReadError, Stdio, wait_for};

use super::at::{At, engine_test};
use super::fed::Fed;
use super::polls::is_pending;

const DATA: &[u8] = b"line1\nline2\nline3\n";

/// The number of bytes known not to contain the separator.
#[track_caller]
fn overrun<T: std::fmt::Debug>(result: Result<T, ReadError>) -> usize {
    match result {
        Err(ReadError::LimitOverrun { consumed }) => consumed,
        other => panic!("no overrun: {other:?}"),
    }
}

/// The bytes before the end, and how many were requested.
#[track_caller]
fn incomplete<T: std::fmt::Debug>(result: Result<T, ReadError>) -> (Vec<u8>, Option<usize>) {
    match result {
        Err(ReadError::Incomplete { partial, expected }) => (partial, expected),
        other => panic!("not incomplete: {other:?}"),
    }
}

// test_read_zero
engine_test!(reading_nothing_takes_nothing, |_: At| async move {
    let mut fed = Fed::new().await;
    assert_eq!(fed.reader.read_chunk(0).await.unwrap(), b"");
    fed.feed(DATA);
    assert_eq!(fed.reader.read_chunk(0).await.unwrap(), b"");
    assert_eq!(fed.rest().await, DATA);
});

// test_read
engine_test!(
    a_read_waits_for_bytes_and_takes_what_comes,
    |_: At| async move {
        let mut fed = Fed::new().await;
        assert!(is_pending(fed.reader.read_chunk(30)).await);
        fed.feed(DATA);
        assert_eq!(fed.reader.read_chunk(30).await.unwrap(), DATA);
        assert_eq!(fed.rest().await, b"");
    }
);

// test_read_line_breaks
engine_test!(a_read_takes_no_more_than_it_may, |_: At| async move {
    let mut fed = Fed::new().await;
    fed.feed("line1");
    fed.feed("line2");
    assert_eq!(fed.reader.read_chunk(5).await.unwrap(), b"line1");
    assert_eq!(fed.rest().await, b"line2");
});

// test_read_eof
engine_test!(
    a_read_at_the_end_is_empty_again_and_again,
    |_: At| async move {
        let mut fed = Fed::new().await;
        fed.end();
        for _ in 0..3 {
            assert_eq!(fed.reader.read_chunk(1024).await.unwrap(), b"");
            assert!(fed.reader.at_eof());
        }
    }
);

// test_read_until_eof; test_read_all_from_pipe_reader
engine_test!(reading_to_the_end_takes_all_pieces, |_: At| async move {
    let mut fed = Fed::new().await;
    fed.feed("chunk1\n");
    assert!(is_pending(fed.reader.read_to_end()).await);
    fed.feed("chunk2");
    fed.end();
    assert_eq!(fed.reader.read_to_end().await.unwrap(), b"chunk1\nchunk2");
    assert_eq!(fed.reader.read_to_end().await.unwrap(), b"");
});

// test_read_limit
engine_test!(the_limit_does_not_bind_read, |_: At| async move {
    let mut fed = Fed::with_limit(3).await;
    fed.feed("chunk");
    assert_eq!(fed.reader.read_chunk(5).await.unwrap(), b"chunk");
    assert_eq!(fed.rest().await, b"");
});

// test_readline
engine_test!(a_line_may_come_in_pieces, |_: At| async move {
    let mut fed = Fed::new().await;
    fed.feed("chunk1 ");
    assert!(is_pending(fed.reader.read_line()).await);
    fed.feed("chunk2 ");
    assert!(is_pending(fed.reader.read_line()).await);
    fed.feed("chunk3 ");
    fed.feed("\n chunk4");
    let line = fed.reader.read_line().await.unwrap();
    assert_eq!(line, b"chunk1 chunk2 chunk3 \n");
    assert_eq!(fed.rest().await, b" chunk4");
});

// test_readline_limit_with_existing_data: asyncio drops `line1\n`, and in the second case all.
engine_test!(a_line_that_is_too_long_is_kept, |_: At| async move {
    let mut fed = Fed::with_limit(3).await;
    fed.feed("li");
    fed.feed("ne1\nline2\n");
    assert_eq!(overrun(fed.reader.read_line().await), 5);
    assert_eq!(fed.rest().await, b"line1\nline2\n");

    let mut fed = Fed::with_limit(3).await;
    fed.feed("li");
    fed.feed("ne1");
    fed.feed("li");
    assert_eq!(overrun(fed.reader.read_line().await), 7);
    assert_eq!(fed.rest().await, b"line1li");
});

// test_readline_limit, first part
engine_test!(a_line_that_grows_too_long_is_an_error, |_: At| async move {
    let mut fed = Fed::with_limit(7).await;
    fed.feed("chunk1");
    assert!(is_pending(fed.reader.read_line()).await);
    fed.feed("chunk2");
    assert_eq!(overrun(fed.reader.read_line().await), 12);
    fed.feed("chunk3\n");
    fed.end();
    // The bytes stay, so it is an error until they are taken.
    assert!(overrun(fed.reader.read_line().await) > 7);
    assert_eq!(fed.rest().await, b"chunk1chunk2chunk3\n");
});

// test_readline_limit, second part: the next line is not lost.
engine_test!(
    after_an_overrun_the_next_line_is_there,
    |_: At| async move {
        let mut fed = Fed::with_limit(7).await;
        fed.feed("chunk1");
        fed.feed("chunk2\n");
        fed.feed("chunk3\n");
        fed.end();
        let consumed = overrun(fed.reader.read_line().await);
        assert_eq!(consumed, 12);
        let taken = fed.reader.read_exactly(consumed).await.unwrap();
        assert_eq!(taken, b"chunk1chunk2");
        assert_eq!(fed.reader.read_line().await.unwrap(), b"\n");
        assert_eq!(fed.reader.read_line().await.unwrap(), b"chunk3\n");
        assert_eq!(fed.reader.read_line().await.unwrap(), b"");
    }
);

// test_readline_limit, third part: the limit is for the line without its newline.
engine_test!(the_limit_is_strict, |_: At| async move {
    let mut fed = Fed::with_limit(7).await;
    fed.feed("1234567\n");
    assert_eq!(fed.reader.read_line().await.unwrap(), b"1234567\n");
    fed.feed("12345678\n");
    assert_eq!(overrun(fed.reader.read_line().await), 8);
    assert_eq!(fed.reader.read_chunk(99).await.unwrap(), b"12345678\n");
    fed.feed("1234567");
    assert!(is_pending(fed.reader.read_line()).await);
    fed.feed("8");
    assert_eq!(overrun(fed.reader.read_line().await), 8);
    assert_eq!(fed.rest().await, b"12345678");
});

// test_readline_nolimit_nowait
engine_test!(one_line_at_a_time_is_taken, |_: At| async move {
    let mut fed = Fed::new().await;
    fed.feed(&DATA[..6]);
    fed.feed(&DATA[6..]);
    assert_eq!(fed.reader.read_line().await.unwrap(), b"line1\n");
    assert_eq!(fed.rest().await, b"line2\nline3\n");
});

// test_readline_eof
engine_test!(the_last_line_may_lack_its_end, |_: At| async move {
    let mut fed = Fed::new().await;
    fed.feed("some data");
    fed.end();
    assert_eq!(fed.reader.read_line().await.unwrap(), b"some data");
});

// test_readline_empty_eof
engine_test!(a_line_at_the_end_is_empty, |_: At| async move {
    let mut fed = Fed::new().await;
    fed.end();
    assert_eq!(fed.reader.read_line().await.unwrap(), b"");
    assert!(fed.reader.at_eof());
});

// test_readline_read_byte_count
engine_test!(a_read_goes_on_behind_a_line, |_: At| async move {
    let mut fed = Fed::new().await;
    fed.feed(DATA);
    fed.reader.read_line().await.unwrap();
    assert_eq!(fed.reader.read_chunk(7).await.unwrap(), b"line2\nl");
    assert_eq!(fed.rest().await, b"ine3\n");
});

// test_at_eof
engine_test!(the_end_is_reported_when_all_was_read, |_: At| async move {
    let mut fed = Fed::new().await;
    assert!(!fed.reader.at_eof());
    fed.feed("some data\n");
    assert!(!fed.reader.at_eof());
    fed.reader.read_line().await.unwrap();
    assert!(!fed.reader.at_eof());
    fed.feed("more data\n");
    fed.end();
    fed.reader.read_line().await.unwrap();
    // The end may not have been detected yet, as nothing was requested after the line.
    assert_eq!(fed.reader.read_line().await.unwrap(), b"");
    assert!(fed.reader.at_eof());
});

// asyncio, by trial: right after the start of `true` the end was not detected.
engine_test!(
    the_end_is_not_told_before_it_was_seen,
    |at: At| async move {
        let mut command = at.command("true");
        command.stdout(Stdio::Pipe);
        let mut process = command.spawn().await.unwrap();
        process.wait().await.unwrap();
        let stdout = process.stdout.as_mut().unwrap();
        assert!(!stdout.at_eof());
        assert_eq!(stdout.read_chunk(1).await.unwrap(), b"");
        assert!(stdout.at_eof());
    }
);

// test_readexactly_zero_or_less
engine_test!(reading_exactly_nothing_takes_nothing, |_: At| async move {
    let mut fed = Fed::new().await;
    fed.feed(DATA);
    assert_eq!(fed.reader.read_exactly(0).await.unwrap(), b"");
    assert_eq!(fed.rest().await, DATA);
});

// test_readexactly
engine_test!(reading_exactly_waits_for_all_of_it, |_: At| async move {
    let mut fed = Fed::new().await;
    fed.feed(DATA);
    assert!(is_pending(fed.reader.read_exactly(2 * DATA.len())).await);
    fed.feed(DATA);
    fed.feed(DATA);
    let exactly = fed.reader.read_exactly(2 * DATA.len()).await.unwrap();
    assert_eq!(exactly, [DATA, DATA].concat());
    assert_eq!(fed.rest().await, DATA);
});

// test_readexactly_limit
engine_test!(the_limit_does_not_bind_read_exactly, |_: At| async move {
    let mut fed = Fed::with_limit(3).await;
    fed.feed("chunk");
    assert_eq!(fed.reader.read_exactly(5).await.unwrap(), b"chunk");
    assert_eq!(fed.rest().await, b"");
});

// test_readexactly_eof
engine_test!(
    an_end_before_all_of_it_gives_what_there_is,
    |_: At| async move {
        let mut fed = Fed::new().await;
        fed.feed(DATA);
        fed.end();
        let error = fed.reader.read_exactly(36).await.unwrap_err();
        assert_eq!(error.to_string(), "the stream ended after 18 bytes");
        assert_eq!(incomplete::<()>(Err(error)), (DATA.to_vec(), Some(36)));
        assert_eq!(
            fed.rest().await,
            b"",
            "what the error has is not there any more"
        );
    }
);

// asyncio's `async for line in reader`
engine_test!(lines_come_one_after_the_other, |_: At| async move {
    let mut fed = Fed::new().await;
    fed.feed("one\n\nthree");
    fed.end();
    let mut lines = fed.reader.lines();
    let mut all = Vec::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        all.push(line);
    }
    assert_eq!(all, [b"one\n".as_slice(), b"\n", b"three"]);
    assert_eq!(lines.next_line().await.unwrap(), None);
});

// asyncio, by trial: 20 bytes were intact after a cancelled readexactly.
engine_test!(a_cancelled_read_keeps_its_bytes, |_: At| async move {
    let mut fed = Fed::new().await;
    fed.feed("12345678901234567890");
    for _ in 0..3 {
        assert!(is_pending(fed.reader.read_exactly(100)).await);
        assert!(is_pending(fed.reader.read_until(b"--")).await);
        assert!(is_pending(fed.reader.read_line()).await);
    }
    assert_eq!(fed.rest().await, b"12345678901234567890");
});

// asyncio, by trial: `read(-1)` lost the blocks already read when it was cancelled.
engine_test!(
    a_cancelled_read_to_the_end_keeps_its_bytes,
    |_: At| async move {
        let mut fed = Fed::new().await;
        for n in 0..10 {
            fed.feed([n; 1000]);
            assert!(is_pending(fed.reader.read_to_end()).await);
        }
        let expected: Vec<u8> = (0..10).flat_map(|n| [n; 1000]).collect();
        assert!(fed.rest().await == expected);
    }
);

// asyncio, by trial: of 300,000 bytes without a newline readline lost 131,072.
engine_test!(an_endless_line_is_not_lost, |at: At| async move {
    let mut command = at.shell("head -c 300000 /dev/zero; echo; echo next");
    command.stdout(Stdio::Pipe);
    let mut process = command.spawn().await.unwrap();
    let reader = process.stdout.as_mut().unwrap();
    let mut line = Vec::new();
    let rest = loop {
        match reader.read_line().await {
            Ok(rest) => break rest,
            Err(error) => {
                let consumed = overrun::<()>(Err(error));
                assert!((65_537..=131_072).contains(&consumed), "{consumed}");
                line.extend(reader.read_exactly(consumed).await.unwrap());
            }
        }
    };
    line.extend(rest);
    assert_eq!(line.len(), 300_001);
    assert_eq!(reader.read_line().await.unwrap(), b"next\n");
});

// test_pause_reading (test_subprocess.py): limit 10, 21 bytes and more, and none is lost.
engine_test!(a_small_limit_loses_nothing, |at: At| async move {
    for size in [21, 100_000, 1_000_000] {
        let line = format!("head -c {size} /dev/zero");
        let mut command = at.shell(line);
        command.stdout(Stdio::Pipe).limit(10.try_into().unwrap());
        let mut process = command.spawn().await.unwrap();
        let stdout = process.stdout.as_mut().unwrap();
        let mut read = 0;
        // Read-ahead beyond a line stays bounded, however much output there is.
        while let Err(error) = stdout.read_line().await {
            let consumed = overrun::<()>(Err(error));
            assert!((11..=10 + 65_536).contains(&consumed), "{consumed}");
            read += stdout.read_exactly(consumed).await.unwrap().len();
        }
        assert_eq!(read, size);
        assert_eq!(process.wait().await.unwrap().returncode(), 0);
    }
});

// test_pause_reading: a process whose output is not read waits, and continues when it is.
engine_test!(a_process_that_nobody_reads_waits, |at: At| async move {
    let mut command = at.shell("head -c 1000000 /dev/zero");
    command.stdout(Stdio::Pipe);
    let mut process = command.spawn().await.unwrap();
    let short = Duration::from_millis(30);
    assert!(wait_for(process.wait(), short).await.is_err());
    let stdout = process.stdout.as_mut().unwrap();
    let all = stdout.read_to_end().await.unwrap();
    assert_eq!(all.len(), 1_000_000);
    assert_eq!(process.wait().await.unwrap().returncode(), 0);
});
