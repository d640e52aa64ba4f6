//! Writes input, reads output and waits for the process, all at once and without a deadlock.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use super::exit::{ExitInfo, WaitError};
use super::process::Process;
use super::spool::{LostOutput, Spool};
use super::stream::{Capture, LeakedPipes, StreamReader, StreamWriter, leaked_pipes};
use super::wait_for::wait_for;

/// The output of a process, and how it ended.
#[derive(Debug)]
#[non_exhaustive]
pub struct Output {
    /// Standard output; empty if it was neither a pipe nor captured.
    pub stdout: Vec<u8>,
    /// Standard error; empty if it was neither a pipe nor captured.
    pub stderr: Vec<u8>,
    /// How the process ended.
    pub exit: ExitInfo,
    /// Whether another process still held a pipe of this one after the
    /// [leak grace](super::Command::leak_grace). Its later output is not included: it is read and
    /// discarded, see [`Captured::leaked`].
    pub leaked: bool,
}

/// The captured output of a process that has ended.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Captured {
    /// Standard output, if it was captured.
    pub stdout: Option<Spool>,
    /// Standard error, if it was captured.
    pub stderr: Option<Spool>,
    /// Whether another process still holds one of the pipes. Its further output is read and discarded,
    /// since a closed pipe would kill it. At most a quarter of the open file limit (`RLIMIT_NOFILE`),
    /// but at least 8 pipes, is kept open in this way for all processes together; beyond that, the
    /// oldest pipe that has received nothing since is closed.
    pub leaked: bool,
}

