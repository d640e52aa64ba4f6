//! A command line as a suggestion in a message.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// The longest suggestion, in bytes; a longer one is hard to read.
const LONGEST: usize = 200;

/// Returns a command line in quotes, as one word; `None` if it is too long to suggest.
pub(super) fn in_quotes(line: &[u8]) -> Option<String> {
    let quoted = quote(line)?;
    short(OsString::from_vec(quoted).into_string().ok()?)
}

/// Returns a suggestion, unless it is too long.
pub(super) fn short(suggestion: String) -> Option<String> {
    (suggestion.len() <= LONGEST).then_some(suggestion)
}

/// Returns words as one command line in quotes; those that `is_syntax` are not quoted themselves.
pub(super) fn joined_in_quotes<'a>(
    words: impl IntoIterator<Item = &'a OsStr>,
    is_syntax: impl Fn(&[u8]) -> bool,
) -> Option<String> {
    let mut line = Vec::new();
    for word in words {
        let word = word.as_bytes();
        if !line.is_empty() {
            line.push(b' ');
        }
        match is_syntax(word) {
            true => line.extend_from_slice(word),
            false => line.extend_from_slice(&quote(word)?),
        }
    }
    in_quotes(&line)
}

/// Whether a word needs no quotes.
pub(super) fn is_plain(word: &[u8]) -> bool {
    quote(word).is_some_and(|quoted| quoted == word)
}

fn quote(word: &[u8]) -> Option<Vec<u8>> {
    Some(shlex::bytes::try_quote(word).ok()?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(words: &[&str]) -> Option<String> {
        joined_in_quotes(words.iter().map(OsStr::new), |word| word == b">")
    }

    #[test]
    fn words_are_quoted_but_syntax_is_not() {
        assert_eq!(
            joined(&["a", "b c", ">", "d"]).as_deref(),
            Some("\"a 'b c' > d\"")
        );
    }

    #[test]
    fn a_long_suggestion_is_not_made() {
        assert_eq!(joined(&["cat", &"x".repeat(300)]), None);
    }
}
