//! Input in, output out, and the end of the process, all at once and without a deadlock.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::io::unix::AsyncFd;

use super::capture::Capture;
use super::drains::{self, Drain};
use super::exit::WaitError;
use super::process::Process;
use super::reader::{Chunk, StreamReader, read_chunk};
use super::spool::Spool;
use super::wait_for::wait_for;
use super::writer::StreamWriter;

/// How long after the exit a pipe may stay open before it counts as leaked: held by a process
/// that the one we started left behind.
pub const LEAK_GRACE: Duration = Duration::from_millis(200);

/// Why [`Process::communicate`] failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommunicateError {
    /// Input was given, but standard input is no pipe (or was taken).
    #[error("there is input, but standard input is no pipe")]
    NoStdin,
    /// Input was given to a call that goes on after a cancelled one.
    #[error("communicate has already begun: go on with None as input")]
    AlreadyStarted,
    /// The end of the process could not be learnt.
    #[error(transparent)]
    Wait(#[from] WaitError),
    /// A pipe could not be read.
    #[error("could not read from the process")]
    Io(#[from] io::Error),
}

/// What became of the captured streams of an ended process.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Captured {
    /// Standard output, if it was captured.
    pub stdout: Option<Spool>,
    /// Standard error, if it was captured.
    pub stderr: Option<Spool>,
    /// Whether another process still holds one of the pipes. What it writes from now on is read
    /// and thrown away, because a closed pipe would kill it. Of all processes together at most a
    /// quarter of the files that may be open (`RLIMIT_NOFILE`) is kept so, at least 8; beyond, the
    /// oldest pipe that nothing has come through since is closed.
    pub leaked: bool,
}

impl Process {
    /// Sends `input`, closes standard input, reads both outputs to their end and waits for the
    /// process; like asyncio's `communicate`. A stream that is no pipe gives `None`.
    ///
    /// Standard input is closed also without input. A process that does not read its input is no
    /// error. When the process has ended and another one still holds a pipe after
    /// [`LEAK_GRACE`], the call returns what came until then, and reads on in the background.
    ///
    /// # Errors
    /// [`CommunicateError`]; what was read until then is kept for the next call.
    ///
    /// # Cancel safety
    /// Nothing is lost: call it again with `None`, and it goes on where it was.
    pub async fn communicate(
        &mut self,
        input: Option<Vec<u8>>,
    ) -> Result<(Option<Vec<u8>>, Option<Vec<u8>>), CommunicateError> {
        match (input, &mut self.streams.stdin) {
            (Some(_), _) if self.communicating => return Err(CommunicateError::AlreadyStarted),
            (Some(_), None) => return Err(CommunicateError::NoStdin),
            // A process that closed its end already is no error, as it is none later.
            (Some(input), Some(stdin)) => drop(stdin.write(input)),
            (None, _) => {}
        }
        self.communicating = true;
        match self.transfer().await? {
            Some(result) => result?,
            None => self.take_what_is_there()?,
        }
        let captured = self.captured(LEAK_GRACE).await?;
        let streams = &mut self.streams;
        let stdout = finish(streams.stdout.as_mut(), captured.stdout)?;
        let stderr = finish(streams.stderr.as_mut(), captured.stderr)?;
        Ok((stdout, stderr))
    }

    /// Moves all bytes of the pipes, until their ends or until [`LEAK_GRACE`] after the exit; then
    /// the answer is `None`.
    async fn transfer(&mut self) -> Result<Option<io::Result<()>>, WaitError> {
        let handle = self.handle();
        let streams = &mut self.streams;
        let transfer = async {
            let (out, err, ()) = tokio::join!(
                to_end(&mut streams.stdout),
                to_end(&mut streams.stderr),
                feed(&mut streams.stdin),
            );
            out.and(err)
        };
        tokio::pin!(transfer);
        tokio::select! {
            result = &mut transfer => Ok(Some(result)),
            exit = handle.wait() => {
                exit?;
                Ok(wait_for(transfer, LEAK_GRACE).await.ok())
            }
        }
    }

