//! Reads the records of an input, one by one.

use std::ffi::OsString;
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::sync::Arc;

use super::column_format::{ColumnFormat, Columns, divide_at, divide_at_blanks};
use super::csv::{CsvParser, CsvRecord, holds_record};
use super::header::{DuplicateColumn, Header};
use super::json_object::{JsonObject, json_object};
use super::record_error::RecordError;
use crate::plan::input::{InputLines, Separator};
use crate::plan::job::Origin;

/// A reader of records, all with the same number of fields.
pub(crate) struct RecordReader {
    input: InputLines,
    layout: Layout,
    has_header: bool,
    /// The names of the fields, if they are known.
    header: Option<Header>,
    /// The number of fields and the line of the first record.
    first: Option<(usize, u64)>,
    /// A record that was read to know its fields.
    pending: Option<Vec<OsString>>,
    warning: Option<String>,
    is_ended: bool,
}

/// How a record becomes fields.
enum Layout {
    /// It is one field, even if it is empty.
    Whole,
    Csv(Box<CsvParser>),
    Blanks,
    Separated(Arc<[u8]>),
    JsonLines,
}

/// A record, and the names in it.
struct Record {
    fields: Vec<OsString>,
    names: Option<Vec<OsString>>,
    line: u64,
}

impl RecordReader {
    /// Returns a reader of an input named `label` in messages. Reads nothing yet.
    pub(crate) fn new(
        label: Arc<str>,
        separator: Separator,
        columns: &Columns,
        input: Box<dyn Read + Send>,
    ) -> Self {
        Self {
            input: InputLines::new(label, separator, input),
            layout: match &columns.format {
                None => Layout::Whole,
                Some(ColumnFormat::Csv) => Layout::Csv(Box::default()),
                Some(ColumnFormat::Blanks) => Layout::Blanks,
                Some(ColumnFormat::Separated(separator)) => Layout::Separated(separator.clone()),
            },
            has_header: columns.has_header,
            header: None,
            first: None,
            pending: None,
            warning: None,
            is_ended: false,
        }
    }

    /// Reads the header and the first record, as far as they tell which fields there are. Records that
    /// are one field without a name need no reading.
    pub(crate) fn begin(&mut self) -> Result<(), RecordError> {
        if matches!(self.layout, Layout::Whole) {
            if !self.has_header {
                self.first = Some((1, 1));
                return Ok(());
            }
            if self.is_json()? {
                self.layout = Layout::JsonLines;
            }
        }
        let Some(record) = self.read()? else {
            self.is_ended = true;
            return Ok(());
        };
        self.first = Some((record.fields.len(), record.line));
        let origin = self.input.origin(record.line);
        match record.names {
            Some(names) => {
                self.header = Some(Header::new(names, origin)?);
                self.pending = Some(record.fields);
            }
            None if self.has_header => self.header = Some(Header::new(record.fields, origin)?),
            None => self.pending = Some(record.fields),
        }
        Ok(())
    }

    /// Returns the names of the fields, if there are some.
    pub(crate) fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// Returns the number of fields, or `None` for an input without records.
    pub(crate) fn width(&self) -> Option<usize> {
        self.first.map(|(width, _)| width)
    }

    /// Returns the origin of the first record, whose fields every record has.
    pub(crate) fn first(&self) -> Option<Origin> {
        self.first.map(|(_, line)| self.input.origin(line))
    }

    /// Returns the warning about the records that were read, once.
    pub(crate) fn warning(&mut self) -> Option<String> {
        self.warning.take()
    }

    /// Whether the next record is buffered; false if in doubt.
    pub(crate) fn buffered(&self) -> bool {
        self.is_ended
            || self.pending.is_some()
            || match &self.layout {
                Layout::Csv(_) => {
                    self.input.lookahead.is_at_end()
                        || holds_record(self.input.lookahead.buffered())
                }
                layout => self.input.buffered(|line| layout.skips(line)),
            }
    }

    /// Whether the input is JSON Lines, by its name or because it begins with an object.
    fn is_json(&mut self) -> Result<bool, RecordError> {
        if self.input.separator != Separator::Newline {
            return Ok(false);
        }
        let name = self.input.origin(1).source.to_ascii_lowercase();
        if name.ends_with(".jsonl") || name.ends_with(".ndjson") {
            return Ok(true);
        }
        self.input.drop_byte_order_mark()?;
        let significant = |first: &[u8]| {
            let bytes = first.iter().copied();
            bytes
                .filter(|byte| !byte.is_ascii_whitespace())
                .take(2)
                .collect::<Vec<_>>()
        };
        let first = self.input.look(|first| {
            let first = significant(first);
            first.len() == 2 || first.first().is_some_and(|byte| *byte != b'{')
        })?;
        Ok(matches!(significant(first)[..], [b'{', b'"' | b'}']))
    }

