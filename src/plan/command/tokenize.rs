//! Shell or argv: decides how a command line is run.
//!
//! A command line has `sh -c` semantics. If it is clearly nothing but plain words, these are executed
//! directly: the same result with one process fewer. If in doubt, the shell runs it.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use thiserror::Error;

use super::builtins;

/// Why a command line cannot be run at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum WordsError {
    /// It is empty or blank.
    #[error("the command line is empty: write a command")]
    Blank,
    /// It contains a NUL byte, which ends a string for the system.
    #[error("the command line contains a NUL byte: remove it")]
    Nul,
    /// No shell may be used, but this unquoted character has a meaning to a shell.
    #[error(
        "unquoted `{}` is shell syntax, but no shell may be used here: quote it, or allow a shell",
        .0.escape_debug()
    )]
    Syntax(char),
    /// No shell may be used, and the line cannot be split into words.
    #[error("unclosed quote or trailing backslash, and no shell may be used here: fix it")]
    Unbalanced,
}

/// Rejects a line that cannot be run under any rule.
pub(crate) fn check(line: &[u8]) -> Result<(), WordsError> {
    if line.contains(&0) {
        return Err(WordsError::Nul);
    }
    if line.iter().all(|byte| b" \t\n".contains(byte)) {
        return Err(WordsError::Blank);
    }
    Ok(())
}

/// Returns the words of a line that every shell reads as just these words; `None` if in doubt.
pub(crate) fn plain_words(line: &[u8]) -> Option<Vec<OsString>> {
    if line.iter().any(|byte| is_doubtful(*byte)) || has_foreign_blank(line) {
        return None;
    }
    // An unclosed quote is left to the shell, whose error message people know.
    let words = shlex::bytes::split(line)?;
    if needs_shell(words.first()?) {
        return None;
    }
    Some(words.into_iter().map(OsString::from_vec).collect())
}

/// What a command line is to a shell, as far as it matters for putting something before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A program and its words.
    Program,
    /// A builtin and its words, before which assignments affect it alone.
    Builtin,
    /// Anything else: several commands, redirections, expansions, keywords.
    Compound,
}

/// Returns what a command line is; `Compound` if in doubt.
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

/// Whether a first word, after quote removal, may mean something else than the program of that name:
/// an empty word, an assignment, a job of bash (`%1`), a keyword or a builtin.
fn needs_shell(first: &[u8]) -> bool {
    first.is_empty() || first[0] == b'%' || first.contains(&b'=') || builtins::is_shell_word(first)
}

/// Whether a byte anywhere in a line makes it go to the shell: shell syntax, quoted or not, and
/// control characters, on which dash, bash and shlex disagree (bash once used some internally).
fn is_doubtful(byte: u8) -> bool {
    is_syntax(byte) || byte == b'\\' || (byte.is_ascii_control() && byte != b'\t')
}

/// Whether an unquoted byte has a meaning to a shell. Quotes and the backslash are handled by the
/// caller.
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

/// Whether a line contains a non-ASCII blank, at which some shells split words in some locales, or is
/// not UTF-8, so that a single-byte locale may see one in it.
fn has_foreign_blank(line: &[u8]) -> bool {
    if line.is_ascii() {
        return false;
    }
    std::str::from_utf8(line).map_or(true, |text| {
        text.chars()
            .any(|symbol| !symbol.is_ascii() && (symbol.is_whitespace() || symbol.is_control()))
    })
}

/// Returns the words of a line for which no shell may be used.
pub(crate) fn exact_words(line: &[u8]) -> Result<Vec<OsString>, WordsError> {
    if let Some(byte) = unquoted_syntax(line) {
        return Err(WordsError::Syntax(char::from(byte)));
    }
    let words = shlex::bytes::split(line).ok_or(WordsError::Unbalanced)?;
    Ok(words.into_iter().map(OsString::from_vec).collect())
}

/// The quotes around the current byte.
#[derive(Clone, Copy)]
enum Quotes {
    /// None: every syntax character counts.
    None,
    /// `'…'`: nothing counts.
    Single,
    /// `"…"`: only `$` and the backquote count.
    Double,
}

/// Returns the first byte of a line that is unquoted shell syntax.
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
