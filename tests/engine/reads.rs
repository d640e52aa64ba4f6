//! Reading into the caller's buffer and with tokio's traits, which asyncio does not have.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

use prun::process::{Stdio, StreamReader};
use tokio::io::{AsyncBufReadExt, AsyncReadExt};

use super::at::{At, engine_test};
use super::fed::Fed;
use super::files::{Folder, bytes};
use super::polls::is_pending;

/// The number of unread bytes in the pipe.
fn in_pipe(reader: &StreamReader) -> u64 {
    rustix::io::ioctl_fionread(reader).unwrap()
}

// std and tokio: `read(&mut [u8])`.
engine_test!(
    a_read_takes_no_more_than_its_memory_holds,
    |_: At| async move {
        let mut fed = Fed::new().await;
        fed.feed("line1line2");
        let mut five = [0; 5];
        assert_eq!(fed.reader.read(&mut five).await.unwrap(), 5);
        assert_eq!(&five, b"line1");
        let mut all = [0; 99];
        assert_eq!(fed.reader.read(&mut all).await.unwrap(), 5);
        assert_eq!(&all[..6], b"line2\0");
    }
);

// Ours: so that the rest can be passed to another process.
engine_test!(
    a_read_into_memory_leaves_the_rest_in_the_pipe,
    |_: At| async move {
        let mut fed = Fed::new().await;
        fed.feed("1234567890");
        fed.reader.read(&mut [0; 4]).await.unwrap();
        assert_eq!(in_pipe(&fed.reader), 6);
        AsyncReadExt::read(&mut fed.reader, &mut [0; 4])
            .await
            .unwrap();
        assert_eq!(in_pipe(&fed.reader), 2);
    }
);

// Ours: bytes that were read ahead come first.
engine_test!(
    a_read_into_memory_goes_on_behind_a_line,
    |_: At| async move {
        let mut fed = Fed::new().await;
        fed.feed("one\ntwo\nthree");
        fed.reader.read_line().await.unwrap();
        let mut memory = [0; 3];
        assert_eq!(fed.reader.read(&mut memory).await.unwrap(), 3);
        assert_eq!(&memory, b"two");
        let mut memory = Vec::new();
        fed.feed("!");
        AsyncReadExt::read_buf(&mut fed.reader, &mut memory)
            .await
            .unwrap();
        assert_eq!(memory, b"\nthree");
        assert_eq!(fed.rest().await, b"!");
    }
);

// std and tokio: with an empty buffer it does not wait.
engine_test!(a_read_into_no_memory_takes_nothing, |_: At| async move {
    let mut fed = Fed::new().await;
    assert_eq!(fed.reader.read(&mut []).await.unwrap(), 0);
    fed.feed("data");
    assert_eq!(fed.reader.read(&mut []).await.unwrap(), 0);
    assert!(!fed.reader.at_eof());
    assert_eq!(fed.rest().await, b"data");
});

// tokio: 0 is the end, repeatedly.
engine_test!(
    a_read_into_memory_gives_zero_at_the_end,
    |_: At| async move {
        let mut fed = Fed::new().await;
        fed.end();
        for _ in 0..3 {
            assert_eq!(fed.reader.read(&mut [0; 9]).await.unwrap(), 0);
            let read = AsyncReadExt::read(&mut fed.reader, &mut [0; 9]).await;
            assert_eq!(read.unwrap(), 0);
            let left = AsyncBufReadExt::fill_buf(&mut fed.reader).await;
            assert_eq!(left.unwrap(), b"");
            assert!(fed.reader.at_eof());
        }
    }
);

// Ours: little output uses little memory.
engine_test!(little_output_keeps_little_memory, |at: At| async move {
    let mut command = at.shell("echo line");
    command.stdout(Stdio::Pipe).stderr(Stdio::Pipe);
    let output = command.output().await.unwrap();
    assert!(output.stdout.capacity() < 100);
    assert_eq!(output.stderr.capacity(), 0);
    let mut process = command.spawn().await.unwrap();
    let mut stdout = process.stdout.take().unwrap();
    assert!(stdout.read_line().await.unwrap().capacity() < 100);
});

