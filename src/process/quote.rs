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
    let bytes = word.as_bytes();
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"@%+=:,./-_".contains(b);
    if !bytes.is_empty() && bytes.iter().all(plain) {
        return word.to_os_string();
    }
    let mut quoted = Vec::with_capacity(bytes.len() + 2);
    quoted.push(b'\'');
    for &byte in bytes {
        match byte {
            b'\'' => quoted.extend_from_slice(br#"'"'"'"#),
            other => quoted.push(other),
        }
    }
    quoted.push(b'\'');
    OsString::from_vec(quoted)
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
    let mut line = OsString::new();
    for (n, word) in words.into_iter().enumerate() {
        if n > 0 {
            line.push(" ");
        }
        line.push(quote(word.as_ref()));
    }
    line
}
