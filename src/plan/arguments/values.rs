//! One source of values for a template: a typed list, or the records of a file. Values are bytes.

use std::ffi::OsString;
use std::io::{self, Read};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

use crate::plan::input::{InputLines, InputLinesError, Separator};
use crate::plan::input::{OpenError, Opened, open};
use crate::plan::job::Origin;

/// Where values come from.
pub(crate) enum ValueSource {
    /// They were typed behind `:::`.
    List(Vec<OsString>),
    /// The records of a file.
    File(PathBuf),
    /// The records of standard input.
    Stdin,
}

/// Why there are no more values.
#[derive(Debug, Error)]
pub(crate) enum ValueError {
    /// The file cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The system would not read.
    #[error("{0}: cannot read: {1}")]
    Read(Arc<str>, io::Error),
    /// A value that no program can be given.
    #[error(
        "{0}: NUL byte in the argument: no program can be given one (arguments that end with NUL need -0)"
    )]
    Nul(Origin),
    /// A record that never seems to end.
    #[error("{0}: the argument is longer than {1} bytes: is this a list of arguments?")]
    TooLong(Origin, usize),
}

/// The values of one source, as they are read.
pub(crate) struct Values {
    supply: Supply,
    total: Option<u64>,
}

enum Supply {
    List(std::vec::IntoIter<OsString>),
    File(Reader),
    Stream(Reader),
}

/// Records, each of which is a value: an empty one is an empty value, so that those behind it keep
/// their places.
struct Reader {
    lines: InputLines,
    warning: Option<String>,
    is_ended: bool,
}

impl Values {
    /// Opens a source. A regular file is read through once, to count its values and to find what is
    /// wrong with them before anything starts.
    pub(crate) fn open(source: ValueSource, records: Separator) -> Result<Self, ValueError> {
        match source {
            ValueSource::List(list) => Ok(Self {
                total: Some(list.len() as u64),
                supply: Supply::List(list.into_iter()),
            }),
            ValueSource::File(path) => Self::file(&path, records),
            ValueSource::Stdin => {
                let input = open::stdin("file of arguments")?;
                Ok(Self::stream("stdin".into(), Box::new(input), records))
            }
        }
    }

    /// An open stream that is called `label`.
    pub(crate) fn stream(label: Arc<str>, input: Box<dyn Read + Send>, records: Separator) -> Self {
        Self {
            supply: Supply::Stream(Reader::new(label, records, input)),
            total: None,
        }
    }

    fn file(path: &Path, records: Separator) -> Result<Self, ValueError> {
        let label: Arc<str> = path.display().to_string().into();
        let reader = |input| Reader::new(Arc::clone(&label), records, input);
        let file = match open::open(path, "file of arguments")? {
            Opened::Regular(file) => file,
            Opened::Stream(file) => {
                return Ok(Self::stream(label, Box::new(file), records));
            }
        };
        let mut total = 0;
        for value in reader(Box::new(file.clone())) {
            value?;
            total += 1;
        }
        Ok(Self {
            supply: Supply::File(reader(Box::new(file))),
            total: Some(total),
        })
    }

    /// How many values there are in all, where that is known beforehand.
    pub(crate) fn total(&self) -> Option<u64> {
        self.total
    }

    /// What the person should know about the values that were read; once.
    pub(crate) fn warning(&mut self) -> Option<String> {
        match &mut self.supply {
            Supply::List(_) => None,
            Supply::File(reader) | Supply::Stream(reader) => reader.warning.take(),
        }
    }

    /// Whether `next` may wait for somebody else.
    pub(crate) fn may_block(&self) -> bool {
        matches!(self.supply, Supply::Stream(_))
    }

    /// Whether the next value is at hand. In doubt the answer is no.
    pub(crate) fn buffered(&self) -> bool {
        match &self.supply {
            Supply::List(_) | Supply::File(_) => true,
            Supply::Stream(reader) => reader.buffered(),
        }
    }
}

impl Iterator for Values {
    type Item = Result<OsString, ValueError>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.supply {
            Supply::List(list) => list.next().map(Ok),
            Supply::File(reader) | Supply::Stream(reader) => reader.next(),
        }
    }
}

