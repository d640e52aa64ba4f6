//! [`Stdio`]: the standard streams of a process.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use crate::os::TerminalSize;
use crate::process::spool::SpoolOptions;
use crate::process::stream::StreamWriter;

/// What a standard stream of the process is connected to.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Stdio {
    /// The stream of the parent; asyncio's `None`.
    #[default]
    Inherit,
    /// A pipe to a [`StreamReader`](crate::process::StreamReader) or from a [`StreamWriter`]. It is read
    /// only on demand.
    Pipe,
    /// To `/dev/null`; asyncio's `DEVNULL`.
    Null,
    /// The same destination as standard output, preserving the order of writes. Valid only for standard
    /// error; asyncio's `STDOUT`.
    ToStdout,
    /// A file, at its current position.
    File(Arc<File>),
    /// A descriptor.
    Fd(Arc<OwnedFd>),
    /// A pipe that is always drained in the background, into a [`Spool`](crate::process::Spool). Valid
    /// only for output. The process never blocks on it.
    Capture(SpoolOptions),
    /// As `Capture`, through a pseudo-terminal of this size, for programs that colour and format their
    /// output for terminals. Bytes are passed unchanged: a newline stays a newline.
    /// [`Process::resize_terminal`](crate::process::Process::resize_terminal) changes the size.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use prun::process::{Command, SpoolOptions, Stdio, TerminalSize};
    ///
    /// let size = TerminalSize { rows: 24, columns: 100 };
    /// let terminal = Stdio::Terminal(SpoolOptions::default(), size);
    /// let output = Command::shell("test -t 1 && echo terminal").stdout(terminal).output().await?;
    /// assert_eq!(output.stdout, b"terminal\n");
    /// # Ok(()) }
    /// ```
    Terminal(SpoolOptions, TerminalSize),
}

impl From<File> for Stdio {
    fn from(file: File) -> Self {
        Self::File(Arc::new(file))
    }
}

impl From<OwnedFd> for Stdio {
    fn from(fd: OwnedFd) -> Self {
        Self::Fd(Arc::new(fd))
    }
}

/// Connects the output of a process to the standard input of one that is already running. The running
/// process sees the end of its input when the writing process has ended and the writing
/// [`Command`](crate::process::Command) is dropped, since the command holds the pipe too.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use prun::process::{Command, Stdio};
///
/// let mut sort = Command::exec("sort").stdin(Stdio::Pipe).stdout(Stdio::Pipe).spawn().await?;
/// let into_sort = Stdio::try_from(sort.stdin.take().expect("it is a pipe"))?;
/// Command::exec("printf").arg("b\\na\\n").stdout(into_sort).status().await?;
/// assert_eq!(sort.communicate(None).await?.stdout, b"a\nb\n");
/// # Ok(()) }
/// ```
///
/// # Errors
/// `InvalidInput` while bytes are [queued](StreamWriter::unsent) (they are still delivered), or if the
/// writer was closed; `BrokenPipe` if earlier bytes could not be written.
impl TryFrom<StreamWriter> for Stdio {
    type Error = io::Error;

    fn try_from(writer: StreamWriter) -> io::Result<Self> {
        writer.into_file().map(Self::from)
    }
}