/// Why [`Process::communicate`] failed. The input and the output read so far are in the error, or kept
/// for the next call.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommunicateError {
    /// Input was given, but standard input is not a pipe, or was taken.
    #[error("input given, but standard input is not a pipe")]
    NoStdin(Vec<u8>),
    /// Input was given, but standard input has been closed.
    #[error("input given, but standard input has been closed")]
    StdinClosed(Vec<u8>),
    /// Input was given to a call that continues a cancelled one.
    #[error("communicate has already begun: continue with None as input")]
    AlreadyStarted(Vec<u8>),
    /// Part of the output could not be kept: the directory of its [`Spool`] is missing or the disk is full,
    /// for example. [`Process::exit`] has the exit status.
    #[error("{lost} bytes of the output are lost")]
    OutputLost {
        /// The standard output that was kept: its beginning, without a gap.
        stdout: Vec<u8>,
        /// The standard error that was kept, likewise.
        stderr: Vec<u8>,
        /// The number of missing bytes.
        lost: u64,
        /// The reason.
        source: io::Error,
    },
    /// The process has ended and all its output was read, but its exit status is lost.
    #[error("the output is complete, but {source}")]
    StatusLost {
        /// The complete standard output.
        stdout: Vec<u8>,
        /// The complete standard error.
        stderr: Vec<u8>,
        /// [`WaitError::StatusLost`].
        source: WaitError,
    },
    /// Waiting for the process failed. The output read so far is kept for the next call.
    #[error(transparent)]
    Wait(#[from] WaitError),
    /// A pipe could not be read. The output read so far is kept for the next call.
    #[error("could not read from the process")]
    Io(#[from] io::Error),
}

impl Process {
    /// Writes `input`, closes standard input, reads both outputs to their end and waits for the process;
    /// like asyncio's `communicate`. A stream that is neither a pipe nor captured yields no output.
    ///
    /// Standard input is closed even if there is no input. It is not an error if the process does not
    /// read its input. If another process still holds a pipe after this one has exited and the
    /// [leak grace](super::Command::leak_grace) has passed, the call returns the output up to then with
    /// [`leaked`](Output::leaked) set, and reading continues in the background. The streams are gone
    /// afterwards, and a second call returns only the exit status.
    ///
    /// # Errors
    /// [`CommunicateError`]. No output that was read is lost.
    ///
    /// # Cancel safety
    /// This method is cancel safe: no data is lost. Call it again with `None` to continue. The output
    /// read so far is also available from [`stdout`](Process::stdout) and [`stderr`](Process::stderr).
    /// is in [`stdout`](Process::stdout) and [`stderr`](Process::stderr) as well.
    pub async fn communicate(
        &mut self,
        input: Option<Vec<u8>>,
    ) -> Result<Output, CommunicateError> {
        if let Some(input) = input {
            self.send(input)?;
        }
        self.communicating = true;
        if !self.leaked && !self.transfer().await? {
            self.read_available()?;
        }
        let captured = self.captured().await?;
        // The streams are released from here on, so nothing below waits.
        self.leaked |= captured.leaked;
        self.stdin = None;
        let mut loss: Option<LostOutput> = None;
        let mut whole = |reader: Option<StreamReader>, spool: Option<Spool>| match (reader, spool) {
            (Some(mut reader), _) => {
                let bytes = reader.take_all();
                if reader.is_open() {
                    discard_in_background(reader);
                }
                bytes
            }
            (None, Some(spool)) => spool.into_bytes().unwrap_or_else(|mut lost| {
                let kept = std::mem::take(&mut lost.kept);
                match &mut loss {
                    Some(before) => before.lost += lost.lost,
                    None => loss = Some(lost),
                }
                kept
            }),
            (None, None) => Vec::new(),
        };
        let stdout = whole(self.stdout.take(), captured.stdout);
        let stderr = whole(self.stderr.take(), captured.stderr);
        if let Some(LostOutput { lost, source, .. }) = loss {
            return Err(CommunicateError::OutputLost {
                stdout,
                stderr,
                lost,
                source,
            });
        }
        // The process has ended by now.
        match self.wait().await {
            Ok(exit) => Ok(Output {
                stdout,
                stderr,
                exit,
                leaked: self.leaked,
            }),
            Err(source) => Err(CommunicateError::StatusLost {
                stdout,
                stderr,
                source,
            }),
        }
    }

    /// Queues the input, or returns it in the error.
    fn send(&mut self, input: Vec<u8>) -> Result<(), CommunicateError> {
        match &mut self.stdin {
            _ if self.communicating => Err(CommunicateError::AlreadyStarted(input)),
            None => Err(CommunicateError::NoStdin(input)),
            Some(stdin) if stdin.was_closed() => Err(CommunicateError::StdinClosed(input)),
            Some(stdin) => {
                // As later, it is not an error if the process has already closed its end.
                let _ = stdin.write(input);
                Ok(())
            }
        }
    }

    /// Moves all bytes through the pipes until their ends. Returns `false` if the grace after the exit
    /// ended first.
    async fn transfer(&mut self) -> Result<bool, CommunicateError> {
        let (handle, grace) = (self.handle(), self.leak_grace);
        let transfer = async {
            let (out, err, ()) = tokio::join!(
                read_to_end(&mut self.stdout),
                read_to_end(&mut self.stderr),
                feed(&mut self.stdin),
            );
            out.and(err)
        };
        tokio::pin!(transfer);
        tokio::select! {
            result = &mut transfer => result?,
            ended = handle.ended() => {
                ended?;
                match wait_for(transfer, grace).await {
                    Ok(result) => result?,
                    Err(_) => return Ok(false),
                }
            }
        }
        Ok(true)
    }

    /// Waits until the process ends and then until its captured streams end, but no longer than the
    /// [leak grace](super::Command::leak_grace) after the exit, and returns the captured output.
    ///
    /// It contains every byte that the process itself wrote, except for those counted by
    /// [`Spool::lost`]. A second call returns nothing. The exit status is reported by
    /// [`wait`](Process::wait): a lost status is not an error here.
    ///
    /// # Errors
    /// [`WaitError::Os`]. The output is kept for the next call.
    ///
    /// # Cancel safety
    /// This method is cancel safe: it may be dropped and called again.
    pub async fn captured(&mut self) -> Result<Captured, WaitError> {
        self.handle.ended().await?;
        // An absolute deadline: one that restarted with each chunk would never be reached if a
        // background process keeps printing.
        let deadline = self
            .leak_grace
            .and_then(|grace| Instant::now().checked_add(grace));
        let mut leaked = false;
        for capture in self.captures.iter().flatten() {
            if !capture.drain_available().await {
                let left =
                    deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
                if wait_for(capture.ended(), left).await.is_err() {
                    leaked |= !capture.drain_available().await;
                }
            }
            capture.spill().await;
        }
        let has_output = leaked.then(|| self.discard_captures());
        let [stdout, stderr] = &mut self.captures;
        let take = |capture: &mut Option<Capture>| Some(capture.take()?.take(has_output.as_ref()));
        Ok(Captured {
            stdout: take(stdout),
            stderr: take(stderr),
            leaked,
        })
    }

    /// Leaves captured pipes to the other process that holds them. Returns a flag that is set when that
    /// process writes to them.
    fn discard_captures(&self) -> Arc<AtomicBool> {
        let open = self.captures.iter().flatten();
        let pipes = open.filter(|capture| capture.is_open()).count();
        let has_output = Arc::new(AtomicBool::new(false));
        if let Some(reading) = self.draining.clone() {
            leaked_pipes::keep(LeakedPipes {
                reading,
                pipes,
                has_output: Arc::clone(&has_output),
            });
        }
        has_output
    }

    /// Another process holds a pipe: reads what is in it now, which belongs to the output.
    fn read_available(&mut self) -> io::Result<()> {
        if let Some(mut stdin) = self.stdin.take() {
            stdin.abort();
        }
        for reader in [&mut self.stdout, &mut self.stderr].into_iter().flatten() {
            reader.fill_available()?;
        }
        self.leaked = true;
        Ok(())
    }
}

/// Reads and discards the further output of a process that was left behind.
fn discard_in_background(reader: StreamReader) {
    let has_output = Arc::new(AtomicBool::new(false));
    let reading = tokio::spawn(reader.discard(Arc::clone(&has_output)));
    leaked_pipes::keep(LeakedPipes {
        reading: reading.abort_handle(),
        pipes: 1,
        has_output,
    });
}

/// Writes what is queued, and closes. It is not an error if the process does not read it.
async fn feed(stdin: &mut Option<StreamWriter>) {
    if let Some(writer) = stdin {
        let _ = writer.wait_closed().await;
    }
}

async fn read_to_end(reader: &mut Option<StreamReader>) -> io::Result<()> {
    match reader {
        Some(reader) => reader.fill_to_end().await,
        None => Ok(()),
    }
}
