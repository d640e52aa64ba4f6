//! Standard output and standard error, and what a sink is that writes to them.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::PathBuf;
use std::time::{Instant, SystemTime};

use crate::event::{Event, OutputLoss};
use crate::process::reader_gone;

/// Tells the events of a run in one form.
pub(crate) trait Sink: Send {
    /// Which events it needs at all.
    fn interest(&self) -> Interest;

    /// Tells one event, which happened at `at`. Whatever it writes to the console is flushed
    /// afterwards.
    fn tell(
        &mut self,
        event: &Event,
        at: SystemTime,
        console: &mut Console,
    ) -> Result<(), TellError>;

    /// When it wants to say something of its own, be there an event or not.
    fn wakes_at(&self) -> Option<Instant> {
        None
    }

    /// Says that, at that time or somewhat later.
    fn wake(&mut self, _console: &mut Console) -> Result<(), TellError> {
        Ok(())
    }
}

/// Why an event could not be told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TellError {
    /// Standard output cannot be written, or what is to be written there cannot be read back.
    #[error(transparent)]
    Output(#[from] io::Error),
    /// A file cannot be written.
    #[error("cannot write {what} {}: {source}", path.display())]
    File {
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
    /// Everything when it happens, also where the others are told in the order of the jobs.
    pub(crate) at_once: bool,
}

impl Interest {
    /// What either of two needs.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            starts: self.starts || other.starts,
            silent_successes: self.silent_successes || other.silent_successes,
            at_once: self.at_once || other.at_once,
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

    /// Whether a person may look at standard output.
    pub(crate) fn stdout_is_terminal() -> bool {
        io::stdout().is_terminal()
    }

    /// Whether standard output is the pipe that whoever started us has too: nobody redirected it.
    pub(crate) fn is_stdout_of_parent() -> bool {
        let parent = std::os::unix::process::parent_id();
        let place = |path: String| {
            let file = std::fs::metadata(path).ok()?;
            file.file_type().is_fifo().then(|| (file.dev(), file.ino()))
        };
        let ours = place("/proc/self/fd/1".to_owned());
        ours.is_some() && ours == place(format!("/proc/{parent}/fd/1"))
    }

    /// Standard output.
    pub(crate) fn out(&mut self) -> &mut impl Write {
        &mut self.out
    }

    /// Standard error, where nothing fails.
    pub(crate) fn err(&mut self) -> &mut impl Write {
        &mut self.err
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
