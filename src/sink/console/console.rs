//! Standard output and standard error: the only file that writes to them.

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

/// The two standard streams. Errors on standard output are returned. Errors on standard error cannot
/// be reported anywhere, so messages of prun that fail are dropped; lost output of jobs is noted.
pub(crate) struct Console {
    out: BufWriter<ConsoleStream>,
    err: BufWriter<ConsoleStream>,
    /// Whether prun's own messages go to standard output, with the output of the jobs.
    logs_to_stdout: bool,
    /// Escapes text in the output of jobs that a CI log would take for a command.
    escaper: Option<Escaper>,
    escaped: Vec<u8>,
    /// The live region; it is cleared before anything else is written.
    region: Region,
    /// Number of unread bytes in the input of the terminal at the last draw.
    typed_len: u64,
}

impl Console {
    /// Opens the standard streams of this process.
    pub(crate) fn new() -> io::Result<Self> {
        // Not std's writers, which split each write at newlines.
        let out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let err = File::from(io::stderr().as_fd().try_clone_to_owned()?);
        let (out_state, mut err_state) = (Arc::default(), Arc::default());
        if Self::is_one_place() {
            err_state = Arc::clone(&out_state);
        }
        Ok(Self {
            out: ConsoleStream::new(Blocking::new(out), out_state, OnError::Report),
            err: ConsoleStream::new(Blocking::new(err), err_state, OnError::Close),
            logs_to_stdout: false,
            escaper: None,
            escaped: Vec::new(),
            region: Region::default(),
            typed_len: 0,
        })
    }

    /// Configures how the output of jobs is separated from prun's own messages: the stream of the
    /// messages, whether they begin on a new line without the colours of the output before them, and
    /// whether output is escaped or sanitized.
    pub(crate) fn set_off(&mut self, display: &DisplayOptions) {
        self.logs_to_stdout = matches!(display.frame, Frame::Folded(_));
        let vendor = display.vendor.filter(|vendor| vendor.folds());
        self.escaper = vendor.map(|vendor| Escaper::new(vendor, Author::Job));
        if display.frame != Frame::Bare || vendor.is_some() || Self::stderr_is_terminal() {
            self.log().get_ref().state().colours = Some(Colours::default());
        }
        if display.has_bar || display.by_line {
            // A live region, or lines with prefixes: output may set colours, but not move the cursor.
            let sanitizer = |is_terminal: bool| is_terminal.then(Sanitizer::default);
            self.out.get_mut().sanitizer = sanitizer(Self::stdout_is_terminal());
            self.err.get_mut().sanitizer = sanitizer(Self::stderr_is_terminal());
        }
    }

    /// Returns the stream of prun's own messages.
    fn log(&mut self) -> &mut BufWriter<ConsoleStream> {
        match self.logs_to_stdout {
            true => &mut self.out,
            false => &mut self.err,
        }
    }

    /// Returns the size of the terminal on standard error; `None` if there is none or its size is unknown.
    pub(crate) fn size() -> Option<TerminalSize> {
        let (rows, columns) = console::Term::stderr().size_checked()?;
        (rows > 0 && columns > 0).then_some(TerminalSize { rows, columns })
    }

    /// Draws the live region in place of the previous one, in one write. Nothing is drawn after an
    /// incomplete line, since the rest may follow, nor while prun is in the background.
    pub(crate) fn draw(&mut self, lines: Vec<String>) {
        // The error is returned by the next write.
        let _ = self.flush();
        if self.err.get_ref().state().is_mid_line() || !is_in_foreground(io::stderr()) {
            return self.clear_region();
        }
        let now = self.terminal_state();
        let text = self.region.draw(lines, now);
        self.err.get_mut().write_raw(text.as_bytes());
    }

    /// Clears the live region.
    pub(crate) fn clear_region(&mut self) {
        if self.region.is_drawn() {
            let now = self.terminal_state();
            let text = self.region.clear_region(now);
            self.err.get_mut().write_raw(text.as_bytes());
        }
    }

    /// Returns the state of the terminal, with what was typed since the last call.
    fn terminal_state(&mut self) -> TerminalState {
        let size = Console::size().map(|size| (size.rows.into(), size.columns.into()));
        // In canonical mode only complete lines count.
        let typed_len = rustix::io::ioctl_fionread(io::stderr()).unwrap_or_default();
        let has_typed_line = std::mem::replace(&mut self.typed_len, typed_len) != typed_len;
        TerminalState {
            size,
            has_typed_line,
        }
    }

    /// Whether the live region is drawn.
    pub(crate) fn is_drawn(&self) -> bool {
        self.region.is_drawn()
    }

    /// Whether standard error is a terminal.
    pub(crate) fn stderr_is_terminal() -> bool {
        io::stderr().is_terminal()
    }

    /// Whether writing a message of prun's own would block, on the stream that this frame uses.
    pub(crate) fn words_would_block(frame: Frame) -> bool {
        let (out, err) = (io::stdout(), io::stderr());
        let words = match frame {
            Frame::Folded(_) => out.as_fd(),
            _ => err.as_fd(),
        };
        let mut polled = [PollFd::from_borrowed_fd(words, PollFlags::OUT)];
        matches!(poll(&mut polled, Some(&Timespec::default())), Ok(0))
    }

    /// Returns a future that resolves when standard output has no reader any more; `None` if that
    /// cannot be detected.
    pub(crate) fn reader_gone() -> Option<impl Future<Output = ()> + Send> {
        let out = io::stdout().as_fd().try_clone_to_owned().ok()?;
        reader_gone(File::from(out)).ok()
    }

