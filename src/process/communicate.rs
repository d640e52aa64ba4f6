//! Input in, output out, and the end of the process, all at once and without a deadlock.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use super::exit::{ExitInfo, WaitError};
use super::process::Process;
use super::spool::{LostOutput, Spool};
use super::stream::Capture;
use super::stream::StreamReader;
use super::stream::StreamWriter;
use super::stream::{LeakedPipes, leaked_pipes};
use super::wait_for::wait_for;

/// What a process wrote, and how it ended.
#[derive(Debug)]
#[non_exhaustive]
pub struct Output {
    /// Standard output; nothing if that was no pipe and not captured.
    pub stdout: Vec<u8>,
    /// Standard error, likewise.
    pub stderr: Vec<u8>,
    /// How the process ended.
    pub exit: ExitInfo,
    /// Whether another process still held a pipe of this one when the
    /// [grace](super::Command::leak_grace) was over. What it writes later is not here: it is read and
    /// thrown away, see [`Captured::leaked`].
    pub leaked: bool,
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

/// Why [`Process::communicate`] failed. What was given to it or came from the process is in the error,
/// or kept for the next call.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommunicateError {
    /// Input was given, but standard input is no pipe, or was taken.
    #[error("there is input, but standard input is no pipe")]
    NoStdin(Vec<u8>),
    /// Input was given, but standard input has been closed.
    #[error("there is input, but standard input has been closed")]
    StdinClosed(Vec<u8>),
    /// Input was given to a call that goes on after a cancelled one.
    #[error("communicate has already begun: go on with None as input")]
    AlreadyStarted(Vec<u8>),
    /// Some output could not be kept: the folder of its [`Spool`] is missing, say, or the disk is full.
    /// How the process ended is in [`Process::exit`].
    #[error("{lost} bytes of the output are lost")]
    OutputLost {
        /// What was kept of standard output: its beginning, without a gap.
        stdout: Vec<u8>,
        /// The same of standard error.
        stderr: Vec<u8>,
        /// How many bytes are missing.
        lost: u64,
        /// Why.
        source: io::Error,
    },
    /// The process has ended and all its output is here, but how it ended cannot be known.
    #[error("the output is whole, but {source}")]
    StatusLost {
        /// All of standard output.
        stdout: Vec<u8>,
        /// All of standard error.
        stderr: Vec<u8>,
        /// [`WaitError::StatusLost`].
        source: WaitError,
    },
    /// The end of the process could not be learnt. What was read is kept for the next call.
    #[error(transparent)]
    Wait(#[from] WaitError),
    /// A pipe could not be read. What was read is kept for the next call.
    #[error("could not read from the process")]
    Io(#[from] io::Error),
}

impl Process {
    /// Sends `input`, closes standard input, reads both outputs to their end and waits for the
    /// process; like asyncio's `communicate`. A stream that is no pipe and not captured gives nothing.
    ///
    /// Standard input is closed also without input. A process that does not read its input is no
    /// error. When the process has ended and another one still holds a pipe after the
    /// [grace](super::Command::leak_grace), the call returns what came until then, says
    /// [`leaked`](Output::leaked), and reads on in the background. Afterwards the streams are gone,
    /// and a second call gives nothing but the exit.
    ///
    /// # Errors
    /// [`CommunicateError`]; nothing that was read is lost.
    ///
    /// # Cancel safety
    /// Nothing is lost: call it again with `None`, and it goes on where it was. What was read so far
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
            self.take_what_came()?;
        }
        let captured = self.captured().await?;
        // The streams are let go from here on, so nothing below waits.
        self.leaked |= captured.leaked;
        self.stdin = None;
        let mut loss: Option<LostOutput> = None;
        let mut whole = |reader: Option<StreamReader>, spool: Option<Spool>| match (reader, spool) {
            (Some(mut reader), _) => {
                let bytes = reader.take_all();
                if reader.is_open() {
                    leave(reader);
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
        // It has ended by now.
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

    /// Queues input, or gives it back.
    fn send(&mut self, input: Vec<u8>) -> Result<(), CommunicateError> {
        match &mut self.stdin {
            _ if self.communicating => Err(CommunicateError::AlreadyStarted(input)),
            None => Err(CommunicateError::NoStdin(input)),
            Some(stdin) if stdin.was_closed() => Err(CommunicateError::StdinClosed(input)),
            Some(stdin) => {
                // A process that closed its end already is no error, as it is none later.
                let _ = stdin.write(input);
                Ok(())
            }
        }
    }

    /// Moves all bytes of the pipes, until their ends, or until the grace after the exit is over: then
    /// the answer is no.
    async fn transfer(&mut self) -> Result<bool, CommunicateError> {
        let (handle, grace) = (self.handle(), self.leak_grace);
        let transfer = async {
            let (out, err, ()) = tokio::join!(
                to_end(&mut self.stdout),
                to_end(&mut self.stderr),
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

    /// Waits until the process ends, then until its captured streams end, but no longer than the
    /// [grace](super::Command::leak_grace) after the exit, and hands out what they gave. Every byte
    /// that the process itself wrote is there, but for what [`Spool::lost`] tells. A second call
    /// gives nothing.
    ///
    /// How the process ended is for [`wait`](Process::wait) to say: a lost status is no error here.
    ///
    /// # Errors
    /// [`WaitError::Os`]; the output is kept for the next call.
    ///
    /// # Cancel safety
    /// May be dropped and called again.
    pub async fn captured(&mut self) -> Result<Captured, WaitError> {
        self.handle.ended().await?;
        // An absolute deadline: one that began anew with each chunk would never come for a
        // background process that keeps printing.
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
        let spoke = leaked.then(|| self.leave_captures());
        let [stdout, stderr] = &mut self.captures;
        let take = |capture: &mut Option<Capture>| Some(capture.take()?.take(spoke.as_ref()));
        Ok(Captured {
            stdout: take(stdout),
            stderr: take(stderr),
            leaked,
        })
    }

    /// Another process holds captured pipes of this one. What is returned is to be set when it writes
    /// there.
    fn leave_captures(&self) -> Arc<AtomicBool> {
        let open = self.captures.iter().flatten();
        let pipes = open.filter(|capture| capture.is_open()).count();
        let spoke = Arc::new(AtomicBool::new(false));
        if let Some(reading) = self.draining.clone() {
            leaked_pipes::keep(LeakedPipes {
                reading,
                pipes,
                spoke: Arc::clone(&spoke),
            });
        }
        spoke
    }

    /// A process that was left behind holds a pipe: what is in it is ours, what comes is not.
    fn take_what_came(&mut self) -> io::Result<()> {
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

/// Reads on what comes from a process that was left behind.
fn leave(reader: StreamReader) {
    let spoke = Arc::new(AtomicBool::new(false));
    let reading = tokio::spawn(reader.discard(Arc::clone(&spoke)));
    leaked_pipes::keep(LeakedPipes {
        reading: reading.abort_handle(),
        pipes: 1,
        spoke,
    });
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
