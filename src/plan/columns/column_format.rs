//! How the fields of a record are written.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::sync::Arc;

use thiserror::Error;

/// How a record is divided into fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ColumnFormat {
    /// RFC 4180: fields between commas, perhaps in quotes.
    Csv,
    /// Fields between runs of blanks and tabs; those at both ends of a record count for nothing.
    Blanks,
    /// Fields between these bytes. There are no quotes.
    Separated(Arc<[u8]>),
}

/// Which fields a record has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Columns {
    /// How it is divided; `None` for one field, the record itself.
    pub(crate) format: Option<ColumnFormat>,
    /// Whether the first record has the names of the fields.
    pub(crate) has_header: bool,
}

/// Why a text is no separator of columns.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum ColumnFormatError {
    /// Nothing.
    #[error("the separator is empty: write the text between two columns")]
    Empty,
    /// A regular expression, as GNU parallel takes.
    #[error(
        "`{0}` is not known: the separator is literal text with \\t, \\n and \\\\, and no regular expression; \
         ' ' means any number of blanks and tabs"
    )]
    Escape(String),
}

impl ColumnFormat {
    /// Tab-separated values, as registered with IANA: without quotes.
    pub(crate) fn tsv() -> Self {
        Self::Separated(Arc::from(*b"\t"))
    }

    /// Parses the separator of `--colsep`.
    pub(crate) fn separated_by(text: &str) -> Result<Self, ColumnFormatError> {
        let mut separator = String::with_capacity(text.len());
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            separator.push(match c {
                '\\' => match rest.next() {
                    Some('t') => '\t',
                    Some('n') => '\n',
                    Some('\\') => '\\',
                    other => {
                        let escape = ['\\'].into_iter().chain(other).collect();
                        return Err(ColumnFormatError::Escape(escape));
                    }
                },
                c => c,
            });
        }
        match separator.as_str() {
            "" => Err(ColumnFormatError::Empty),
            " " => Ok(Self::Blanks),
            _ => Ok(Self::Separated(separator.into_bytes().into())),
        }
    }
}

/// Divides a record at each separator.
pub(crate) fn divide_at(record: &[u8], separator: &[u8]) -> Vec<OsString> {
    let mut fields = Vec::new();
    let mut rest = record;
    let is_separator = |rest: &[u8]| match separator {
        [byte] => rest.iter().position(|other| other == byte),
        _ => rest
            .windows(separator.len())
            .position(|bytes| bytes == separator),
    };
    while let Some(at) = is_separator(rest) {
        fields.push(OsString::from_vec(rest[..at].to_vec()));
        rest = &rest[at + separator.len()..];
    }
    fields.push(OsString::from_vec(rest.to_vec()));
    fields
}

/// Divides a record at runs of blanks and tabs.
pub(crate) fn divide_at_blanks(record: &[u8]) -> Vec<OsString> {
    let fields = record.split(|byte| b" \t".contains(byte));
    fields
        .filter(|field| !field.is_empty())
        .map(|field| OsString::from_vec(field.to_vec()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_separator_is_literal_text_with_escapes() {
        let separated = |bytes: &[u8]| Ok(ColumnFormat::Separated(bytes.into()));
        assert_eq!(ColumnFormat::separated_by(","), separated(b","));
        assert_eq!(ColumnFormat::separated_by("\\t"), separated(b"\t"));
        assert_eq!(ColumnFormat::separated_by("a\\\\b"), separated(b"a\\b"));
        assert_eq!(ColumnFormat::separated_by("  "), separated(b"  "));
        assert_eq!(ColumnFormat::separated_by(" "), Ok(ColumnFormat::Blanks));
        assert_eq!(
            ColumnFormat::separated_by(""),
            Err(ColumnFormatError::Empty)
        );
        assert_eq!(
            ColumnFormat::separated_by("\\s+").unwrap_err().to_string(),
            "`\\s` is not known: the separator is literal text with \\t, \\n and \\\\, and no regular \
             expression; ' ' means any number of blanks and tabs"
        );
        assert!(ColumnFormat::separated_by("x\\").is_err());
    }

    #[test]
    fn a_record_is_divided_at_every_separator() {
        assert_eq!(divide_at(b"a::b::::c:", b"::"), ["a", "b", "", "c:"]);
        assert_eq!(divide_at(b",", b","), ["", ""]);
        assert_eq!(divide_at(b"", b","), [""]);
    }

    #[test]
    fn runs_of_blanks_are_one_separator() {
        assert_eq!(divide_at_blanks(b"  a \t b\tc  "), ["a", "b", "c"]);
        assert!(divide_at_blanks(b" \t").is_empty());
    }
}
