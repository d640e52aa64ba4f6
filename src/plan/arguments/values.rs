//! One source of values for a template: a list, or the lines of a file. Values are bytes.

use std::ffi::OsString;
use std::io::{self, Read};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

use crate::plan::input::{InputLines, InputLinesError, OpenError, Opened, Separator, open};
use crate::plan::job::Origin;

/// A source of values.
pub(crate) enum ValueSource {
    /// A list after `:::`.
    List(Vec<OsString>),
    /// The lines of a file, or its items that end with NUL.
    File(PathBuf),
    /// The same of standard input.
    Stdin,
}

/// Why there are no more values.
#[derive(Debug, Error)]
pub(crate) enum ValueError {
    /// The file cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A read failed.
    #[error("{0}: cannot read: {1}")]
    Read(Arc<str>, io::Error),
    /// A NUL byte in a value.
    #[error("{0}: NUL byte in the argument: remove it, or use -0 if each argument ends with NUL")]
    Nul(Origin),
    /// A value beyond the size limit.
    #[error("{0}: the argument is longer than {1} bytes: is this a list of arguments?")]
    TooLong(Origin, usize),
}

/// An iterator over the values of one source.
pub(crate) struct Values {
    supply: Supply,
    total: Option<u64>,
}

enum Supply {
    List(std::vec::IntoIter<OsString>),
    File(Reader),
    Stream(Reader),
}

/// Reads values from a file: an empty line is an empty value, so that those after it keep their
/// positions.
struct Reader {
    lines: InputLines,
    warning: Option<String>,
    is_ended: bool,
}

impl Values {
    /// Opens a source. A regular file is read through once, to count its values and to find errors
    /// before anything starts.
    pub(crate) fn open(source: ValueSource, separator: Separator) -> Result<Self, ValueError> {
        match source {
            ValueSource::List(list) => Ok(Self {
                total: Some(list.len() as u64),
                supply: Supply::List(list.into_iter()),
            }),
            ValueSource::File(path) => Self::file(&path, separator),
            ValueSource::Stdin => {
                let input = open::stdin("file of arguments")?;
                Ok(Self::stream("stdin".into(), Box::new(input), separator))
            }
        }
    }

    /// Returns the values of an open stream, named `label` in messages.
    pub(crate) fn stream(
        label: Arc<str>,
        input: Box<dyn Read + Send>,
        separator: Separator,
    ) -> Self {
        Self {
            supply: Supply::Stream(Reader::new(label, separator, input)),
            total: None,
        }
    }

    fn file(path: &Path, separator: Separator) -> Result<Self, ValueError> {
        let label: Arc<str> = path.display().to_string().into();
        let reader = |input| Reader::new(Arc::clone(&label), separator, input);
        let file = match open::open(path, "file of arguments")? {
            Opened::Regular(file) => file,
            Opened::Stream(file) => {
                return Ok(Self::stream(label, Box::new(file), separator));
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

    /// Returns the total number of values, if it is known beforehand.
    pub(crate) fn total(&self) -> Option<u64> {
        self.total
    }

    /// Returns the warning about the values that were read, once.
    pub(crate) fn warning(&mut self) -> Option<String> {
        match &mut self.supply {
            Supply::List(_) => None,
            Supply::File(reader) | Supply::Stream(reader) => reader.warning.take(),
        }
    }

    /// Whether `next` may block.
    pub(crate) fn may_block(&self) -> bool {
        matches!(self.supply, Supply::Stream(_))
    }

    /// Whether the next value is buffered; false if in doubt.
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
    fn new(label: Arc<str>, separator: Separator, input: Box<dyn Read + Send>) -> Self {
        Self {
            lines: InputLines::new(label, separator, input),
            warning: None,
            is_ended: false,
        }
    }

    fn buffered(&self) -> bool {
        self.is_ended || self.lines.buffered(|_| false)
    }

    fn read(&mut self) -> Result<Option<OsString>, ValueError> {
        // A file name that ends with NUL may begin with the bytes of a byte order mark.
        if self.lines.separator == Separator::Newline {
            self.lines.drop_byte_order_mark()?;
        }
        let mut value = Vec::new();
        if !self.lines.read(&mut value, |_| false)? {
            return Ok(None);
        }
        if value.contains(&0) {
            return Err(ValueError::Nul(self.lines.here()));
        }
        self.warning = self.lines.warning().or(self.warning.take());
        value.shrink_to_fit();
        Ok(Some(OsString::from_vec(value)))
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

    fn stream(chunks: &[&[u8]], separator: Separator) -> Values {
        Values::stream("stdin".into(), Chunks::new(chunks), separator)
    }

    fn all(values: Values) -> Vec<String> {
        let shown = |value: Result<OsString, ValueError>| match value {
            Ok(value) => value.to_string_lossy().into_owned(),
            Err(error) => format!("error {error}"),
        };
        values.map(shown).collect()
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
    fn carriage_returns_are_reported_once() {
        let mut values = stream(&[b"a\nb\r\nc\r\n", b""], Separator::Newline);
        let mut warnings = Vec::new();
        while values.next().is_some() {
            warnings.push(values.warning());
        }
        let warning = "stdin:2: lines end with CRLF: the carriage returns are dropped".to_owned();
        assert_eq!(warnings, [None, Some(warning), None]);
    }

    #[test]
    fn a_byte_order_mark_is_dropped_from_a_line_but_not_from_a_name() {
        let text = "\u{feff}a\r".as_bytes();
        let values = stream(&[text, b"\n", b""], Separator::Newline);
        assert_eq!(all(values), ["a"]);
        let values = stream(&[text, b"\0", b""], Separator::Null);
        assert_eq!(all(values), ["\u{feff}a\r"]);
    }

    #[test]
    fn values_that_end_with_nul_may_contain_newlines_or_be_empty() {
        let values = stream(&[b"a\nb\0\0c\0", b""], Separator::Null);
        assert_eq!(all(values), ["a\nb", "", "c"]);
    }

    #[test]
    fn a_nul_byte_in_a_line_is_an_error_with_its_line() {
        let values = stream(&[b"a\nb\0c\nd\n"], Separator::Newline);
        let error = "error stdin:2: NUL byte in the argument: remove it, or use -0 if each argument \
                     ends with NUL";
        assert_eq!(all(values), ["a", error]);
    }

    #[test]
    fn a_value_is_returned_before_the_next_one_arrives() {
        let mut values = stream(&[b"a\nb"], Separator::Newline);
        assert!(!values.buffered());
        assert!(values.next().is_some());
        assert!(!values.buffered());
    }
}
