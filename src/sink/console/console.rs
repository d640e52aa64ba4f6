//! Standard output and standard error: the only file that touches them.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::colours::Colours;
use super::region::{Region, TerminalState};
use super::sanitize::Sanitizer;
use super::stream::{ConsoleStream, JobWriter, OnError};
use crate::event::{self, OutputLoss};
use crate::os::{Blocking, is_in_foreground};
use crate::process::{Spool, TerminalSize, reader_gone};
use crate::sink::ci::{Author, Escaper};
use crate::sink::human::{DisplayOptions, Frame};

/// The two standard streams. Standard output reports errors; standard error has nobody to report
/// them to, so what prun cannot say there is dropped. Output of jobs that is lost there is known.
pub(crate) struct Console {
    out: BufWriter<ConsoleStream>,
    err: BufWriter<ConsoleStream>,
    /// Whether prun's own words go to standard output, among the jobs' output.
    says_on_out: bool,
    /// Keeps the jobs' output from being a command where prun's own words go, if that is a log.
    escaper: Option<Escaper>,
    defused: Vec<u8>,
    /// The lines that are drawn below everything; they go before anything is written.
    region: Region,
    /// What was typed on the terminal and nobody has read, in bytes, when they were drawn.
    typed: u64,
}

impl Console {
    /// The streams of this program.
    pub(crate) fn new() -> io::Result<Self> {
        // Not std's own writers: those split what they are given at newlines.
        let out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let err = File::from(io::stderr().as_fd().try_clone_to_owned()?);
        let (out_place, mut err_place) = (Arc::default(), Arc::default());
        if Self::is_one_place() {
            err_place = Arc::clone(&out_place);
        }
        Ok(Self {
            out: ConsoleStream::new(Blocking::new(out), out_place, OnError::Report),
            err: ConsoleStream::new(Blocking::new(err), err_place, OnError::GiveUp),
            says_on_out: false,
            escaper: None,
            defused: Vec::new(),
            region: Region::default(),
            typed: 0,
        })
    }

    /// Says how the jobs' output is set off: where prun's own words go, whether they are kept from a
    /// line that output left without an end, and from its colours; and what output may not do there.
    pub(crate) fn set_off(&mut self, display: &DisplayOptions) {
        self.says_on_out = matches!(display.frame, Frame::Folded(_));
        let vendor = display.vendor.filter(|vendor| vendor.folds());
        self.escaper = vendor.map(|vendor| Escaper::new(vendor, Author::Job));
        if display.frame != Frame::Bare || vendor.is_some() || Self::stderr_is_terminal() {
            self.log().get_ref().place().colours = Some(Colours::default());
        }
        if display.has_bar || display.by_line {
            // Lines are drawn there, or begin with names: output may colour, but not move the cursor.
            let sanitizer = |is_terminal: bool| is_terminal.then(Sanitizer::default);
            self.out.get_mut().sanitizer = sanitizer(Self::stdout_is_terminal());
            self.err.get_mut().sanitizer = sanitizer(Self::stderr_is_terminal());
        }
    }

    /// Where prun's own words go.
    fn log(&mut self) -> &mut BufWriter<ConsoleStream> {
        match self.says_on_out {
            true => &mut self.out,
            false => &mut self.err,
        }
    }

    /// The size of the terminal where standard error leads, if it is one and it tells.
    pub(crate) fn size() -> Option<TerminalSize> {
        let (rows, columns) = console::Term::stderr().size_checked()?;
        (rows > 0 && columns > 0).then_some(TerminalSize { rows, columns })
    }

    /// Draws lines below everything, in place of those that were drawn before. Nothing is drawn
    /// behind a line without an end, since more of it may come; nor while somebody else has the
    /// terminal, such as the shell that started us in the background.
    pub(crate) fn draw(&mut self, lines: Vec<String>) {
        // What cannot be flushed is told by the next one who writes.
        let _ = self.flush();
        if self.err.get_ref().place().is_mid_line() || !is_in_foreground(io::stderr()) {
            return self.clear_region();
        }
        let now = self.now();
        let text = self.region.draw(lines, now);
        self.err.get_mut().write_as_it_is(text.as_bytes());
    }

    /// Removes the drawn lines.
    pub(crate) fn clear_region(&mut self) {
        if self.region.is_drawn() {
            let now = self.now();
            let text = self.region.clear_region(now);
            self.err.get_mut().write_as_it_is(text.as_bytes());
        }
    }

    fn now(&mut self) -> TerminalState {
        let size = Console::size().map(|size| (size.rows.into(), size.columns.into()));
        // A terminal counts whole lines.
        let typed = rustix::io::ioctl_fionread(io::stderr()).unwrap_or_default();
        let is_typed = std::mem::replace(&mut self.typed, typed) != typed;
        TerminalState { size, is_typed }
    }

    /// Whether lines are drawn.
    pub(crate) fn is_drawn(&self) -> bool {
        self.region.is_drawn()
    }

    /// Whether a person may look at standard error.
    pub(crate) fn stderr_is_terminal() -> bool {
        io::stderr().is_terminal()
    }

