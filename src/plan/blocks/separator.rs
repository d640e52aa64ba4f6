//! The texts with which records begin and end, as they are written on the command line.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use thiserror::Error;

/// A text that records cannot begin or end with.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum SeparatorError {
    /// Nothing at all.
    #[error("it is empty: omit it, or use -N to count lines")]
    Empty,
    /// An escape without a meaning.
    #[error("unknown escape `\\{0}`: it may be \\n, \\r, \\t, \\0, \\xHH or \\\\")]
    Escape(String),
}

/// Parses a text in which `\n`, `\r`, `\t`, `\0`, `\xHH` and `\\` have their usual meaning. All other
/// bytes stand for themselves.
pub(crate) fn parse_separator(text: &OsStr) -> Result<Vec<u8>, SeparatorError> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        let (byte, length) = match after {
            [b'n', ..] => (b'\n', 1),
            [b'r', ..] => (b'\r', 1),
            [b't', ..] => (b'\t', 1),
            [b'0', ..] => (0, 1),
            [b'\\', ..] => (b'\\', 1),
            [b'x', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                (digit(*high) << 4 | digit(*low), 3)
            }
            _ => {
                let shown = after.iter().take(1).copied().collect::<Vec<u8>>();
                let shown = String::from_utf8_lossy(&shown).into_owned();
                return Err(SeparatorError::Escape(shown));
            }
        };
        bytes.push(byte);
        rest = &after[length..];
    }
    match bytes.is_empty() {
        true => Err(SeparatorError::Empty),
        false => Ok(bytes),
    }
}

/// Returns the value of a hexadecimal digit.
fn digit(letter: u8) -> u8 {
    match letter {
        b'0'..=b'9' => letter - b'0',
        letter => letter.to_ascii_lowercase() - b'a' + 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_understood_and_all_else_is_literal() {
        for (text, bytes) in [
            ("\\n", b"\n".as_slice()),
            (">", b">"),
            ("a\\tb\\0", b"a\tb\0"),
            ("\\x3e\\xFF\\r", b"\x3e\xff\r"),
            ("\\\\n", b"\\n"),
            ("[a-z]+", b"[a-z]+"),
            ("é", "é".as_bytes()),
        ] {
            assert_eq!(parse_separator(OsStr::new(text)).unwrap(), bytes, "{text}");
        }
    }

    #[test]
    fn an_unknown_escape_is_refused() {
        for text in ["\\q", "\\", "\\x", "\\x4", "\\xgg"] {
            let parsed = parse_separator(OsStr::new(text));
            assert!(matches!(parsed, Err(SeparatorError::Escape(_))), "{text}");
        }
        assert_eq!(parse_separator(OsStr::new("")), Err(SeparatorError::Empty));
    }
}
