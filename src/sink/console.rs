//! Standard output and standard error, and what a sink is that writes to them.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Instant, SystemTime};

use super::tame::Tame;
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
    /// The beginning of a run, and the end of one of which nothing else was told.
    pub(crate) silent_runs: bool,
}

impl Interest {
    /// All events.
    pub(crate) const ALL: Self = Self {
        starts: true,
        silent_successes: true,
        silent_runs: true,
    };

    /// What either of two needs.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            starts: self.starts || other.starts,
            silent_successes: self.silent_successes || other.silent_successes,
            silent_runs: self.silent_runs || other.silent_runs,
        }
    }
}

/// The two standard streams. Standard output reports errors; standard error has nobody to report
/// them to, so what cannot be written there is dropped.
pub(crate) struct Console {
    out: BufWriter<Stream>,
    err: BufWriter<Stream>,
    /// How wide the lines are that are drawn below everything; they go before anything is written.
    drawn: Vec<usize>,
}

/// A stream that can be given up.
struct Stream {
    file: Option<File>,
    /// Where output may colour, and nothing else.
    tame: Option<Tame>,
    tamed: Vec<u8>,
    /// The last byte that was written to the place where the stream leads.
    last: Arc<AtomicU8>,
    /// Whether its errors are reported; else it is given up at the first.
    reports: bool,
}

impl Console {
    /// The streams of this program.
    pub(crate) fn new() -> io::Result<Self> {
        // Not std's own writers: those split what they are given at newlines.
        let out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let err = File::from(io::stderr().as_fd().try_clone_to_owned()?);
        let last = || Arc::new(AtomicU8::new(b'\n'));
        let (last_out, mut last_err) = (last(), last());
        if Self::is_one_place() {
            last_err = Arc::clone(&last_out);
        }
        let buffered = |file, last, reports| {
            let stream = Stream {
                file: Some(file),
                tame: None,
                tamed: Vec::new(),
                last,
                reports,
            };
            BufWriter::with_capacity(32 * 1024, stream)
        };
        Ok(Self {
            out: buffered(out, last_out, true),
            err: buffered(err, last_err, false),
            drawn: Vec::new(),
        })
    }

    /// Lets output that goes to a terminal colour, but not move the cursor: lines are drawn there.
    pub(crate) fn tame(&mut self) {
        let tame = |is_terminal: bool| is_terminal.then(Tame::default);
        self.out.get_mut().tame = tame(Self::stdout_is_terminal());
        self.err.get_mut().tame = tame(Self::stderr_is_terminal());
    }

    /// Rows and columns of the terminal, if there is one and it tells.
    pub(crate) fn size(&self) -> Option<(usize, usize)> {
        let (rows, columns) = console::Term::stderr().size_checked()?;
        (rows > 0 && columns > 0).then_some((rows.into(), columns.into()))
    }

    /// Draws lines below everything, in place of those that were drawn before. Nothing is drawn
    /// behind a line without an end: more of it may come.
    pub(crate) fn draw(&mut self, lines: &[String]) {
        // What cannot be flushed is told by the next one who writes.
        let _ = self.flush();
        let mut text = self.erasure();
        if !self.is_mid_line() {
            text.push_str(&lines.join("\n"));
            let widths = lines.iter().map(|line| console::measure_text_width(line));
            self.drawn = widths.collect();
        }
        self.err.get_mut().write_as_it_is(text.as_bytes());
    }

    /// Removes the drawn lines.
    pub(crate) fn lift(&mut self) {
        if self.is_drawn() {
            let erasure = self.erasure();
            self.err.get_mut().write_as_it_is(erasure.as_bytes());
        }
    }

    /// Whether lines are drawn.
    pub(crate) fn is_drawn(&self) -> bool {
        !self.drawn.is_empty()
    }

    /// Whether what was written last, to the place where standard error leads, is a line without
    /// an end.
    pub(crate) fn is_mid_line(&self) -> bool {
        self.err.get_ref().last.load(Ordering::Relaxed) != b'\n'
    }

    /// What removes the drawn lines. A terminal that has become narrower has broken the long ones
    /// into several rows.
    fn erasure(&mut self) -> String {
        let widths = std::mem::take(&mut self.drawn);
        let columns = self.size().map_or(usize::MAX, |(_, columns)| columns);
        let rows: usize = widths
            .iter()
            .map(|width| width.div_ceil(columns).max(1))
            .sum();
        match rows {
            0 => String::new(),
            1 => "\r\x1b[J".to_owned(),
            _ => format!("\r\x1b[{}A\x1b[J", rows - 1),
        }
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

    /// Whether standard output goes through a pipe.
    pub(crate) fn stdout_is_pipe() -> bool {
        let out = io::stdout().as_fd().try_clone_to_owned();
        let meta = out.and_then(|out| File::from(out).metadata());
        meta.is_ok_and(|meta| meta.file_type().is_fifo())
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
        self.lift();
        &mut self.out
    }

    /// Standard error, where nothing fails.
    pub(crate) fn err(&mut self) -> &mut impl Write {
        self.lift();
        &mut self.err
    }

    /// Writes what is in `spool` to one of the two.
    pub(crate) fn copy(&mut self, stream: event::Stream, spool: &Spool) -> io::Result<()> {
        self.lift();
        let to = match stream {
            event::Stream::Stdout => &mut self.out,
            event::Stream::Stderr => &mut self.err,
        };
        if !spool.has_file() || to.get_ref().tame.is_some() {
            return spool.copy_to(to);
        }
        to.flush()?;
        let stream = to.get_mut();
        let sent = stream
            .file
            .as_ref()
            .map_or(Ok(()), |file| spool.send_to(file));
        let mut last = [b'\n'];
        // What cannot be read back could not be sent either.
        let _ = spool.read_at(&mut last, spool.len().saturating_sub(1));
        stream.last.store(last[0], Ordering::Relaxed);
        match sent {
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
        let _ = writeln!(self.err(), "prun: cannot write the output: {error}");
        let _ = self.err.flush();
        OutputLoss::NotWritten
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        self.lift();
    }
}

impl Stream {
    /// Writes what is prun's own and may move the cursor.
    fn write_as_it_is(&mut self, bytes: &[u8]) {
        if let Some(file) = &mut self.file {
            // It is drawn again soon.
            let _ = file.write_all(bytes);
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(file) = &mut self.file else {
            return Ok(bytes.len());
        };
        let written = match &mut self.tame {
            None => file.write(bytes).map(|n| (n, bytes[..n].last())),
            Some(tame) => {
                self.tamed.clear();
                tame.filter(bytes, &mut self.tamed);
                let written = file.write_all(&self.tamed);
                written.map(|()| (bytes.len(), self.tamed.last()))
            }
        };
        match written {
            Ok((n, last)) => {
                if let Some(last) = last {
                    self.last.store(*last, Ordering::Relaxed);
                }
                Ok(n)
            }
            Err(error) if !self.reports && error.kind() != io::ErrorKind::Interrupted => {
                self.file = None;
                Ok(bytes.len())
            }
            Err(error) => Err(error),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
