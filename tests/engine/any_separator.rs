//! Reading up to one of several separators: `readuntil` with a tuple, as in CPython 3.13.

use prun::process::ReadError;

use super::at::{At, engine_test};
use super::fed::Fed;
use super::polls::is_pending;

async fn until(fed: &mut Fed, separators: &[&str]) -> Result<Vec<u8>, ReadError> {
    let separators: Vec<&[u8]> = separators.iter().map(|one| one.as_bytes()).collect();
    fed.reader.read_until_any(&separators).await
}

/// The number of bytes known not to contain a separator.
async fn overrun(fed: &mut Fed, separators: &[&str]) -> usize {
    match until(fed, separators).await {
        Err(ReadError::LimitOverrun { consumed }) => consumed,
        other => panic!("no overrun: {other:?}"),
    }
}

// test_readuntil_invalid_separator
engine_test!(
    no_separator_or_an_empty_one_is_a_mistake,
    |_: At| async move {
        for separators in [&[][..], &[""], &["a", ""], &["", "a"]] {
            let mut fed = Fed::new().await;
            fed.feed("a");
            let mistake = tokio::spawn(async move { until(&mut fed, separators).await });
            let error = mistake.await.unwrap_err();
            assert!(error.is_panic(), "{separators:?}");
        }
    }
);

// test_readuntil_multi_separator
engine_test!(whichever_separator_comes_ends_a_read, |_: At| async move {
    let mut fed = Fed::new().await;
    fed.feed("line 1\nline 2\rrest");
    assert_eq!(until(&mut fed, &["\r", "\n"]).await.unwrap(), b"line 1\n");
    assert_eq!(until(&mut fed, &["\r", "\n"]).await.unwrap(), b"line 2\r");
    assert_eq!(fed.rest().await, b"rest");
});

// test_readuntil_multi_separator, second part
engine_test!(
    the_separator_that_ends_first_counts_and_not_the_one_that_begins_first,
    |_: At| async move {
        let mut fed = Fed::new().await;
        fed.feed("ABCDEFG");
        assert_eq!(until(&mut fed, &["DEF", "BCDE"]).await.unwrap(), b"ABCDE");
        fed.feed("aXbcYZ");
        assert_eq!(until(&mut fed, &["XbcYZ", "c"]).await.unwrap(), b"FGaXbc");
        assert_eq!(fed.rest().await, b"YZ");
    }
);

// The documentation of 3.13: the shortest possible, however the separators are ordered.
engine_test!(
    the_order_of_the_separators_does_not_matter,
    |_: At| async move {
        let mut fed = Fed::new().await;
        for separators in [["\r\n", "\n", "\r"], ["\r", "\n", "\r\n"]] {
            fed.feed("a\nb\r\n");
            assert_eq!(until(&mut fed, &separators).await.unwrap(), b"a\n");
            assert_eq!(until(&mut fed, &separators).await.unwrap(), b"b\r");
            assert_eq!(until(&mut fed, &separators).await.unwrap(), b"\n");
        }
    }
);

// test_readuntil_multi_separator_limit
engine_test!(
    of_separators_that_end_together_the_shortest_is_held_to_the_limit,
    |_: At| async move {
        let mut fed = Fed::with_limit(3).await;
        fed.feed("some dataA");
        assert_eq!(overrun(&mut fed, &["A", "ome dataA"]).await, 9);
        assert_eq!(overrun(&mut fed, &["ome dataA", "A"]).await, 9);
        assert_eq!(fed.rest().await, b"some dataA");
    }
);

// streams.py: the limit applies to the bytes before the separator.
engine_test!(the_limit_does_not_count_a_separator, |_: At| async move {
    let mut fed = Fed::with_limit(4).await;
    fed.feed("1234-----=");
    let separators = ["-----", "="];
    assert_eq!(until(&mut fed, &separators).await.unwrap(), b"1234-----");
    assert_eq!(until(&mut fed, &separators).await.unwrap(), b"=");
    fed.feed("12345-----");
    assert_eq!(overrun(&mut fed, &separators).await, 5);
    assert_eq!(fed.rest().await, b"12345-----");
});

// test_readuntil_multi_separator_negative_offset
engine_test!(
    a_stream_may_be_shorter_than_a_separator,
    |_: At| async move {
        let mut fed = Fed::new().await;
        for piece in ["data", "Z"] {
            fed.feed(piece);
            assert!(is_pending(until(&mut fed, &["A", "long sep"])).await);
        }
        fed.feed("Aaaa");
        let got = until(&mut fed, &["A", "long sep"]).await.unwrap();
        assert_eq!(got, b"dataZA");
        assert_eq!(fed.rest().await, b"aaa");
    }
);

// Ours: the bytes may be cut anywhere while one read waits for them.
engine_test!(a_separator_of_several_may_be_cut, |_: At| async move {
    let whole = b"--x--en=--end==";
    let separators = [&b"--end"[..], b"==", b"not in there"];
    for cut in 1..whole.len() {
        let mut fed = Fed::new().await;
        let (first, last) = whole.split_at(cut);
        let (reader, feed) = fed.feed_meanwhile([first, last]);
        let (got, ()) = tokio::join!(reader.read_until_any(&separators), feed);
        assert_eq!(got.unwrap(), b"--x--en=--end", "cut at {cut}");
    }
});

// streams.py: as with one separator.
engine_test!(
    an_end_before_any_separator_gives_what_there_is,
    |_: At| async move {
        let mut fed = Fed::new().await;
        fed.feed("some dataAA");
        fed.end();
        match until(&mut fed, &["AAA", "B"]).await {
            Err(ReadError::Incomplete { partial, expected }) => {
                assert_eq!((&partial[..], expected), (&b"some dataAA"[..], None));
            }
            other => panic!("{other:?}"),
        }
        assert!(fed.reader.at_eof());
    }
);

// streams.py: bytes that cannot begin a separator any more count.
engine_test!(
    an_overrun_tells_what_can_be_taken_without_cutting_a_separator,
    |_: At| async move {
        let mut fed = Fed::with_limit(3).await;
        fed.feed("some dataAA");
        assert_eq!(overrun(&mut fed, &["AAA", "B"]).await, 9);
        assert_eq!(fed.reader.read_exactly(9).await.unwrap(), b"some data");
        fed.feed("A");
        assert_eq!(until(&mut fed, &["AAA", "B"]).await.unwrap(), b"AAA");
    }
);
