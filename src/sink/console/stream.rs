//! A standard stream as that which passes through it: whose bytes they are, how they end, and
//! whether they arrive.

use std::io::{self, BufWriter, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::colours::Colours;
use super::sanitize::Sanitizer;
use crate::os::Blocking;
use crate::process::Spool;
use crate::sink::ci::Escaper;

/// What happens where something cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnError {
    /// Whoever writes is told.
    Report,
    /// The stream is given up. What prun itself says may be lost in silence; whether something that
    /// jobs printed was is to be asked for.
    GiveUp,
}

/// A stream that can be given up.
pub(crate) struct ConsoleStream {
    file: Option<Blocking>,
    /// Where output may colour, and nothing else.
    pub(crate) sanitizer: Option<Sanitizer>,
    sanitized: Vec<u8>,
    place: Arc<Mutex<StreamState>>,
    on_error: OnError,
    /// Why it was given up.
    error: Option<io::Error>,
    /// Whether bytes of a job are on their way.
    pub(crate) carries_output: bool,
    /// Whether such bytes were lost.
    pub(crate) has_lost_output: bool,
}

/// Where a stream leads, and how what was written there ends.
#[derive(Default)]
pub(crate) struct StreamState {
    /// The last byte, if there is one.
    last: Option<u8>,
    /// What is known of the colours there, if prun's own words are to be kept from them.
    pub(crate) colours: Option<Colours>,
    /// Newlines so far, where the colours are known.
    pub(crate) newlines: u64,
}

impl StreamState {
    fn note(&mut self, bytes: &[u8]) {
        self.last = bytes.last().copied().or(self.last);
        if let Some(colours) = &mut self.colours {
            colours.go_through(bytes);
            self.newlines += bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        }
    }

    pub(crate) fn is_mid_line(&self) -> bool {
        self.last.is_some_and(|last| last != b'\n')
    }

    /// What keeps prun's words from the output before them.
    pub(crate) fn before_words(&mut self) -> String {
        let is_mid_line = self.is_mid_line();
        match &mut self.colours {
            None => String::new(),
            Some(colours) if is_mid_line => colours.close() + "\n",
            Some(colours) => colours.close(),
        }
    }
}

impl ConsoleStream {
    /// A stream to `file`, which leads to `place`; buffered.
    pub(crate) fn new(
        file: Blocking,
        place: Arc<Mutex<StreamState>>,
        on_error: OnError,
    ) -> BufWriter<Self> {
        let stream = Self {
            file: Some(file),
            sanitizer: None,
            sanitized: Vec::new(),
            place,
            on_error,
            error: None,
            carries_output: false,
            has_lost_output: false,
        };
        BufWriter::with_capacity(32 * 1024, stream)
    }

    /// A panic while the lock is held cannot leave it half changed, so poison is ignored.
    pub(crate) fn place(&self) -> MutexGuard<'_, StreamState> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether what is written has to pass through here.
    pub(crate) fn looks_at_output(&self) -> bool {
        self.sanitizer.is_some() || self.place().colours.is_some()
    }

    /// Writes what is prun's own and may move the cursor.
    pub(crate) fn write_as_it_is(&mut self, bytes: &[u8]) {
        if let Some(file) = &mut self.file {
            // It is drawn again soon.
            let _ = file.write_all(bytes);
        }
    }

    /// Writes what is in `spool`, past the buffer, which is empty.
    pub(crate) fn send(&mut self, spool: &Spool) -> io::Result<()> {
        let sent = self
            .file
            .as_mut()
            .map_or(Ok(()), |file| spool.send_to(file));
        let mut last = [b'\n'];
        // What cannot be read back could not be sent either.
        let _ = spool.read_at(&mut last, spool.len().saturating_sub(1));
        self.place().note(&last);
        self.settle(sent)
    }

    /// Writes nothing more.
    pub(crate) fn close(&mut self) {
        self.file = None;
    }

    /// Why output of jobs was lost, once.
    pub(crate) fn take_error(&mut self) -> Option<io::Error> {
        if self.has_lost_output {
            self.error.take()
        } else {
            None
        }
    }

    /// Gives the stream up after an error, where nobody is to be told of it; and takes down whether
    /// what is lost was a job's.
    fn settle<T: Default>(&mut self, written: io::Result<T>) -> io::Result<T> {
        match written {
            Err(error)
                if self.on_error == OnError::GiveUp
                    && error.kind() != io::ErrorKind::Interrupted =>
            {
                self.error = Some(error);
                self.close();
            }
            written if self.file.is_some() => return written,
            _ => {}
        }
        self.has_lost_output |= self.on_error == OnError::GiveUp && self.carries_output;
        Ok(T::default())
    }
}

impl Write for ConsoleStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = match (&mut self.file, &mut self.sanitizer) {
            (None, _) => Ok(bytes.len()),
            (Some(file), None) => file.write(bytes),
            (Some(file), Some(sanitizer)) => {
                self.sanitized.clear();
                sanitizer.filter(bytes, &mut self.sanitized);
                file.write_all(&self.sanitized).map(|()| bytes.len())
            }
        };
        match (&written, &self.file, &self.sanitizer) {
            (Ok(_), Some(_), Some(_)) => self.place().note(&self.sanitized),
            (Ok(n), Some(_), None) => self.place().note(&bytes[..*n]),
            _ => {}
        }
        let n = self.settle(written)?;
        // What is given up goes nowhere.
        Ok(if self.file.is_some() { n } else { bytes.len() })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes what a job printed. In a log where some text is a command, it becomes none.
pub(crate) struct JobWriter<'a> {
    pub(crate) stream: &'a mut BufWriter<ConsoleStream>,
    pub(crate) escaper: Option<&'a mut Escaper>,
    pub(crate) defused: &'a mut Vec<u8>,
}

impl Write for JobWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    /// Line by line there are many small pieces, for which the buffer's own way is the shortest.
    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().carries_output = true;
        let Some(escaper) = &mut self.escaper else {
            return self.stream.write_all(bytes);
        };
        self.defused.clear();
        escaper.take(bytes, self.defused);
        self.stream.write_all(self.defused)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
