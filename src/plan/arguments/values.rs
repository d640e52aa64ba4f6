//! One source of values for a template: a list, or the records of a file. Values are bytes.

use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

use crate::plan::columns::{Columns, RecordError, RecordReader};
use crate::plan::input::{OpenError, Opened, Separator, open};
use crate::plan::job::Origin;

/// A source of values.
pub(crate) enum ValueSource {
    /// A list after `:::`.
    List(Vec<OsString>),
    /// A list after `:::+`, combined one to one with the source before it.
    Joined(Vec<OsString>),
    /// The records of a file: its lines, or its items that end with NUL, or a table.
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
    /// A record is wrong.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// An iterator over the values of one source: several for each record, if it has columns.
pub(crate) struct Values {
    supply: Supply,
    total: Option<u64>,
    /// The number of columns; `None` if there is no record.
    width: Option<usize>,
    /// The names of the columns, if they have some.
    names: Arc<[OsString]>,
}

enum Supply {
    List(std::vec::IntoIter<OsString>),
    File(RecordReader),
    Stream(RecordReader),
}

impl ValueSource {
    /// Whether it is combined one to one with the source before it.
    pub(crate) fn is_joined(&self) -> bool {
        matches!(self, Self::Joined(_))
    }
}

impl Values {
    /// Opens a source. A regular file is read through once, to count its values and to find errors
    /// before anything starts.
    pub(crate) fn open(
        source: ValueSource,
        separator: Separator,
        columns: &Columns,
    ) -> Result<Self, ValueError> {
        match source {
            ValueSource::List(list) | ValueSource::Joined(list) => {
                Ok(Self::list(list, columns.has_header))
            }
            ValueSource::File(path) => Self::file(&path, separator, columns),
            ValueSource::Stdin => {
                let input = open::stdin("file of arguments")?;
                Self::stream("stdin".into(), Box::new(input), separator, columns)
            }
        }
    }

    /// Returns the values of a list, of which the first may be the name.
    fn list(list: Vec<OsString>, has_header: bool) -> Self {
        let total = (list.len() as u64).saturating_sub(has_header.into());
        let mut list = list.into_iter();
        let names: Arc<[OsString]> = list.by_ref().take(has_header.into()).collect();
        Self {
            // An empty list has no name either.
            width: (names.len() == usize::from(has_header)).then_some(1),
            names,
            supply: Supply::List(list),
            total: Some(total),
        }
    }

    /// Returns the values of an open stream, named `label` in messages. Its first record is read, if
    /// that tells which columns there are.
    pub(crate) fn stream(
        label: Arc<str>,
        input: Box<dyn Read + Send>,
        separator: Separator,
        columns: &Columns,
    ) -> Result<Self, ValueError> {
        let mut reader = RecordReader::new(label, separator, columns, input);
        reader.begin()?;
        Ok(Self::of(reader, None))
    }

    fn file(path: &Path, separator: Separator, columns: &Columns) -> Result<Self, ValueError> {
        let label: Arc<str> = path.display().to_string().into();
        let reader = |input| RecordReader::new(Arc::clone(&label), separator, columns, input);
        let file = match open::open(path, "file of arguments")? {
            Opened::Regular(file) => file,
            Opened::Stream(file) => {
                return Self::stream(label, Box::new(file), separator, columns);
            }
        };
        let mut counted = reader(Box::new(file.clone()));
        counted.begin()?;
        let mut total = 0;
        while counted.check_next()? {
            total += 1;
        }
        let mut reader = reader(Box::new(file));
        reader.begin()?;
        Ok(Self::of(reader, Some(total)))
    }

    /// Returns the values of a reader; `total` is the number of records of a regular file.
    fn of(reader: RecordReader, total: Option<u64>) -> Self {
        let names = reader.header().map(|header| Arc::clone(&header.names));
        Self {
            total,
            width: reader.width(),
            names: names.unwrap_or_default(),
            supply: match total {
                Some(_) => Supply::File(reader),
                None => Supply::Stream(reader),
            },
        }
    }

    /// Returns the number of columns, or `None` if there is no record that tells it.
    pub(crate) fn width(&self) -> Option<usize> {
        self.width
    }

    /// Returns the names of the columns, if they have some.
    pub(crate) fn names(&self) -> &[OsString] {
        &self.names
    }

    /// Returns the origin of the record that tells which columns there are, if it is in a file.
    pub(crate) fn first(&self) -> Option<Origin> {
        match &self.supply {
            Supply::List(_) => None,
            Supply::File(reader) | Supply::Stream(reader) => reader.first(),
        }
    }

    /// Returns the total number of values, if it is known beforehand.
    pub(crate) fn total(&self) -> Option<u64> {
        self.total
    }

