//! Records of named or numbered fields: CSV, TSV, columns with another separator, JSON Lines.
//!
//! The main type is [`RecordReader`], which reads the records of an open input one by one, and the names
//! of their fields before that; [`RecordError`] is why there are no more. `column_format` is how a record is written, `header` the names, `csv` and
//! `json_object` the two formats that are more than a line divided at a separator.

mod column_format;
mod csv;
mod header;
mod json_object;
mod record_error;
mod record_reader;

pub(crate) use column_format::{ColumnFormat, ColumnFormatError, Columns};
pub(crate) use header::duplicate;
pub(crate) use record_error::RecordError;
pub(crate) use record_reader::RecordReader;
