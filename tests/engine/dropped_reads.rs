//! Every read method, dropped after each single poll: each byte is read once and in order.

use std::io;

use prun::process::{ReadError, Stdio, StreamReader};
use tokio::io::{AsyncBufReadExt, AsyncReadExt};

use super::at::{At, engine_test};
use super::polls::{When, cancelled};

/// The bytes read, and whether the end was reached.
type Taken = io::Result<(Vec<u8>, bool)>;

/// Reads to the end with calls of `read`, each of which is polled once.
async fn to_end(
    reader: &mut StreamReader,
    mut read: impl AsyncFnMut(&mut StreamReader) -> Taken,
) -> Vec<u8> {
    let mut all = Vec::new();
    for when in [When::AtOnce, When::Woken].into_iter().cycle() {
        match cancelled(1, when, read(reader)).await {
            Some(taken) => {
                let (bytes, at_end) = taken.unwrap();
                all.extend(bytes);
                if at_end {
                    break;
                }
            }
            None => tokio::task::yield_now().await,
        }
    }
    all
}

/// The bytes, and whether they are the last ones because the stream ended early.
fn or_incomplete(read: Result<Vec<u8>, ReadError>) -> Taken {
    match read {
        Ok(bytes) => Ok((bytes, false)),
        Err(ReadError::Incomplete { partial, .. }) => Ok((partial, true)),
        Err(error) => Err(io::Error::other(error)),
    }
}

fn or_empty(bytes: Vec<u8>) -> (Vec<u8>, bool) {
    let at_end = bytes.is_empty();
    (bytes, at_end)
}

/// Tests a read method on a process that prints 20,000 lines in many small writes.
macro_rules! dropped {
    ($name:ident, $read:expr $(,)?) => {
        engine_test!($name, |at: At| async move {
            let line = "n=0; while [ $n -lt 200 ]; do seq $((n * 100)) $((n * 100 + 99)); n=$((n + 1)); done";
            let mut process = at.shell(line).stdout(Stdio::Pipe).spawn().await.unwrap();
            let all = to_end(process.stdout.as_mut().unwrap(), $read).await;
            let expected: String = (0..20_000).map(|n| format!("{n}\n")).collect();
            assert!(all == expected.as_bytes());
        });
    };
}

dropped!(a_dropped_read_loses_nothing, async |reader| {
    let mut memory = [0; 777];
    let n = reader.read(&mut memory).await?;
    Ok(or_empty(memory[..n].to_vec()))
});

dropped!(a_dropped_chunk_loses_nothing, async |reader| {
    Ok(or_empty(reader.read_chunk(777).await?))
});

dropped!(a_dropped_read_to_the_end_loses_nothing, async |reader| {
    Ok((reader.read_to_end().await?, true))
});

dropped!(a_dropped_exact_read_loses_nothing, async |reader| {
    or_incomplete(reader.read_exactly(777).await)
});

dropped!(a_dropped_read_until_loses_nothing, async |reader| {
    or_incomplete(reader.read_until(b"7\n").await)
});

dropped!(a_dropped_read_until_any_loses_nothing, async |reader| {
    or_incomplete(reader.read_until_any(&[b"777", b"\n55", b"8\n"]).await)
});

dropped!(a_dropped_line_loses_nothing, async |reader| {
    reader
        .read_line()
        .await
        .map(or_empty)
        .map_err(io::Error::other)
});

dropped!(a_dropped_next_line_loses_nothing, async |reader| {
    let line = reader.lines().next_line().await.map_err(io::Error::other)?;
    Ok(or_empty(line.unwrap_or_default()))
});

dropped!(a_dropped_piece_loses_nothing, async |reader| {
    reader.set_limit(3.try_into().unwrap());
    Ok(or_empty(reader.read_line_piece().await?.bytes))
});

dropped!(a_dropped_read_by_the_trait_loses_nothing, async |reader| {
    let mut memory = [0; 777];
    let n = AsyncReadExt::read(reader, &mut memory).await?;
    Ok(or_empty(memory[..n].to_vec()))
});

dropped!(a_dropped_look_at_the_buffer_loses_nothing, async |reader| {
    let shown = AsyncBufReadExt::fill_buf(reader).await?;
    let taken = shown[..shown.len().min(777)].to_vec();
    AsyncBufReadExt::consume(reader, taken.len());
    Ok(or_empty(taken))
});