    /// Whether both streams are the same terminal or file.
    pub(crate) fn is_one_place() -> bool {
        let identity = |fd: BorrowedFd<'_>| -> io::Result<_> {
            let meta = File::from(fd.try_clone_to_owned()?).metadata()?;
            Ok((meta.dev(), meta.ino(), meta.rdev()))
        };
        let both = identity(io::stdout().as_fd())
            .and_then(|out| Ok(out == identity(io::stderr().as_fd())?));
        both.unwrap_or(false)
    }

    /// Whether standard output is a terminal.
    pub(crate) fn stdout_is_terminal() -> bool {
        io::stdout().is_terminal()
    }

    /// Whether standard output is a pipe.
    pub(crate) fn stdout_is_pipe() -> bool {
        let out = io::stdout().as_fd().try_clone_to_owned();
        let meta = out.and_then(|out| File::from(out).metadata());
        meta.is_ok_and(|meta| meta.file_type().is_fifo())
    }

    /// Whether standard output is the same pipe as that of the parent process, that is, not redirected.
    pub(crate) fn is_stdout_of_parent() -> bool {
        let parent = std::os::unix::process::parent_id();
        let pipe = |path: String| {
            let file = std::fs::metadata(path).ok()?;
            file.file_type().is_fifo().then(|| (file.dev(), file.ino()))
        };
        let ours = pipe("/proc/self/fd/1".to_owned());
        ours.is_some() && ours == pipe(format!("/proc/{parent}/fd/1"))
    }

    /// Returns a duplicate of standard output, for a file of the run that is written there.
    pub(crate) fn stdout() -> io::Result<File> {
        Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
    }

    /// Returns standard output, with the live region cleared.
    pub(crate) fn out(&mut self) -> &mut impl Write {
        self.clear_region();
        &mut self.out
    }

    /// Returns standard error, whose writes never fail, with the live region cleared.
    pub(crate) fn err(&mut self) -> &mut impl Write {
        self.clear_region();
        &mut self.err
    }

    /// Returns the stream of prun's own messages, at the beginning of a line without colours.
    ///
    /// # Errors
    /// Buffered output could not be written.
    pub(crate) fn words(&mut self) -> io::Result<&mut (dyn Write + Send)> {
        self.clear_region();
        self.flush_held()?;
        let separator = self.log().get_ref().state().separator();
        self.log().write_all(separator.as_bytes())?;
        if let Some(escaper) = &mut self.escaper {
            let mut ends = Vec::new();
            escaper.interrupt(&mut ends);
            self.log().write_all(&ends)?;
        }
        Ok(self.log())
    }

    /// Returns the writer for the output of jobs on this stream.
    pub(crate) fn output(&mut self, stream: event::Stream) -> JobWriter<'_> {
        self.clear_region();
        let is_on_out = self.logs_to_stdout || stream == event::Stream::Stdout;
        let is_log = is_on_out == self.logs_to_stdout;
        JobWriter {
            stream: if is_on_out {
                &mut self.out
            } else {
                &mut self.err
            },
            escaper: self.escaper.as_mut().filter(|_| is_log),
            escaped: &mut self.escaped,
        }
    }

    /// Writes everything, including the start of a line that the escaper holds back as a possible
    /// command.
    fn flush_held(&mut self) -> io::Result<()> {
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

    /// Ends an incomplete line of output in the log.
    pub(crate) fn end_line(&mut self) -> io::Result<()> {
        self.flush_held()?;
        let is_mid_line = self.log().get_ref().state().is_mid_line();
        match is_mid_line {
            true => self.log().write_all(b"\n"),
            false => Ok(()),
        }
    }

    /// Ends the output of a job: cancels its stop-commands in a CI log, and writes what is buffered.
    pub(crate) fn end_output(&mut self) -> io::Result<()> {
        self.flush_held()?;
        if self.escaper.as_ref().is_some_and(Escaper::has_stops) {
            self.words()?;
        }
        if let Some(escaper) = &mut self.escaper {
            escaper.forget();
        }
        self.flush()
    }

    /// Returns the number of newlines written to the stream of prun's own messages, if they are counted.
    pub(crate) fn newlines(&self) -> u64 {
        let log = if self.logs_to_stdout {
            &self.out
        } else {
            &self.err
        };
        log.get_ref().state().newlines
    }

    /// Writes the contents of `spool`, the output of a job on this stream.
    pub(crate) fn copy(&mut self, stream: event::Stream, spool: &Spool) -> io::Result<()> {
        let mut output = self.output(stream);
        if !spool.has_file() || output.stream.get_ref().inspects_output() {
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
        // Standard error reports no errors, see `Console`.
        let _ = self.err.flush();
        let err = self.err.get_mut();
        err.carries_output = false;
        if let Some(error) = err.take_error()
            && Self::stdout_is_terminal()
        {
            // In a file or pipe it would be taken for output; the exit code reports the loss there.
            let message = "prun: cannot write what jobs print to standard error";
            let _ = writeln!(self.out, "{message}: {error}").and_then(|()| self.out.flush());
        }
        flushed
    }

    /// Returns how output of jobs was lost without an error since the last call, if any was.
    pub(crate) fn take_loss(&mut self) -> Option<OutputLoss> {
        let is_lost = std::mem::take(&mut self.err.get_mut().has_lost_output);
        is_lost.then_some(OutputLoss::Stderr)
    }

    /// Closes standard output after `error` and reports the error, unless it is that the reader has
    /// gone away.
    pub(crate) fn lose_out(&mut self, error: &io::Error) -> OutputLoss {
        self.out.get_mut().close();
        // The stream is closed: this discards the buffer.
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