    /// Reads the next record.
    fn read(&mut self) -> Result<Option<Record>, RecordError> {
        // A file name that ends with NUL may begin with the bytes of a byte order mark.
        if self.input.separator == Separator::Newline {
            self.input.drop_byte_order_mark()?;
        }
        let record = match &mut self.layout {
            Layout::Csv(parser) => {
                let Some(line) = read_csv(parser, &mut self.input)? else {
                    return Ok(None);
                };
                Record {
                    fields: parser.fields(),
                    names: None,
                    line,
                }
            }
            layout => {
                let mut text = Vec::new();
                if !self.input.read(&mut text, |line| layout.skips(line))? {
                    return Ok(None);
                }
                let here = self.input.here();
                self.warning = self.input.warning().or(self.warning.take());
                let mut names = None;
                let fields = match layout {
                    Layout::Separated(separator) => divide_at(&text, separator),
                    Layout::Blanks => divide_at_blanks(&text),
                    Layout::JsonLines => {
                        let object = json_object(&text).map_err(|error| RecordError::Json {
                            origin: here.clone(),
                            column: error.column,
                            why: error.why,
                        })?;
                        names = Some(object.names);
                        object.values
                    }
                    Layout::Whole | Layout::Csv(_) => {
                        text.shrink_to_fit();
                        vec![OsString::from_vec(text)]
                    }
                };
                Record {
                    fields,
                    names,
                    line: here.line,
                }
            }
        };
        match record
            .fields
            .iter()
            .any(|field| field.as_bytes().contains(&0))
        {
            true => Err(RecordError::Nul(self.input.origin(record.line))),
            false => Ok(Some(record)),
        }
    }

    /// Checks the next record without keeping it; returns false at the end.
    pub(crate) fn check_next(&mut self) -> Result<bool, RecordError> {
        if self.pending.take().is_some() {
            return Ok(true);
        }
        let Layout::Csv(parser) = &mut self.layout else {
            return Ok(self.next().transpose()?.is_some());
        };
        if self.is_ended {
            return Ok(false);
        }
        let Some(line) = read_csv(parser, &mut self.input)? else {
            return Ok(false);
        };
        let (found, has_nul) = (parser.count(), parser.has_nul());
        let origin = || self.input.origin(line);
        match self.first {
            _ if has_nul => Err(RecordError::Nul(origin())),
            Some((expected, first)) if found != expected => Err(RecordError::Ragged {
                origin: origin(),
                found,
                expected,
                first,
            }),
            _ => Ok(true),
        }
    }

    /// Reads the next record and checks its fields.
    fn checked(&mut self) -> Result<Option<Vec<OsString>>, RecordError> {
        let Some(record) = self.read()? else {
            return Ok(None);
        };
        let (expected, first) = self.first.unwrap_or((1, 1));
        let origin = || self.input.origin(record.line);
        match (record.names, &self.header) {
            (Some(names), Some(header)) => {
                let object = JsonObject {
                    names,
                    values: record.fields,
                };
                in_order(object, header, origin()).map(Some)
            }
            _ if record.fields.len() == expected => Ok(Some(record.fields)),
            _ => Err(RecordError::Ragged {
                origin: origin(),
                found: record.fields.len(),
                expected,
                first,
            }),
        }
    }
}

/// Reads a record and returns the line on which it begins; `None` at the end.
fn read_csv(parser: &mut CsvParser, input: &mut InputLines) -> Result<Option<u64>, RecordError> {
    let longest = input.longest;
    match parser.read(&mut input.lookahead, longest) {
        Ok(CsvRecord::Record(line)) => Ok(Some(line)),
        Ok(CsvRecord::End) => Ok(None),
        Ok(CsvRecord::Unclosed(line)) => Err(RecordError::Unclosed(input.origin(line))),
        Ok(CsvRecord::TooLong(line)) => Err(RecordError::TooLong(input.origin(line), longest)),
        Err(error) => Err(input.read_error(error).into()),
    }
}

/// Returns the values of an object in the order of the header.
fn in_order(
    object: JsonObject,
    header: &Header,
    origin: Origin,
) -> Result<Vec<OsString>, RecordError> {
    if *object.names == *header.names {
        return Ok(object.values);
    }
    let here = || "in this object".to_owned();
    let there = || format!("in that on line {}", header.origin.line);
    let mut values: Vec<Option<OsString>> = vec![None; header.names.len()];
    for (name, value) in object.names.into_iter().zip(object.values) {
        let Some(index) = header.names.iter().position(|known| *known == name) else {
            return Err(RecordError::Keys {
                origin,
                key: name,
                here: here(),
                there: there(),
            });
        };
        if values[index].replace(value).is_some() {
            return Err(DuplicateColumn(origin, name).into());
        }
    }
    let missing = values.iter().position(Option::is_none);
    match missing {
        Some(index) => Err(RecordError::Keys {
            origin,
            key: header.names[index].clone(),
            here: there(),
            there: here(),
        }),
        None => Ok(values.into_iter().flatten().collect()),
    }
}

impl Layout {
    /// Whether a line is no record: a blank one, except where it may be an empty value.
    fn skips(&self, line: &[u8]) -> bool {
        match self {
            Self::Whole | Self::Csv(_) => false,
            Self::Separated(_) => line.is_empty(),
            Self::Blanks | Self::JsonLines => line.trim_ascii().is_empty(),
        }
    }
}

impl Iterator for RecordReader {
    type Item = Result<Vec<OsString>, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(record) = self.pending.take() {
            return Some(Ok(record));
        }
        if self.is_ended {
            return None;
        }
        let record = self.checked().transpose();
        self.is_ended |= !matches!(record, Some(Ok(_)));
        record
    }
}
