//! Quoting of bytes for a POSIX shell.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// Quotes one word for a POSIX shell. The result is byte for byte that of Python's `shlex.quote`.
///
/// No word can contain a NUL byte; it is passed through, and the spawn reports it.
///
/// ```
/// use std::ffi::OsStr;
/// assert_eq!(prun::process::quote(OsStr::new("it's")), r#"'it'"'"'s'"#);
/// assert_eq!(prun::process::quote(OsStr::new("plain-word.txt")), "plain-word.txt");
/// assert_eq!(prun::process::quote(OsStr::new("")), "''");
/// ```
#[must_use]
pub fn quote(word: &OsStr) -> OsString {
    let mut quoted = Vec::with_capacity(word.len() + 2);
    append_quoted(word, &mut quoted);
    OsString::from_vec(quoted)
}

/// Appends a quoted word to a text.
pub(crate) fn append_quoted(word: &OsStr, text: &mut Vec<u8>) {
    let bytes = word.as_bytes();
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"@%+=:,./-_".contains(b);
    if !bytes.is_empty() && bytes.iter().all(plain) {
        return text.extend_from_slice(bytes);
    }
    text.push(b'\'');
    for &byte in bytes {
        match byte {
            b'\'' => text.extend_from_slice(br#"'"'"'"#),
            other => text.push(other),
        }
    }
    text.push(b'\'');
}

/// Quotes words and joins them with spaces, like Python's `shlex.join`.
///
/// ```
/// assert_eq!(prun::process::join(["echo", "two words"]), "echo 'two words'");
/// ```
#[must_use]
pub fn join<I>(words: I) -> OsString
where
    I: IntoIterator,
    I::Item: AsRef<OsStr>,
{
    let mut line = Vec::new();
    for (n, word) in words.into_iter().enumerate() {
        if n > 0 {
            line.push(b' ');
        }
        append_quoted(word.as_ref(), &mut line);
    }
    OsString::from_vec(line)
}
