//! Shell or argv: decides how a command line is run, without running anything.
//!
//! A command line has `sh -c` meaning. Where it plainly means nothing but its words, the words are
//! executed directly: the same result with one process fewer. In doubt the shell gets it.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use thiserror::Error;

use super::builtins;

/// Why a command line cannot be run at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum WordsError {
    /// There is nothing in it but blanks.
    #[error("the command line is empty: write a command")]
    Blank,
    /// A NUL byte ends a string for the system, so no command can hold one.
    #[error("the command line holds a NUL byte, which no program can be given: remove it")]
    Nul,
    /// No shell may be used, yet this unquoted character means something to a shell.
    #[error(
        "unquoted `{}` is shell syntax, and no shell may be used here: quote it, or allow a shell",
        .0.escape_debug()
    )]
    Syntax(char),
    /// No shell may be used, and the words cannot be told apart.
    #[error("a quote or a backslash is left open, and no shell may be used here: close it")]
    Unbalanced,
}

/// Refuses what no rule could run.
pub(crate) fn check(line: &[u8]) -> Result<(), WordsError> {
    if line.contains(&0) {
        return Err(WordsError::Nul);
    }
    if line.iter().all(|byte| b" \t\n".contains(byte)) {
        return Err(WordsError::Blank);
    }
    Ok(())
}

/// The words of a line that every shell would read as just these words; `None` in any doubt.
pub(crate) fn plain_words(line: &[u8]) -> Option<Vec<OsString>> {
    if line.iter().any(|byte| is_doubtful(*byte)) || has_foreign_blank(line) {
        return None;
    }
    // An open quote is left to the shell, whose message is the one that people know.
    let words = shlex::bytes::split(line)?;
    if needs_shell(words.first()?) {
        return None;
    }
    Some(words.into_iter().map(OsString::from_vec).collect())
}

/// What a command line is to a shell, as far as it matters to whoever puts something before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A program and its words.
    Program,
    /// A builtin and its words, before which variables can be set for it alone.
    Builtin,
    /// Anything else: several commands, redirections, expansions, keywords.
    Compound,
}

/// What a command line is, in doubt `Compound`.
pub(crate) fn shape(line: &[u8]) -> Shape {
    let first = || shlex::bytes::split(line)?.into_iter().next();
    match plain_words(line) {
        Some(_) => Shape::Program,
        None if line.iter().any(|byte| is_doubtful(*byte)) || has_foreign_blank(line) => {
            Shape::Compound
        }
        None if first().is_some_and(|word| builtins::takes_variables(&word)) => Shape::Builtin,
        None => Shape::Compound,
    }
}

/// Whether a first word, unquoted, may mean more than the program of that name: nothing, an
/// assignment, a job of bash (`%1`), a keyword or a builtin.
fn needs_shell(first: &[u8]) -> bool {
    first.is_empty() || first[0] == b'%' || first.contains(&b'=') || builtins::is_shell_word(first)
}

/// Whether a byte anywhere in a line sends it to the shell: shell syntax, quoted or not, and the
/// control characters, on which dash, bash and shlex do not agree (bash once used some for itself).
fn is_doubtful(byte: u8) -> bool {
    is_syntax(byte) || byte == b'\\' || (byte.is_ascii_control() && byte != b'\t')
}

/// Whether an unquoted byte means something to a shell. Quotes and the backslash are not here:
/// they quote.
fn is_syntax(byte: u8) -> bool {
    matches!(
        byte,
        b'#' | b';'
            | b'*'
            | b'?'
            | b'['
            | b']'
            | b'&'
            | b'|'
            | b'<'
            | b'>'
            | b'('
            | b')'
            | b'{'
            | b'}'
            | b'$'
            | b'~'
            | b'!'
            | b'`'
            | b'\n'
    )
}

/// Whether a line holds a blank beyond ASCII, at which some shells divide words in some locales, or
/// is not UTF-8, so that a locale of one byte a character may see one in it.
fn has_foreign_blank(line: &[u8]) -> bool {
    if line.is_ascii() {
        return false;
    }
    std::str::from_utf8(line).map_or(true, |text| {
        text.chars()
            .any(|symbol| !symbol.is_ascii() && (symbol.is_whitespace() || symbol.is_control()))
    })
}

/// The words of a line for which no shell may be used.
pub(crate) fn exact_words(line: &[u8]) -> Result<Vec<OsString>, WordsError> {
    if let Some(byte) = unquoted_syntax(line) {
        return Err(WordsError::Syntax(char::from(byte)));
    }
    let words = shlex::bytes::split(line).ok_or(WordsError::Unbalanced)?;
    Ok(words.into_iter().map(OsString::from_vec).collect())
}

/// The quotes that a scan is inside of.
#[derive(Clone, Copy)]
enum Quotes {
    /// None: every syntax character counts.
    None,
    /// `'…'`: nothing counts.
    Single,
    /// `"…"`: only `$` and the backquote count.
    Double,
}

/// The first byte of a line that is shell syntax and is not quoted.
fn unquoted_syntax(line: &[u8]) -> Option<u8> {
    let mut quotes = Quotes::None;
    let mut bytes = line.iter().copied();
    while let Some(byte) = bytes.next() {
        quotes = match (quotes, byte) {
            (Quotes::None, b'\'') => Quotes::Single,
            (Quotes::None, b'"') => Quotes::Double,
            (Quotes::Single, b'\'') | (Quotes::Double, b'"') => Quotes::None,
            // A backslash before a newline quotes nothing: it joins two lines, which shlex gets
            // wrong between words.
            (Quotes::None, b'\\') if bytes.next() == Some(b'\n') => return Some(b'\n'),
            (Quotes::None, b'\\') => Quotes::None,
            (Quotes::Double, b'\\') => {
                bytes.next();
                Quotes::Double
            }
            (Quotes::None, byte) if is_syntax(byte) => return Some(byte),
            (Quotes::Double, b'$' | b'`') => return Some(byte),
            (quotes, _) => quotes,
        };
    }
    None
}
