//! One standard stream: its write errors, its last line, and whether it carries output of a job.

use std::io::{self, BufWriter, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::colours::Colours;
use super::sanitize::Sanitizer;
use crate::os::Blocking;
use crate::process::Spool;
use crate::sink::ci::Escaper;

/// What happens when a write fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnError {
    /// Return the error to the caller.
    Report,
    /// Close the stream. prun's own messages are lost without an error; lost output of jobs is
    /// reported by `has_lost_output`.
    Close,
}

/// A standard stream that is closed after a write error, if [`OnError`] says so.
pub(crate) struct ConsoleStream {
    file: Option<Blocking>,
    /// Removes control sequences other than colours from output, on a terminal.
    pub(crate) sanitizer: Option<Sanitizer>,
    sanitized: Vec<u8>,
    state: Arc<Mutex<StreamState>>,
    on_error: OnError,
    /// The error after which it was closed.
    error: Option<io::Error>,
    /// Whether the buffer may hold output of a job.
    pub(crate) carries_output: bool,
    /// Whether output of a job was lost.
    pub(crate) has_lost_output: bool,
}

/// The state of a terminal or file, which both standard streams may share.
#[derive(Default)]
pub(crate) struct StreamState {
    /// The last byte written.
    last: Option<u8>,
    /// The colours that output left on, if prun's own messages must not take them on.
    pub(crate) colours: Option<Colours>,
    /// Number of newlines written; counted only with `colours`.
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

    /// Returns the text that separates prun's own messages from output before them.
    pub(crate) fn separator(&mut self) -> String {
        let is_mid_line = self.is_mid_line();
        match &mut self.colours {
            None => String::new(),
            Some(colours) if is_mid_line => colours.close() + "\n",
            Some(colours) => colours.close(),
        }
    }
}

impl ConsoleStream {
    /// Creates a buffered stream that writes to `file`, with that state.
    pub(crate) fn new(
        file: Blocking,
        state: Arc<Mutex<StreamState>>,
        on_error: OnError,
    ) -> BufWriter<Self> {
        let stream = Self {
            file: Some(file),
            sanitizer: None,
            sanitized: Vec::new(),
            state,
            on_error,
            error: None,
            carries_output: false,
            has_lost_output: false,
        };
        BufWriter::with_capacity(32 * 1024, stream)
    }

    /// Locks the state. A panic cannot leave it half changed, so poison is ignored.
    pub(crate) fn state(&self) -> MutexGuard<'_, StreamState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether output must be written through this type, rather than sent from file to file.
    pub(crate) fn inspects_output(&self) -> bool {
        self.sanitizer.is_some() || self.state().colours.is_some()
    }

    /// Writes bytes of prun's own, such as the live region, without sanitizing or tracking them.
    pub(crate) fn write_raw(&mut self, bytes: &[u8]) {
        if let Some(file) = &mut self.file {
            // A frame that is lost is drawn again soon.
            let _ = file.write_all(bytes);
        }
    }

    /// Writes the contents of `spool`, bypassing the buffer, which must be empty.
    pub(crate) fn send(&mut self, spool: &Spool) -> io::Result<()> {
        let sent = self
            .file
            .as_mut()
            .map_or(Ok(()), |file| spool.send_to(file));
        let mut last = [b'\n'];
        // If it cannot be read, `sent` is an error already.
        let _ = spool.read_at(&mut last, spool.len().saturating_sub(1));
        self.state().note(&last);
        self.handle_result(sent)
    }

    /// Discards all further writes.
    pub(crate) fn close(&mut self) {
        self.file = None;
    }

    /// Returns, once, the error that lost output of a job.
    pub(crate) fn take_error(&mut self) -> Option<io::Error> {
        if self.has_lost_output {
            self.error.take()
        } else {
            None
        }
    }

    /// Handles the result of a write: with [`OnError::Close`] closes the stream after an error, and
    /// notes whether output of a job was lost.
    fn handle_result<T: Default>(&mut self, written: io::Result<T>) -> io::Result<T> {
        match written {
            Err(error)
                if self.on_error == OnError::Close
                    && error.kind() != io::ErrorKind::Interrupted =>
            {
                self.error = Some(error);
                self.close();
            }
            written if self.file.is_some() => return written,
            _ => {}
        }
        self.has_lost_output |= self.on_error == OnError::Close && self.carries_output;
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
            (Ok(_), Some(_), Some(_)) => self.state().note(&self.sanitized),
            (Ok(n), Some(_), None) => self.state().note(&bytes[..*n]),
            _ => {}
        }
        let n = self.handle_result(written)?;
        // A closed stream discards everything.
        Ok(if self.file.is_some() { n } else { bytes.len() })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes the output of a job, and escapes text that the CI log would take for a command.
pub(crate) struct JobWriter<'a> {
    pub(crate) stream: &'a mut BufWriter<ConsoleStream>,
    pub(crate) escaper: Option<&'a mut Escaper>,
    pub(crate) escaped: &'a mut Vec<u8>,
}

impl Write for JobWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    /// Overridden because line by line there are many small pieces, and `BufWriter::write_all` is fast for them.
    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().carries_output = true;
        let Some(escaper) = &mut self.escaper else {
            return self.stream.write_all(bytes);
        };
        self.escaped.clear();
        escaper.take(bytes, self.escaped);
        self.stream.write_all(self.escaped)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
