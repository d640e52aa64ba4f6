//! Standard output and standard error: the only file that touches them.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::colours::Colours;
use super::looks::Frame;
use super::region::{Now, Region};
use super::tame::Tame;
use crate::event::{self, OutputLoss};
use crate::process::{Spool, TerminalSize, is_in_foreground, reader_gone};

/// The two standard streams. Standard output reports errors; standard error has nobody to report
/// them to, so what cannot be written there is dropped.
pub(crate) struct Console {
    out: BufWriter<Stream>,
    err: BufWriter<Stream>,
    /// Whether prun's own words go to standard output, among the jobs' output.
    says_on_out: bool,
    /// The lines that are drawn below everything; they go before anything is written.
    region: Region,
    /// What was typed on the terminal and nobody has read, in bytes, when they were drawn.
    typed: u64,
}

/// A stream that can be given up.
struct Stream {
    file: Option<File>,
    /// Where output may colour, and nothing else.
    tame: Option<Tame>,
    tamed: Vec<u8>,
    place: Arc<Mutex<Place>>,
    /// Whether its errors are reported; else it is given up at the first.
    reports: bool,
}

/// Where a stream leads, and how what was written there ends.
#[derive(Default)]
struct Place {
    /// The last byte, if there is one.
    last: Option<u8>,
    /// What is known of the colours there, if prun's own words are to be kept from them.
    colours: Option<Colours>,
    /// Newlines so far, where the colours are known.
    newlines: u64,
}

impl Place {
    fn note(&mut self, bytes: &[u8]) {
        self.last = bytes.last().copied().or(self.last);
        if let Some(colours) = &mut self.colours {
            colours.go_through(bytes);
            self.newlines += bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        }
    }

    fn is_mid_line(&self) -> bool {
        self.last.is_some_and(|last| last != b'\n')
    }

    /// What keeps prun's words from the output before them.
    fn before_words(&mut self) -> String {
        let is_mid_line = self.is_mid_line();
        match &mut self.colours {
            None => String::new(),
            Some(colours) if is_mid_line => colours.close() + "\n",
            Some(colours) => colours.close(),
        }
    }
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
        let buffered = |file, place, reports| {
            let stream = Stream {
                file: Some(file),
                tame: None,
                tamed: Vec::new(),
                place,
                reports,
            };
            BufWriter::with_capacity(32 * 1024, stream)
        };
        Ok(Self {
            out: buffered(out, out_place, true),
            err: buffered(err, err_place, false),
            says_on_out: false,
            region: Region::default(),
            typed: 0,
        })
    }

    /// Says how the jobs' output is set off: where prun's own words go, and whether they are kept
    /// from a line that output left without an end, and from its colours.
    pub(crate) fn set_off(&mut self, frame: Frame) {
        self.says_on_out = matches!(frame, Frame::Folded(_));
        if frame != Frame::Bare || Self::stderr_is_terminal() {
            let words = if self.says_on_out {
                &self.out
            } else {
                &self.err
            };
            words.get_ref().place().colours = Some(Colours::default());
        }
    }

    /// Lets output that goes to a terminal colour, but not move the cursor: lines are drawn there.
    pub(crate) fn tame(&mut self) {
        let tame = |is_terminal: bool| is_terminal.then(Tame::default);
        self.out.get_mut().tame = tame(Self::stdout_is_terminal());
        self.err.get_mut().tame = tame(Self::stderr_is_terminal());
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
            return self.lift();
        }
        let now = self.now();
        let text = self.region.draw(lines, now);
        self.err.get_mut().write_as_it_is(text.as_bytes());
    }

    /// Removes the drawn lines.
    pub(crate) fn lift(&mut self) {
        if self.region.is_drawn() {
            let now = self.now();
            let text = self.region.lift(now);
            self.err.get_mut().write_as_it_is(text.as_bytes());
        }
    }

    fn now(&mut self) -> Now {
        let size = Console::size().map(|size| (size.rows.into(), size.columns.into()));
        // A terminal counts whole lines.
        let typed = rustix::io::ioctl_fionread(io::stderr()).unwrap_or_default();
        let is_typed = std::mem::replace(&mut self.typed, typed) != typed;
        Now { size, is_typed }
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
        self.lift();
        &mut self.out
    }

    /// Standard error, where nothing fails.
    pub(crate) fn err(&mut self) -> &mut impl Write {
        self.lift();
        &mut self.err
    }

    /// Where prun's own words go: to standard error, or into the log that standard output is.
    ///
    /// # Errors
    /// What was written before could not be written.
    pub(crate) fn words(&mut self) -> io::Result<&mut (dyn Write + Send)> {
        self.lift();
        self.flush()?;
        let words: &mut BufWriter<Stream> = match self.says_on_out {
            true => &mut self.out,
            false => &mut self.err,
        };
        let before = words.get_ref().place().before_words();
        words.write_all(before.as_bytes())?;
        Ok(words)
    }

    /// How many newlines went to the place of prun's own words so far, where that is counted.
    pub(crate) fn newlines(&self) -> u64 {
        let words = if self.says_on_out {
            &self.out
        } else {
            &self.err
        };
        words.get_ref().place().newlines
    }

    /// Writes what is in `spool` to one of the two.
    pub(crate) fn copy(&mut self, stream: event::Stream, spool: &Spool) -> io::Result<()> {
        self.lift();
        let to = match stream {
            event::Stream::Stdout => &mut self.out,
            event::Stream::Stderr => &mut self.err,
        };
        if !spool.has_file() || to.get_ref().looks_at_output() {
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
        stream.place().note(&last);
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
    /// A panic while the lock is held cannot leave it half changed, so poison is ignored.
    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether what is written has to pass through here.
    fn looks_at_output(&self) -> bool {
        self.tame.is_some() || self.place().colours.is_some()
    }

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
            None => file.write(bytes).map(|n| (n, &bytes[..n])),
            Some(tame) => {
                self.tamed.clear();
                tame.filter(bytes, &mut self.tamed);
                let written = file.write_all(&self.tamed);
                written.map(|()| (bytes.len(), &*self.tamed))
            }
        };
        match written {
            Ok((n, written)) => {
                let place = self.place.lock();
                place.unwrap_or_else(PoisonError::into_inner).note(written);
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
