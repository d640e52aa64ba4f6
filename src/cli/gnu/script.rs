//! The `#!` line of a script, and files with options.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::error::GnuError;
use super::sources::shell_words;

/// Divides the words of a `#!` line (`#!/usr/bin/parallel --shebang OPTIONS COMMAND`, then the script).
pub(super) fn shebang(words: Vec<OsString>) -> Result<(Vec<OsString>, Option<PathBuf>), GnuError> {
    let Some(first) = words.first().map(|word| word.as_bytes()) else {
        return Ok((words, None));
    };
    let rest = [b"--shebang".as_slice(), b"--hashbang"]
        .iter()
        .find_map(|name| first.strip_prefix(*name));
    match rest {
        Some(rest) if rest.is_empty() || rest[0] == b' ' => {
            let split =
                shell_words(rest).ok_or_else(|| GnuError::Unbalanced("the #! line".into()))?;
            let mut words: Vec<OsString> =
                split.into_iter().chain(words.into_iter().skip(1)).collect();
            let script = words.pop().map(PathBuf::from);
            Ok((words, script))
        }
        _ => Ok((words, None)),
    }
}

/// Drops the comments of a file with options.
pub(super) fn without_comments(text: &[u8]) -> Vec<u8> {
    let lines = text.split(|byte| *byte == b'\n');
    let lines: Vec<&[u8]> = lines
        .filter(|line| !line.trim_ascii_start().starts_with(b"#"))
        .collect();
    lines.join(&b'\n')
}