// tokio: `copy` takes any AsyncRead.
engine_test!(all_of_a_stream_can_be_copied, |at: At| async move {
    let folder = Folder::new();
    let file = folder.path().join("bytes");
    let all = bytes(1_000_000);
    std::fs::write(&file, &all).unwrap();
    let mut command = at.command("cat");
    let mut process = command.arg(file).stdout(Stdio::Pipe).spawn().await.unwrap();
    let mut stdout = process.stdout.take().unwrap();
    let mut copied = io::Cursor::new(Vec::new());
    let n = tokio::io::copy(&mut stdout, &mut copied).await.unwrap();
    assert_eq!(n, 1_000_000);
    assert!(copied.into_inner() == all);
    assert!(stdout.at_eof());
});

// tokio: `read_to_end` of an AsyncRead, into memory that grows.
engine_test!(
    all_of_a_stream_can_be_read_by_the_trait,
    |at: At| async move {
        let mut command = at.shell("head -c 1000000 /dev/zero");
        let mut process = command.stdout(Stdio::Pipe).spawn().await.unwrap();
        let mut stdout = process.stdout.take().unwrap();
        let mut all = Vec::new();
        AsyncReadExt::read_to_end(&mut stdout, &mut all)
            .await
            .unwrap();
        assert!(all == vec![0; 1_000_000]);
    }
);

// tokio: `fill_buf` shows bytes, and `consume` takes them.
engine_test!(shown_bytes_stay_until_they_are_taken, |_: At| async move {
    let mut fed = Fed::new().await;
    assert!(is_pending(AsyncBufReadExt::fill_buf(&mut fed.reader)).await);
    fed.feed("123456");
    for _ in 0..2 {
        let shown = AsyncBufReadExt::fill_buf(&mut fed.reader).await;
        assert_eq!(shown.unwrap(), b"123456");
    }
    AsyncBufReadExt::consume(&mut fed.reader, 4);
    let shown = AsyncBufReadExt::fill_buf(&mut fed.reader).await;
    assert_eq!(shown.unwrap(), b"56");
    assert_eq!(fed.rest().await, b"56");
});

// tokio: its reads are not limited.
engine_test!(
    the_limit_does_not_bind_reads_by_the_trait,
    |_: At| async move {
        let mut fed = Fed::with_limit(3).await;
        fed.feed("a long line\nand another one\n");
        let mut lines = AsyncBufReadExt::lines(&mut fed.reader);
        let line = lines.next_line().await.unwrap();
        assert_eq!(line.as_deref(), Some("a long line"));
        let line = lines.next_line().await.unwrap();
        assert_eq!(line.as_deref(), Some("and another one"));
    }
);

// tokio: `read` of its traits is cancel safe.
engine_test!(a_dropped_read_takes_nothing, |_: At| async move {
    let mut fed = Fed::new().await;
    let mut memory = [0; 9];
    assert!(is_pending(fed.reader.read(&mut memory)).await);
    assert!(is_pending(AsyncReadExt::read(&mut fed.reader, &mut memory)).await);
    fed.feed("data");
    assert_eq!(memory, [0; 9]);
    assert_eq!(fed.rest().await, b"data");
});

// tokio: a stream has its descriptor as long as it lives, also after its end.
engine_test!(
    the_descriptor_is_there_until_the_reader_is_dropped,
    |_: At| async move {
        let mut fed = Fed::new().await;
        let number = fed.reader.as_fd().as_raw_fd();
        fed.feed("data");
        fed.end();
        assert_eq!(fed.reader.read_to_end().await.unwrap(), b"data");
        assert!(fed.reader.at_eof());
        assert_eq!(fed.reader.as_fd().as_raw_fd(), number);
        assert_eq!(in_pipe(&fed.reader), 0);
    }
);
