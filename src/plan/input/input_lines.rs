//! Splits a text into lines, or into items that end with NUL. Byte order marks and carriage returns
//! are dropped here, from job files and from files of arguments alike.

use std::io::{self, BufRead, Read};
use std::sync::Arc;

use super::lookahead::{ItemEnd, Lookahead, MAX_ITEM_BYTES};
use crate::plan::job::Origin;

/// The byte that ends an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Separator {
    /// A newline; the carriage returns of CRLF are dropped.
    Newline,
    /// NUL. All bytes are kept as they are.
    Null,
    /// Another byte. All others are kept as they are, and also NUL is an error.
    Byte(u8),
}

/// Why there are no more items. The caller names them in its error.
#[derive(Debug)]
pub(crate) enum InputLinesError {
    /// A read failed.
    Read(Arc<str>, io::Error),
    /// An item beyond the size limit.
    TooLong(Origin, usize),
}

/// A text that is being read.
pub(crate) struct InputLines {
    pub(crate) lookahead: Lookahead,
    label: Arc<str>,
    pub(crate) separator: Separator,
    /// The longest item in bytes.
    pub(crate) longest: usize,
    /// How many items were read.
    number: u64,
    has_begun: bool,
    /// Whether the last item ended with CRLF.
    is_crlf: bool,
    is_warned: bool,
    is_ended: bool,
}

impl Separator {
    /// Returns the byte.
    fn end(self) -> u8 {
        match self {
            Self::Newline => b'\n',
            Self::Null => 0,
            Self::Byte(byte) => byte,
        }
    }
}

impl InputLines {
    /// Returns a reader of a text named `label` in messages. Reads nothing yet.
    pub(crate) fn new(label: Arc<str>, separator: Separator, input: Box<dyn Read + Send>) -> Self {
        Self {
            lookahead: Lookahead::new(input),
            label,
            separator,
            longest: MAX_ITEM_BYTES,
            number: 0,
            has_begun: false,
            is_crlf: false,
            is_warned: false,
            is_ended: false,
        }
    }

    /// Reads the next item that is not skipped, without its separator; returns false at the end.
    pub(crate) fn read(
        &mut self,
        item: &mut Vec<u8>,
        skips: impl Fn(&[u8]) -> bool,
    ) -> Result<bool, InputLinesError> {
        loop {
            if self.is_ended {
                return Ok(false);
            }
            let found = self
                .lookahead
                .read_item(self.separator.end(), self.longest, item)
                .map_err(|error| self.read_error(error))?;
            self.number += 1;
            // In a last line without a newline the carriage return is not part of a CRLF.
            self.is_crlf = false;
            match found {
                ItemEnd::Separator if self.separator == Separator::Newline => {
                    self.is_crlf = item.pop_if(|last| *last == b'\r').is_some();
                }
                ItemEnd::Separator => {}
                ItemEnd::Eof => self.is_ended = true,
                ItemEnd::None => {
                    self.is_ended = true;
                    return Ok(false);
                }
                ItemEnd::TooLong => {
                    self.is_ended = true;
                    return Err(InputLinesError::TooLong(self.here(), self.longest));
                }
            }
            if !skips(item) {
                return Ok(true);
            }
        }
    }

    /// Drops a byte order mark at the start; only the first call has an effect.
    pub(crate) fn drop_byte_order_mark(&mut self) -> Result<(), InputLinesError> {
        if std::mem::replace(&mut self.has_begun, true) {
            return Ok(());
        }
        let dropped = self.lookahead.skip_byte_order_mark();
        dropped.map_err(|error| self.read_error(error))
    }

    /// Returns the next bytes without consuming them, until `is_enough` or the end.
    pub(crate) fn look(
        &mut self,
        is_enough: impl Fn(&[u8]) -> bool,
    ) -> Result<&[u8], InputLinesError> {
        let looked = self.lookahead.look(is_enough);
        looked.map_err(|error| InputLinesError::Read(Arc::clone(&self.label), error))
    }

    /// Returns the bytes that come next without consuming them; none at the end.
    pub(crate) fn peek(&mut self) -> Result<&[u8], InputLinesError> {
        let bytes = self.lookahead.fill_buf();
        bytes.map_err(|error| InputLinesError::Read(Arc::clone(&self.label), error))
    }

    /// Drops a first line of `length` bytes, which counts as a line but is not an item.
    pub(crate) fn take_line(&mut self, length: usize) {
        self.lookahead.consume(length);
        self.number += u64::from(length > 0);
    }

    /// Returns the warning about the last item, once.
    pub(crate) fn warning(&mut self) -> Option<String> {
        if !self.is_crlf || std::mem::replace(&mut self.is_warned, true) {
            return None;
        }
        Some(format!(
            "{}: lines end with CRLF: the carriage returns are dropped",
            self.here()
        ))
    }

    /// Whether the next item that is not skipped is completely buffered; false if in doubt.
    pub(crate) fn buffered(&self, skips: impl Fn(&[u8]) -> bool) -> bool {
        self.is_ended || self.lookahead.holds_item(self.separator.end(), skips)
    }

    /// Returns the origin of the last item.
    pub(crate) fn here(&self) -> Origin {
        self.origin(self.number)
    }

    /// Returns the origin of a line of this text.
    pub(crate) fn origin(&self, line: u64) -> Origin {
        Origin {
            source: Arc::clone(&self.label),
            line,
        }
    }

    /// Returns the error of a read of this text.
    pub(crate) fn read_error(&self, error: io::Error) -> InputLinesError {
        InputLinesError::Read(Arc::clone(&self.label), error)
    }
}
