//! Standard output and standard error, and what a sink is that writes to them.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::SystemTime;

use crate::event::{self, Event, OutputLoss};
use crate::process::{Spool, reader_gone};

/// Tells the events of a run in one form.
pub(crate) trait Sink: Send {
    /// Which events it needs at all.
    fn interest(&self) -> Interest;

    /// Whether it tells later jobs after earlier ones where somebody asked for their order.
    fn keeps_order(&self) -> bool {
        true
    }

    /// Tells one event, which happened at `at`. Whatever it writes to the console is flushed
    /// afterwards.
    fn tell(
        &mut self,
        event: &Event,
        at: SystemTime,
        console: &mut Console,
    ) -> Result<(), TellError>;
}

/// Why an event could not be told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TellError {
    /// Standard output cannot be written, or what is to be written there cannot be read back.
    #[error(transparent)]
    Output(#[from] io::Error),
    /// A file cannot be written, and nobody could go on from it after this run.
    #[error("cannot write {what} {}: {source}", path.display())]
    File {
        what: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    /// A file cannot be written that only tells of the run, and the run goes on.
    #[error("cannot write {what} {}: {source}", path.display())]
    RunFile {
        what: &'static str,
        path: PathBuf,
        source: io::Error,
    },
}

/// Events that may be spared those who do not need them: at thousands of jobs a second, waking
/// the writer for nothing is what would cost most.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Interest {
    /// Starts of attempts.
    pub(crate) starts: bool,
    /// Successful jobs that printed nothing.
    pub(crate) silent_successes: bool,
}

impl Interest {
    /// What either of two needs.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            starts: self.starts || other.starts,
            silent_successes: self.silent_successes || other.silent_successes,
        }
    }
}

/// The two standard streams. Standard output reports errors; standard error has nobody to report
/// them to, so what cannot be written there is dropped.
pub(crate) struct Console {
    out: BufWriter<Stream>,
    err: BufWriter<Stream>,
}

/// A stream that can be given up.
struct Stream {
    file: Option<File>,
    /// Whether its errors are reported; else it is given up at the first.
    reports: bool,
}

impl Console {
    /// The streams of this program.
    pub(crate) fn new() -> io::Result<Self> {
        // Not std's own writers: those split what they are given at newlines.
        let out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let err = File::from(io::stderr().as_fd().try_clone_to_owned()?);
        let buffered = |file, reports| {
            let stream = Stream {
                file: Some(file),
                reports,
            };
            BufWriter::with_capacity(32 * 1024, stream)
        };
        Ok(Self {
            out: buffered(out, true),
            err: buffered(err, false),
        })
    }

    /// Whether a person may look at standard error.
    pub(crate) fn stderr_is_terminal() -> bool {
        io::stderr().is_terminal()
    }

    /// Resolves when nobody reads standard output any more; none where that cannot be known.
    pub(crate) fn reader_gone() -> Option<impl Future<Output = ()> + Send> {
        let out = io::stdout().as_fd().try_clone_to_owned().ok()?;
        reader_gone(File::from(out)).ok()
    }

    /// Whether both streams lead to the same terminal or file.
    pub(crate) fn is_one_place() -> bool {
        let place = |fd: BorrowedFd<'_>| -> io::Result<_> {
            let meta = File::from(fd.try_clone_to_owned()?).metadata()?;
            Ok((meta.dev(), meta.ino(), meta.rdev()))
        };
        let both =
            place(io::stdout().as_fd()).and_then(|out| Ok(out == place(io::stderr().as_fd())?));
        both.unwrap_or(false)
    }

    /// Standard output.
    pub(crate) fn out(&mut self) -> &mut impl Write {
        &mut self.out
    }

    /// Standard error, where nothing fails.
    pub(crate) fn err(&mut self) -> &mut impl Write {
        &mut self.err
    }

    /// Writes what is in `spool` to one of the two.
    pub(crate) fn copy(&mut self, stream: event::Stream, spool: &Spool) -> io::Result<()> {
        let to = match stream {
            event::Stream::Stdout => &mut self.out,
            event::Stream::Stderr => &mut self.err,
        };
        if !spool.has_file() {
            return to.write_all(spool.head());
        }
        to.flush()?;
        let stream = to.get_mut();
        match stream
            .file
            .as_ref()
            .map_or(Ok(()), |file| spool.send_to(file))
        {
            Err(_) if !stream.reports => {
                stream.file = None;
                Ok(())
            }
            sent => sent,
        }
    }

    /// Writes what is buffered.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        let flushed = self.out.flush();
        // It reports nothing, see above.
        let _ = self.err.flush();
        flushed
    }

    /// Writes nothing more to standard output after `error`, and says why. A reader that went away
    /// is no news to anybody; everything else is.
    pub(crate) fn lose_out(&mut self, error: &io::Error) -> OutputLoss {
        self.out.get_mut().file = None;
        // What is still buffered goes nowhere.
        let _ = self.out.flush();
        if error.kind() == io::ErrorKind::BrokenPipe {
            return OutputLoss::ReaderGone;
        }
        let _ = writeln!(self.err, "prun: cannot write the output: {error}");
        let _ = self.err.flush();
        OutputLoss::NotWritten
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(file) = &mut self.file else {
            return Ok(bytes.len());
        };
        match file.write(bytes) {
            Err(error) if !self.reports && error.kind() != io::ErrorKind::Interrupted => {
                self.file = None;
                Ok(bytes.len())
            }
            result => result,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
