//! Reading up to a separator: CPython's test_streams.py, with the same numbers.

use prun::process::ReadError;

use super::at::{At, engine_test};
use super::fed::Fed;
use super::polls::is_pending;

/// Reads up to `separator`, which must be present.
async fn until(fed: &mut Fed, separator: &[u8]) -> Vec<u8> {
    fed.reader.read_until(separator).await.unwrap()
}

// test_readuntil_separator
engine_test!(an_empty_separator_is_a_mistake, |_: At| async move {
    let mut fed = Fed::new().await;
    let mistake = tokio::spawn(async move { fed.reader.read_until(b"").await });
    assert!(mistake.await.unwrap_err().is_panic());
});

// test_readuntil_multi_chunks
engine_test!(a_separator_may_have_several_bytes, |_: At| async move {
    let mut fed = Fed::new().await;
    fed.feed("lineAAA");
    assert_eq!(until(&mut fed, b"AAA").await, b"lineAAA");
    fed.feed("lineAAA");
    assert_eq!(until(&mut fed, b"AAA").await, b"lineAAA");
    fed.feed("lineAAAxxx");
    assert_eq!(until(&mut fed, b"AAA").await, b"lineAAA");
    assert_eq!(fed.rest().await, b"xxx");
});

/// Feeds the pieces one by one, with a read pending.
async fn pieced(fed: &mut Fed, pieces: &[&str], separator: &[u8]) -> Vec<u8> {
    let (last, first) = pieces.split_last().unwrap();
    for piece in first {
        fed.feed(piece);
        assert!(
            is_pending(fed.reader.read_until(separator)).await,
            "{piece}"
        );
    }
    fed.feed(last);
    until(fed, separator).await
}

// test_readuntil_multi_chunks_1
engine_test!(a_separator_may_be_cut_in_pieces, |_: At| async move {
    let mut fed = Fed::new().await;
    assert_eq!(
        pieced(&mut fed, &["QWEaa", "XYaa", "a"], b"aaa").await,
        b"QWEaaXYaaa"
    );
    assert_eq!(
        pieced(&mut fed, &["QWEaa", "XYa", "aa"], b"aaa").await,
        b"QWEaaXYaaa"
    );
    assert_eq!(pieced(&mut fed, &["aaa"], b"aaa").await, b"aaa");
    assert_eq!(pieced(&mut fed, &["Xaaa"], b"aaa").await, b"Xaaa");
    assert_eq!(
        pieced(&mut fed, &["XXX", "a", "a", "a"], b"aaa").await,
        b"XXXaaa"
    );
    assert_eq!(fed.rest().await, b"");
});

// test_readuntil_multi_chunks_1, all pieces at once
engine_test!(the_first_separator_counts, |_: At| async move {
    let mut fed = Fed::new().await;
    fed.feed("a--b--c--");
    assert_eq!(until(&mut fed, b"--").await, b"a--");
    assert_eq!(until(&mut fed, b"--").await, b"b--");
    assert_eq!(until(&mut fed, b"--").await, b"c--");
    fed.feed("aaaa");
    assert_eq!(until(&mut fed, b"aaa").await, b"aaa");
    assert_eq!(fed.rest().await, b"a");
});

// test_readuntil_eof
engine_test!(
    an_end_before_the_separator_gives_what_there_is,
    |_: At| async move {
        let mut fed = Fed::new().await;
        fed.feed("some dataAA");
        fed.end();
        match fed.reader.read_until(b"AAA").await {
            Err(ReadError::Incomplete { partial, expected }) => {
                assert_eq!(
                    (partial.as_slice(), expected),
                    (b"some dataAA".as_slice(), None)
                );
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(
            fed.rest().await,
            b"",
            "what the error has is not there any more"
        );
    }
);

/// The number of bytes known not to contain the separator, from the error and from its text.
async fn overrun(fed: &mut Fed, separator: &[u8]) -> usize {
    match fed.reader.read_until(separator).await {
        Err(error @ ReadError::LimitOverrun { consumed }) => {
            let text = format!("no separator within the first {consumed} bytes");
            assert_eq!(error.to_string(), text);
            consumed
        }
        other => panic!("no overrun: {other:?}"),
    }
}

// test_readuntil_limit_found_sep
engine_test!(
    a_separator_behind_the_limit_is_an_error_that_keeps_all,
    |_: At| async move {
        let mut fed = Fed::with_limit(3).await;
        fed.feed("some dataAA");
        // The last two may begin a separator, so they are not counted.
        assert_eq!(overrun(&mut fed, b"AAA").await, 9);
        fed.feed("A");
        assert_eq!(overrun(&mut fed, b"AAA").await, 9);
        assert_eq!(fed.rest().await, b"some dataAAA");
    }
);

// asyncio, streams.py: the limit is for the bytes before the separator, not including it.
engine_test!(
    the_limit_is_for_what_stands_before_the_separator,
    |_: At| async move {
        let mut fed = Fed::with_limit(4).await;
        fed.feed("1234==");
        assert_eq!(until(&mut fed, b"==").await, b"1234==");
        fed.feed("12345==");
        assert_eq!(overrun(&mut fed, b"==").await, 5);
        assert_eq!(fed.reader.read_exactly(5).await.unwrap(), b"12345");
        assert_eq!(until(&mut fed, b"==").await, b"==");
        // A long separator may be longer than the limit.
        fed.feed("12345678--");
        assert_eq!(until(&mut fed, b"12345678--").await, b"12345678--");
        assert_eq!(fed.rest().await, b"");
    }
);

// asyncio, streams.py: waits for a separator that may be cut in two at the limit.
engine_test!(
    a_separator_that_may_begin_at_the_limit_is_waited_for,
    |_: At| async move {
        let mut fed = Fed::with_limit(4).await;
        fed.feed("1234=");
        assert!(is_pending(fed.reader.read_until(b"==")).await);
        fed.feed("=");
        assert_eq!(until(&mut fed, b"==").await, b"1234==");
        fed.feed("1234=");
        assert!(is_pending(fed.reader.read_until(b"==")).await);
        fed.feed("x");
        assert_eq!(overrun(&mut fed, b"==").await, 5);
        assert_eq!(fed.rest().await, b"1234=x");
    }
);

// asyncio, streams.py: an overrun is reported before the end.
engine_test!(
    an_overrun_is_told_though_the_stream_has_ended,
    |_: At| async move {
        let mut fed = Fed::with_limit(3).await;
        fed.feed("12345");
        fed.end();
        assert_eq!(overrun(&mut fed, b"\n").await, 5);
        assert_eq!(fed.reader.read_exactly(5).await.unwrap(), b"12345");
        assert_eq!(fed.reader.read_line().await.unwrap(), b"");
    }
);

// Ours: any bytes may be a separator.
engine_test!(a_separator_may_be_nul, |_: At| async move {
    let mut fed = Fed::new().await;
    fed.feed(b"one\0two\n\0");
    assert_eq!(until(&mut fed, b"\0").await, b"one\0");
    assert_eq!(until(&mut fed, b"\n\0").await, b"two\n\0");
    assert_eq!(fed.rest().await, b"");
});
