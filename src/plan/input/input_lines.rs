//! The records of a text, one after the other: lines, or what ends with NUL. What an editor adds to
//! a text is dropped here, from job files and from files of arguments alike.

use std::io::{self, BufRead, Read};
use std::sync::Arc;

use super::lookahead::{LONGEST_RECORD, Lookahead, RecordEnd};
use crate::plan::job::Origin;

/// How records end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Separator {
    /// With a newline; the carriage returns of CRLF are dropped.
    Newline,
    /// With NUL. All bytes are taken as they are.
    Null,
}

/// Why there are no more records. What they are is for the caller to say.
#[derive(Debug)]
pub(crate) enum InputLinesError {
    /// The system would not read.
    Read(Arc<str>, io::Error),
    /// A record that never seems to end.
    TooLong(Origin, usize),
}

/// A text that is being read.
pub(crate) struct InputLines {
    pub(crate) lookahead: Lookahead,
    label: Arc<str>,
    pub(crate) records: Separator,
    /// How many bytes a record may have.
    pub(crate) longest: usize,
    /// How many records were read.
    number: u64,
    has_begun: bool,
    /// Whether the record that was read last had a carriage return at its end.
    is_crlf: bool,
    is_warned: bool,
    is_ended: bool,
}

impl Separator {
    /// The byte that ends a record.
    fn end(self) -> u8 {
        match self {
            Self::Newline => b'\n',
            Self::Null => 0,
        }
    }
}

impl InputLines {
    /// A text that is called `label` in messages. Nothing is read yet.
    pub(crate) fn new(label: Arc<str>, records: Separator, input: Box<dyn Read + Send>) -> Self {
        Self {
            lookahead: Lookahead::new(input),
            label,
            records,
            longest: LONGEST_RECORD,
            number: 0,
            has_begun: false,
            is_crlf: false,
            is_warned: false,
            is_ended: false,
        }
    }

    /// Reads the next record that is not skipped, without what ends it; false at the end.
    pub(crate) fn read(
        &mut self,
        record: &mut Vec<u8>,
        skips: impl Fn(&[u8]) -> bool,
    ) -> Result<bool, InputLinesError> {
        loop {
            if self.is_ended {
                return Ok(false);
            }
            let found = self
                .lookahead
                .read_record(self.records.end(), self.longest, record)
                .map_err(|error| self.unread(error))?;
            self.number += 1;
            // A last line without a newline has no CRLF either: the carriage return is its own.
            self.is_crlf = false;
            match found {
                RecordEnd::Record if self.records == Separator::Newline => {
                    self.is_crlf = record.pop_if(|last| *last == b'\r').is_some();
                }
                RecordEnd::Record => {}
                RecordEnd::Last => self.is_ended = true,
                RecordEnd::End => {
                    self.is_ended = true;
                    return Ok(false);
                }
                RecordEnd::TooLong => {
                    self.is_ended = true;
                    return Err(InputLinesError::TooLong(self.here(), self.longest));
                }
            }
            if !skips(record) {
                return Ok(true);
            }
        }
    }

    /// Drops the byte order mark that an editor may have put at the start; once.
    pub(crate) fn drop_mark(&mut self) -> Result<(), InputLinesError> {
        if std::mem::replace(&mut self.has_begun, true) {
            return Ok(());
        }
        let dropped = self.lookahead.skip_mark();
        dropped.map_err(|error| self.unread(error))
    }

    /// The next bytes, as many as are enough or all there are; none of them is taken.
    pub(crate) fn look(
        &mut self,
        is_enough: impl Fn(&[u8]) -> bool,
    ) -> Result<&[u8], InputLinesError> {
        let looked = self.lookahead.look(is_enough);
        looked.map_err(|error| InputLinesError::Read(Arc::clone(&self.label), error))
    }

    /// The bytes that come next; none at the end.
    pub(crate) fn peek(&mut self) -> Result<&[u8], InputLinesError> {
        let bytes = self.lookahead.fill_buf();
        bytes.map_err(|error| InputLinesError::Read(Arc::clone(&self.label), error))
    }

    /// Takes a first line of so many bytes away, which is counted but no record.
    pub(crate) fn take_line(&mut self, length: usize) {
        self.lookahead.consume(length);
        self.number += u64::from(length > 0);
    }

    /// What the person should know about the record that was read last; once.
    pub(crate) fn warning(&mut self) -> Option<String> {
        if !self.is_crlf || std::mem::replace(&mut self.is_warned, true) {
            return None;
        }
        Some(format!(
            "{}: lines end with CRLF: the carriage returns are dropped",
            self.here()
        ))
    }

    /// Whether the next record that is not skipped is wholly at hand. In doubt the answer is no.
    pub(crate) fn buffered(&self, skips: impl Fn(&[u8]) -> bool) -> bool {
        self.is_ended || self.lookahead.holds_record(self.records.end(), skips)
    }

    /// Where the record that was read last is.
    pub(crate) fn here(&self) -> Origin {
        self.origin(self.number)
    }

    /// A line of this text.
    pub(crate) fn origin(&self, line: u64) -> Origin {
        Origin {
            source: Arc::clone(&self.label),
            line,
        }
    }

    fn unread(&self, error: io::Error) -> InputLinesError {
        InputLinesError::Read(Arc::clone(&self.label), error)
    }
}
