//! How a value is divided into columns, as GNU parallel does.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// What is between two columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ColumnSeparator {
    /// This text.
    Text(Vec<u8>),
    /// One or more of these bytes.
    Any {
        bytes: Vec<u8>,
        /// Whether several in a row are one separator.
        is_repeated: bool,
    },
    /// This byte, with quotes as in CSV.
    Csv(u8),
}

impl ColumnSeparator {
    /// Parses the regular expression of `--colsep`; `None` if it is more than a text, `\s`, `[…]` or a
    /// repetition of one of them.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let (text, is_repeated) = match text.strip_suffix(b"+") {
            Some(text) if !text.ends_with(b"\\") => (text, true),
            _ => (text, false),
        };
        let any = |bytes: &[u8]| Self::Any {
            bytes: bytes.to_vec(),
            is_repeated,
        };
        match text {
            b"\\s" => return Some(any(b" \t\n\x0b\x0c\r")),
            [b'[', inside @ .., b']'] => {
                let inside = unescaped(inside)?;
                let is_plain = !inside.is_empty()
                    && !inside.contains(&b'[')
                    && !inside.contains(&b'^')
                    && !inside.contains(&b'-');
                return is_plain.then(|| any(&inside));
            }
            _ => {}
        }
        let literal = unescaped_pattern(text)?;
        match (literal.len(), is_repeated) {
            (0, _) => None,
            (1, true) => Some(any(&literal)),
            (_, true) => None,
            (_, false) => Some(Self::Text(literal)),
        }
    }

    /// Returns the same for CSV; `None` if it is not one byte.
    pub(crate) fn csv(&self) -> Option<Self> {
        match self {
            Self::Text(text) if text.len() == 1 => Some(Self::Csv(text[0])),
            Self::Csv(byte) => Some(Self::Csv(*byte)),
            Self::Text(_) | Self::Any { .. } => None,
        }
    }

    /// Whether a value ends within quotes, so that the next line belongs to it.
    pub(crate) fn is_open(&self, value: &OsString) -> bool {
        let quotes = value.as_bytes().iter().filter(|byte| **byte == b'"');
        matches!(self, Self::Csv(_)) && quotes.count() % 2 == 1
    }

    /// Divides a value.
    pub(crate) fn split(&self, value: &OsString) -> Vec<OsString> {
        let bytes = value.as_bytes();
        if let Self::Csv(separator) = self {
            return split_csv(bytes, *separator);
        }
        let mut columns = Vec::new();
        let mut start = 0;
        let mut at = 0;
        while at < bytes.len() {
            match self.length_at(&bytes[at..]) {
                0 => at += 1,
                length => {
                    columns.push(OsString::from_vec(bytes[start..at].to_vec()));
                    at += length;
                    start = at;
                }
            }
        }
        columns.push(OsString::from_vec(bytes[start..].to_vec()));
        // As perl's split, which drops empty fields at the end.
        while columns.len() > 1 && columns.last().is_some_and(|last| last.is_empty()) {
            columns.pop();
        }
        columns
    }

    /// Returns the length of the separator at the beginning of a text; 0 for none.
    fn length_at(&self, text: &[u8]) -> usize {
        match self {
            Self::Text(separator) if text.starts_with(separator) => separator.len(),
            Self::Text(_) | Self::Csv(_) => 0,
            Self::Any { bytes, is_repeated } => {
                let length = text.iter().take_while(|byte| bytes.contains(byte)).count();
                if *is_repeated { length } else { length.min(1) }
            }
        }
    }
}

/// Divides a record of CSV, whose quotes are closed.
fn split_csv(record: &[u8], separator: u8) -> Vec<OsString> {
    let (mut fields, mut field, mut is_quoted) = (Vec::new(), Vec::new(), false);
    let mut rest = record;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match *byte {
            b'"' if is_quoted && rest.first() == Some(&b'"') => {
                field.push(b'"');
                rest = &rest[1..];
            }
            b'"' if is_quoted || field.is_empty() => is_quoted = !is_quoted,
            byte if byte == separator && !is_quoted => {
                fields.push(OsString::from_vec(std::mem::take(&mut field)));
            }
            byte => field.push(byte),
        }
    }
    fields.push(OsString::from_vec(field));
    fields
}

/// Returns the byte of an escape sequence.
fn escape(letter: u8) -> Option<u8> {
    match letter {
        b't' => Some(b'\t'),
        b'n' => Some(b'\n'),
        b'r' => Some(b'\r'),
        b'0' => Some(0),
        letter if letter.is_ascii_punctuation() => Some(letter),
        _ => None,
    }
}

fn unescaped(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => escape(*rest.next()?)?,
            byte => *byte,
        });
    }
    Some(bytes)
}

/// The same for a regular expression without operators.
fn unescaped_pattern(text: &[u8]) -> Option<Vec<u8>> {
    let mut is_escaped = false;
    for byte in text {
        if !is_escaped && b".*+?[](){}^$|".contains(byte) {
            return None;
        }
        is_escaped = !is_escaped && *byte == b'\\';
    }
    unescaped(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(separator: &str, value: &str) -> Vec<String> {
        let separator = ColumnSeparator::parse(separator.as_bytes()).unwrap();
        let columns = separator.split(&value.into()).into_iter();
        columns
            .map(|column| column.into_string().unwrap())
            .collect()
    }

    #[test]
    fn a_separator_is_a_text_a_class_or_a_repetition() {
        assert_eq!(columns("\\t", "a\tb\t"), ["a", "b"]);
        assert_eq!(columns(", ", "a, b,c"), ["a", "b,c"]);
        assert_eq!(columns("\\s+", "a  b\tc"), ["a", "b", "c"]);
        assert_eq!(columns("[,;]", "a,;b"), ["a", "", "b"]);
        assert_eq!(columns(" +", "a   b"), ["a", "b"]);
        assert_eq!(columns("\\|", "a|b"), ["a", "b"]);
    }

    #[test]
    fn fields_of_csv_may_have_separators_and_quotes() {
        let csv = ColumnSeparator::Csv(b',');
        let fields = csv.split(&"a,\"b,\"\"c\"\"\",,d".into());
        assert_eq!(fields, ["a", "b,\"c\"", "", "d"]);
        assert!(csv.is_open(&"a,\"b".into()));
    }

    #[test]
    fn other_regular_expressions_are_not_parsed() {
        for text in ["a|b", "[^,]", "[a-z]", ".", "a.b", "(,)", "\\d", "ab+", ""] {
            assert_eq!(ColumnSeparator::parse(text.as_bytes()), None, "{text}");
        }
    }
}