impl Reader {
    fn new(label: Arc<str>, records: Separator, input: Box<dyn Read + Send>) -> Self {
        Self {
            lines: InputLines::new(label, records, input),
            warning: None,
            is_ended: false,
        }
    }

    fn buffered(&self) -> bool {
        self.is_ended || self.lines.buffered(|_| false)
    }

    fn read(&mut self) -> Result<Option<OsString>, ValueError> {
        // A name that ends with NUL may begin with what is a mark in a text.
        if self.lines.records == Separator::Newline {
            self.lines.drop_mark()?;
        }
        let mut record = Vec::new();
        if !self.lines.read(&mut record, |_| false)? {
            return Ok(None);
        }
        if record.contains(&0) {
            return Err(ValueError::Nul(self.lines.here()));
        }
        self.warning = self.lines.warning().or(self.warning.take());
        record.shrink_to_fit();
        Ok(Some(OsString::from_vec(record)))
    }
}

impl From<InputLinesError> for ValueError {
    fn from(error: InputLinesError) -> Self {
        match error {
            InputLinesError::Read(label, error) => Self::Read(label, error),
            InputLinesError::TooLong(origin, longest) => Self::TooLong(origin, longest),
        }
    }
}

impl Iterator for Reader {
    type Item = Result<OsString, ValueError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_ended {
            return None;
        }
        let value = self.read().transpose();
        self.is_ended |= !matches!(value, Some(Ok(_)));
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::input::Chunks;

    fn stream(chunks: &[&[u8]], records: Separator) -> Values {
        Values::stream("stdin".into(), Chunks::new(chunks), records)
    }

    fn all(values: Values) -> Vec<String> {
        let told = |value: Result<OsString, ValueError>| match value {
            Ok(value) => value.to_string_lossy().into_owned(),
            Err(error) => format!("error {error}"),
        };
        values.map(told).collect()
    }

    #[test]
    fn lines_are_values_whatever_is_in_them() {
        let values = stream(&[b"a b\n\n# c\r\nd\r", b""], Separator::Newline);
        assert_eq!(all(values), ["a b", "", "# c", "d\r"]);
        let values = stream(&[b"\n", b""], Separator::Newline);
        assert_eq!(all(values), [""]);
        let values = stream(&[b""], Separator::Newline);
        assert!(all(values).is_empty());
    }

    #[test]
    fn carriage_returns_are_told_once() {
        let mut values = stream(&[b"a\nb\r\nc\r\n", b""], Separator::Newline);
        let mut told = Vec::new();
        while values.next().is_some() {
            told.push(values.warning());
        }
        let warning = "stdin:2: lines end with CRLF: the carriage returns are dropped".to_owned();
        assert_eq!(told, [None, Some(warning), None]);
    }

    #[test]
    fn a_mark_is_no_part_of_the_first_line_but_one_of_a_name() {
        let text = "\u{feff}a\r".as_bytes();
        let values = stream(&[text, b"\n", b""], Separator::Newline);
        assert_eq!(all(values), ["a"]);
        let values = stream(&[text, b"\0", b""], Separator::Null);
        assert_eq!(all(values), ["\u{feff}a\r"]);
    }

    #[test]
    fn records_that_end_with_nul_may_hold_newlines_or_nothing() {
        let values = stream(&[b"a\nb\0\0c\0", b""], Separator::Null);
        assert_eq!(all(values), ["a\nb", "", "c"]);
    }

    #[test]
    fn a_nul_byte_in_a_line_is_an_error_with_its_line() {
        let values = stream(&[b"a\nb\0c\nd\n"], Separator::Newline);
        let error = "error stdin:2: NUL byte in the argument: no program can be given one \
                     (arguments that end with NUL need -0)";
        assert_eq!(all(values), ["a", error]);
    }

    #[test]
    fn a_value_is_given_before_the_next_one_arrives() {
        let mut values = stream(&[b"a\nb"], Separator::Newline);
        assert!(!values.buffered());
        assert!(values.next().is_some());
        assert!(!values.buffered());
    }
}