    /// Whether a few of prun's own words would have to wait for somebody to read, where they go with
    /// this frame.
    pub(crate) fn words_would_block(frame: Frame) -> bool {
        let (out, err) = (io::stdout(), io::stderr());
        let words = match frame {
            Frame::Folded(_) => out.as_fd(),
            _ => err.as_fd(),
        };
        let mut polled = [PollFd::from_borrowed_fd(words, PollFlags::OUT)];
        matches!(poll(&mut polled, Some(&Timespec::default())), Ok(0))
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

    /// Standard output itself, for a file of the run that goes there.
    pub(crate) fn stdout() -> io::Result<File> {
        Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
    }

    /// Standard output.
    pub(crate) fn out(&mut self) -> &mut impl Write {
        self.clear_region();
        &mut self.out
    }

    /// Standard error, where nothing fails.
    pub(crate) fn err(&mut self) -> &mut impl Write {
        self.clear_region();
        &mut self.err
    }

    /// Where prun's own words go: to standard error, or into the log that standard output is.
    ///
    /// # Errors
    /// What was written before could not be written.
    pub(crate) fn words(&mut self) -> io::Result<&mut (dyn Write + Send)> {
        self.clear_region();
        self.release()?;
        let before = self.log().get_ref().place().before_words();
        self.log().write_all(before.as_bytes())?;
        if let Some(escaper) = &mut self.escaper {
            let mut ends = Vec::new();
            escaper.interrupt(&mut ends);
            self.log().write_all(&ends)?;
        }
        Ok(self.log())
    }

    /// What a job prints on this stream goes here.
    pub(crate) fn output(&mut self, stream: event::Stream) -> JobWriter<'_> {
        self.clear_region();
        let is_on_out = self.says_on_out || stream == event::Stream::Stdout;
        let is_log = is_on_out == self.says_on_out;
        JobWriter {
            stream: if is_on_out {
                &mut self.out
            } else {
                &mut self.err
            },
            escaper: self.escaper.as_mut().filter(|_| is_log),
            defused: &mut self.defused,
        }
    }

    /// Writes everything, also what may have become a command if more of its line had come.
    fn release(&mut self) -> io::Result<()> {
        if let Some(escaper) = &mut self.escaper {
            let mut held = Vec::new();
            escaper.end_line(&mut held);
            if !held.is_empty() {
                let log = self.log();
                log.get_mut().carries_output = true;
                log.write_all(&held)?;
            }
        }
        self.flush()
    }

    /// Ends the line of output that stands open in the log, if one does.
    pub(crate) fn end_line(&mut self) -> io::Result<()> {
        self.release()?;
        let is_mid_line = self.log().get_ref().place().is_mid_line();
        match is_mid_line {
            true => self.log().write_all(b"\n"),
            false => Ok(()),
        }
    }

    /// The output of a job ends here, and whatever it made of the log with it.
    pub(crate) fn end_output(&mut self) -> io::Result<()> {
        self.release()?;
        if self.escaper.as_ref().is_some_and(Escaper::has_stops) {
            self.words()?;
        }
        if let Some(escaper) = &mut self.escaper {
            escaper.forget();
        }
        self.flush()
    }

    /// How many newlines went to the place of prun's own words so far, where that is counted.
    pub(crate) fn newlines(&self) -> u64 {
        let log = if self.says_on_out {
            &self.out
        } else {
            &self.err
        };
        log.get_ref().place().newlines
    }

    /// Writes what is in `spool`, which a job printed on this stream.
    pub(crate) fn copy(&mut self, stream: event::Stream, spool: &Spool) -> io::Result<()> {
        let mut output = self.output(stream);
        if !spool.has_file() || output.stream.get_ref().looks_at_output() {
            return spool.copy_kept_to(&mut output);
        }
        output.flush()?;
        let stream = output.stream.get_mut();
        stream.carries_output = true;
        stream.send(spool)
    }

    /// Writes what is buffered.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        let flushed = self.out.flush();
        // It reports nothing, see above.
        let _ = self.err.flush();
        let err = self.err.get_mut();
        err.carries_output = false;
        if let Some(error) = err.take_error()
            && Self::stdout_is_terminal()
        {
            // Elsewhere it would be taken for output; there the exit code tells it.
            let told = "prun: cannot write what jobs print to standard error";
            let _ = writeln!(self.out, "{told}: {error}").and_then(|()| self.out.flush());
        }
        flushed
    }

    /// Whether output of jobs was lost without an error since this was asked last, and how.
    pub(crate) fn take_loss(&mut self) -> Option<OutputLoss> {
        let is_lost = std::mem::take(&mut self.err.get_mut().has_lost_output);
        is_lost.then_some(OutputLoss::Stderr)
    }

    /// Writes nothing more to standard output after `error`, and says why. A reader that went away
    /// is no news to anybody; everything else is.
    pub(crate) fn lose_out(&mut self, error: &io::Error) -> OutputLoss {
        self.out.get_mut().close();
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
        self.clear_region();
    }
}
