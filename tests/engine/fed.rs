//! A reader of the engine whose bytes come from the test, piece by piece.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::num::NonZeroUsize;

use prun::process::{Command, Stdio, StreamReader};

/// A reader, and the only writer to its pipe.
pub(super) struct Fed {
    pub(super) reader: StreamReader,
    writer: Option<File>,
}

impl Fed {
    /// A reader with asyncio's default limit.
    pub(super) async fn new() -> Self {
        Self::with_limit(64 * 1024).await
    }

    /// The pipe belonged to a process that has already ended: fed bytes are in it at once, and the test
    /// ends it.
    pub(super) async fn with_limit(limit: usize) -> Self {
        let limit = NonZeroUsize::new(limit).expect("a limit is not zero");
        let mut command = Command::exec("cat");
        command.stdin(Stdio::Pipe).stdout(Stdio::Pipe);
        let mut process = command.limit(limit).spawn().await.unwrap();
        let stdout = format!("/proc/{}/fd/1", process.pid());
        let writer = OpenOptions::new().write(true).open(stdout).unwrap();
        drop(process.stdin.take());
        process.wait().await.unwrap();
        Self {
            reader: process.stdout.take().expect("it is a pipe"),
            writer: Some(writer),
        }
    }

    /// Writes bytes to the pipe: no more at a time than it holds.
    pub(super) fn feed(&mut self, bytes: impl AsRef<[u8]>) {
        let mut writer = self.writer.as_ref().expect("it is not at its end");
        writer.write_all(bytes.as_ref()).unwrap();
    }

    /// The reader, and a future that feeds it piece by piece, for a read that waits meanwhile.
    pub(super) fn feed_meanwhile<'a, const N: usize>(
        &'a mut self,
        pieces: [&'a [u8]; N],
    ) -> (&'a mut StreamReader, impl Future<Output = ()>) {
        let mut writer = self.writer.as_ref().expect("it is not at its end");
        let feed = async move {
            for piece in pieces {
                writer.write_all(piece).unwrap();
                for _ in 0..3 {
                    tokio::task::yield_now().await;
                }
            }
        };
        (&mut self.reader, feed)
    }

    /// Ends the stream.
    pub(super) fn end(&mut self) {
        self.writer = None;
    }

    /// The remaining bytes, buffered and in the pipe.
    pub(super) async fn rest(mut self) -> Vec<u8> {
        self.end();
        self.reader.read_to_end().await.unwrap()
    }
}