    /// Returns the warning about the values that were read, once.
    pub(crate) fn warning(&mut self) -> Option<String> {
        match &mut self.supply {
            Supply::List(_) => None,
            Supply::File(reader) | Supply::Stream(reader) => reader.warning(),
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
    type Item = Result<Vec<OsString>, ValueError>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.supply {
            Supply::List(list) => list.next().map(|value| Ok(vec![value])),
            Supply::File(reader) | Supply::Stream(reader) => {
                reader.next().map(|record| record.map_err(ValueError::from))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::columns::ColumnFormat;
    use crate::plan::input::Chunks;

    fn stream(chunks: &[&[u8]], separator: Separator) -> Values {
        table(chunks, separator, None, false).unwrap()
    }

    /// A stream of records with columns.
    fn table(
        chunks: &[&[u8]],
        separator: Separator,
        format: Option<ColumnFormat>,
        has_header: bool,
    ) -> Result<Values, ValueError> {
        let columns = Columns { format, has_header };
        Values::stream("stdin".into(), Chunks::new(chunks), separator, &columns)
    }

    fn all(values: Values) -> Vec<String> {
        let shown = |values: Result<Vec<OsString>, ValueError>| match values {
            Ok(values) => values.join("|".as_ref()).to_string_lossy().into_owned(),
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

    /// The header and the records of a table, or the error.
    fn read(text: &str, format: Option<ColumnFormat>, has_header: bool) -> Vec<String> {
        let chunks = [text.as_bytes(), b""];
        match table(&chunks, Separator::Newline, format, has_header) {
            Ok(values) => {
                let names = values.names().join("|".as_ref());
                let names = names.to_string_lossy().into_owned();
                std::iter::once(names).chain(all(values)).collect()
            }
            Err(error) => vec![format!("error {error}")],
        }
    }

    fn separated(separator: &str) -> Option<ColumnFormat> {
        Some(ColumnFormat::separated_by(separator).unwrap())
    }

    #[test]
    fn records_are_divided_into_their_fields() {
        for (text, format, expected) in [
            ("a,\"b,c\"\n1,\n", Some(ColumnFormat::Csv), ["a|b,c", "1|"]),
            (
                "a\t\"b\r\n\n1\t \n",
                Some(ColumnFormat::tsv()),
                ["a|\"b", "1| "],
            ),
            (" a  b\n1 \t2\n \n", separated(" "), ["a|b", "1|2"]),
            ("a::b\n1::2", separated("::"), ["a|b", "1|2"]),
        ] {
            let read = read(text, format, false);
            assert_eq!(read[1..], expected, "{text:?}");
        }
    }

    #[test]
    fn the_first_record_has_the_names() {
        let csv = Some(ColumnFormat::Csv);
        assert_eq!(
            read("\u{feff}n,\"m\"\n1,2\n", csv.clone(), true),
            ["n|m", "1|2"]
        );
        assert_eq!(read("n\na\nb\n", None, true), ["n", "a", "b"]);
        assert_eq!(read("", csv.clone(), true), [""]);
        let error = "error stdin:1: two columns are named `n`: every name must be unique";
        assert_eq!(read("n,m,n\n", csv.clone(), true), [error]);
        assert_eq!(read(",,\n1,2,3\n", csv, true), ["||", "1|2|3"]);
    }

    #[test]
    fn the_keys_of_an_object_are_the_names() {
        let text = "{\"n\":1,\"m\":\"x y\"}\n\n{\"m\":null,\"n\":true}\n";
        assert_eq!(read(text, None, true), ["n|m", "1|x y", "true|"]);
        assert_eq!(read("{n}\na\n", None, true), ["{n}", "a"]);
        for (line, error) in [
            (
                "{\"n\":1}",
                "stdin:2: the key `m` is in that on line 1, but not in this object: every object needs the same keys",
            ),
            (
                "{\"n\":1,\"m\":2,\"x\":3}",
                "stdin:2: the key `x` is in this object, but not in that on line 1: every object needs the same keys",
            ),
            (
                "{\"n\":1,\"n\":2}",
                "stdin:2: two columns are named `n`: every name must be unique",
            ),
            (
                "{\"n\":[],\"m\":2}",
                "stdin:2:7: the value of `n` is not a string, a number, true, false or null",
            ),
        ] {
            let text = format!("{{\"n\":1,\"m\":2}}\n{line}\n");
            assert_eq!(read(&text, None, true)[2], format!("error {error}"));
        }
    }

    #[test]
    fn a_record_with_other_fields_than_the_first_is_an_error_with_its_line() {
        let error =
            "error stdin:4: 1 instead of the 2 fields of line 1: every record needs as many";
        assert_eq!(
            read("a,b\n\"x\ny\",z\nc\nd,e\n", Some(ColumnFormat::Csv), false)[3],
            error
        );
        let error =
            "error stdin:2: 3 instead of the 2 fields of line 1: every record needs as many";
        assert_eq!(
            read("a\tb\nc\td\te\n", Some(ColumnFormat::tsv()), true)[1],
            error
        );
        let error = "error stdin:2: a quote in this record has no end: close it (a quote in a quoted field is written \"\")";
        assert_eq!(
            read("a,b\n\"c,d\n", Some(ColumnFormat::Csv), false)[2],
            error
        );
        let error = "error stdin:1: NUL byte in the argument: remove it, or use -0 if each argument ends with NUL";
        assert_eq!(read("a,\0\n", Some(ColumnFormat::Csv), false), [error]);
    }

    #[test]
    fn a_record_is_returned_before_the_next_one_arrives() {
        for format in [Some(ColumnFormat::Csv), Some(ColumnFormat::tsv()), None] {
            let mut values = table(&[b"n\na\nb"], Separator::Newline, format, true).unwrap();
            assert!(values.buffered());
            assert!(values.next().is_some());
            assert!(!values.buffered());
        }
    }
}