    /// Waits until the process ends, then until its captured streams end, but no longer than
    /// `leak_grace` after the exit, and hands out what they gave. Every byte that the process
    /// itself wrote is there. A second call gives nothing.
    ///
    /// # Errors
    /// As [`wait`](super::ProcessHandle::wait).
    ///
    /// # Cancel safety
    /// May be dropped and called again.
    pub async fn captured(&mut self, leak_grace: Duration) -> Result<Captured, WaitError> {
        self.wait().await?;
        // An absolute deadline: one that began anew with each chunk would never come for a
        // background process that keeps printing.
        let deadline = Instant::now() + leak_grace;
        let mut leaked = false;
        let streams = &self.streams;
        for capture in [&streams.captured_stdout, &streams.captured_stderr]
            .into_iter()
            .flatten()
        {
            if !capture.drain_available().await {
                let left = deadline.saturating_duration_since(Instant::now());
                if wait_for(capture.ended(), left).await.is_err() {
                    leaked |= !capture.drain_available().await;
                }
            }
            capture.unload().await;
        }
        let spoke = leaked.then(|| self.leave_pipes());
        let streams = &mut self.streams;
        let take = |capture: &mut Option<Capture>| Some(capture.take()?.take(spoke.as_ref()));
        Ok(Captured {
            stdout: take(&mut streams.captured_stdout),
            stderr: take(&mut streams.captured_stderr),
            leaked,
        })
    }

    /// Another process holds pipes of this one. What is returned is to be set when it writes there.
    fn leave_pipes(&self) -> Arc<AtomicBool> {
        self.mark_leaked();
        let streams = &self.streams;
        let captured = [&streams.captured_stdout, &streams.captured_stderr];
        let open = captured.into_iter().flatten();
        let pipes = open.filter(|capture| capture.is_open()).count();
        let spoke = Arc::new(AtomicBool::new(false));
        if let Some(reading) = streams.draining.clone() {
            drains::keep(Drain {
                reading,
                pipes,
                spoke: Arc::clone(&spoke),
            });
        }
        spoke
    }

    /// A process that was left behind holds a pipe: what is in it is ours, what comes is not.
    fn take_what_is_there(&mut self) -> io::Result<()> {
        self.streams.stdin = None;
        for reader in [&mut self.streams.stdout, &mut self.streams.stderr]
            .into_iter()
            .flatten()
        {
            if let Some(leaked) = reader.detach()? {
                let spoke = Arc::new(AtomicBool::new(false));
                let reading = tokio::spawn(discard(leaked, Arc::clone(&spoke)));
                drains::keep(Drain {
                    reading: reading.abort_handle(),
                    pipes: 1,
                    spoke,
                });
                self.handle.mark_leaked();
            }
        }
        Ok(())
    }
}

/// Sends what is queued and closes; a process that does not read it is no error.
async fn feed(stdin: &mut Option<StreamWriter>) {
    if let Some(writer) = stdin {
        let _ = writer.wait_closed().await;
    }
}

async fn to_end(reader: &mut Option<StreamReader>) -> io::Result<()> {
    match reader {
        Some(reader) => reader.fill_to_end().await,
        None => Ok(()),
    }
}

fn finish(reader: Option<&mut StreamReader>, spool: Option<Spool>) -> io::Result<Option<Vec<u8>>> {
    match (reader, spool) {
        (Some(reader), _) => Ok(Some(reader.take_all())),
        (None, Some(spool)) => Ok(Some(spool.into_bytes()?)),
        (None, None) => Ok(None),
    }
}

/// Reads until the end and keeps nothing but that there was something.
async fn discard(pipe: AsyncFd<File>, spoke: Arc<AtomicBool>) {
    while let Ok(mut ready) = pipe.readable().await {
        match read_chunk(pipe.get_ref(), usize::MAX, |_| {
            spoke.store(true, Ordering::Relaxed)
        }) {
            Ok(Chunk::Data { .. }) => tokio::task::yield_now().await,
            Ok(Chunk::Empty) => ready.clear_ready(),
            Ok(Chunk::Eof) | Err(_) => return,
        }
    }
}
