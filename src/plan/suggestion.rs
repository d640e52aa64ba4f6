//! What a message quotes or suggests: a command line, a text of a file, and the word that was meant.

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

/// Returns the start of a text from a file for a message: escaped, and at most 40 characters long.
pub(super) fn excerpt(text: &str) -> String {
    const MAX_CHARS: usize = 40;
    let mut excerpt: String = text
        .chars()
        .take(MAX_CHARS)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(MAX_CHARS).is_some() {
        excerpt.push('…');
    }
    excerpt
}

/// Returns the known word that was probably meant: the first of those with the fewest letters changed or
/// exchanged, at most one in a short word and two in others.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    within(if word.len() < 5 { 1 } else { 2 }, word, known)
}

/// Returns the first of the known words with the fewest letters changed, if there are at most so many.
pub(super) fn within<'a>(
    most: usize,
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let word = word.to_lowercase();
    let distance = |other: &str| match word.len().abs_diff(other.len()) {
        // Each letter more or fewer is a change, and has at most 4 bytes.
        apart if apart > 4 * most => usize::MAX,
        _ => strsim::osa_distance(&word, &other.to_lowercase()),
    };
    known
        .into_iter()
        .map(|other| (distance(other), other))
        .min()
        .filter(|(distance, _)| *distance <= most)
        .map(|(_, other)| other)
}

/// Returns the question for a word that was probably meant, to be put behind a message.
pub(super) fn did_you_mean(near: Option<&str>) -> String {
    near.map_or_else(String::new, |near| {
        format!(": did you mean `{}`?", excerpt(near))
    })
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
    fn the_nearest_word_is_the_one_that_was_meant() {
        let known = ["build", "test", "lint"];
        for (word, meant) in [
            ("biuld", Some("build")),
            ("TEST", Some("test")),
            ("linnt", Some("lint")),
            ("tst", Some("test")),
            ("tset", Some("test")),
            ("ts", None),
            ("deploy", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), meant, "{word}");
        }
    }

    #[test]
    fn a_long_suggestion_is_not_made() {
        assert_eq!(joined(&["cat", &"x".repeat(300)]), None);
    }
}
