//! Where the standard streams of a process lead.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use crate::os::TerminalSize;
use crate::process::spool::SpoolOptions;
use crate::process::stream::StreamWriter;

/// Where a standard stream of the process leads.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Stdio {
    /// To where ours leads; asyncio's `None`.
    #[default]
    Inherit,
    /// Through a pipe to a [`StreamReader`](crate::process::StreamReader) or from a
    /// [`StreamWriter`]; read lazily.
    Pipe,
    /// To `/dev/null`; asyncio's `DEVNULL`.
    Null,
    /// To the same place as standard output, in true order of the writes; for standard error
    /// alone. asyncio's `STDOUT`.
    ToStdout,
    /// To this file, at its current position.
    File(Arc<File>),
    /// To this descriptor.
    Fd(Arc<OwnedFd>),
    /// Always drained in the background into a [`Spool`](crate::process::Spool) of its own; for output
    /// alone. The process can never block on it.
    Capture(SpoolOptions),
    /// The same through a pseudo-terminal of this size, for programs that colour and arrange what
    /// they print for a person. Bytes come as they were written: a newline stays one.
    /// [`Process::resize_terminal`](crate::process::Process::resize_terminal) gives it another size.
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

/// For a pipeline: what the first command prints goes straight into the second one, which sees the end
/// when the first process has ended and the first [`Command`](crate::process::Command) is dropped: it holds the
/// pipe too.
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
/// `InvalidInput` while bytes are [queued](StreamWriter::unsent) (they are delivered all the same), or
/// when it was closed; `BrokenPipe` when bytes could not be written before.
impl TryFrom<StreamWriter> for Stdio {
    type Error = io::Error;

    fn try_from(writer: StreamWriter) -> io::Result<Self> {
        writer.into_file().map(Self::from)
    }
}
