//! Which shell runs a command line, and when.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::sync::Arc;

use thiserror::Error;

/// The argv of a shell, up to and including its `-c`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shell {
    words: Vec<OsString>,
}

impl Default for Shell {
    /// `/bin/sh -c`, never `$SHELL`, so that a run in CI behaves like one on a laptop.
    fn default() -> Self {
        Self {
            words: vec!["/bin/sh".into(), "-c".into()],
        }
    }
}

impl Shell {
    /// Parses `--shell=TEXT`: splits it into words as a shell does, and appends `-c` unless one of its
    /// options is `-c` already, alone or in a cluster such as `-ec`.
    pub(crate) fn parse(text: &OsStr) -> Result<Self, ShellError> {
        let bytes = text.as_bytes();
        if bytes.contains(&0) {
            return Err(ShellError::Nul);
        }
        let mut words = shlex::bytes::split(bytes).ok_or(ShellError::Unbalanced)?;
        match words.split_first() {
            None => return Err(ShellError::Empty),
            Some((program, _)) if program.is_empty() => return Err(ShellError::Empty),
            Some((_, options)) if options.iter().any(|word| takes_command(word)) => {}
            Some(_) => words.push(b"-c".to_vec()),
        }
        Ok(Self {
            words: words.into_iter().map(OsString::from_vec).collect(),
        })
    }

    /// Returns a shell by its path alone, which may have blanks in it.
    pub(crate) fn program_of(path: &OsStr) -> Result<Self, ShellError> {
        match path.as_bytes() {
            [] => Err(ShellError::Empty),
            bytes if bytes.contains(&0) => Err(ShellError::Nul),
            _ => Ok(Self {
                words: vec![path.to_owned(), "-c".into()],
            }),
        }
    }

    /// Returns the shell of these words, up to and including its `-c`.
    pub(crate) fn of_words(words: Vec<OsString>) -> Option<Self> {
        (!words.is_empty()).then_some(Self { words })
    }

    /// Returns its words, up to and including its `-c`.
    pub(crate) fn words(&self) -> &[OsString] {
        &self.words
    }

    /// Returns its program as written.
    pub(crate) fn program(&self) -> &OsStr {
        &self.words[0]
    }

    /// Returns the argv with which this shell runs `line`.
    pub(crate) fn argv(&self, line: &OsStr) -> Vec<OsString> {
        let mut argv = self.words.clone();
        argv.push(command_operand(line));
        argv
    }
}

/// Whether an option word of a shell ends with the `c` before a command line.
fn takes_command(word: &[u8]) -> bool {
    match word {
        [b'-', cluster @ .., b'c'] => cluster.iter().all(u8::is_ascii_alphabetic),
        _ => false,
    }
}

/// Returns the line as an operand: dash and bash continue to read options after `-c`, so a line that
/// begins with `-` or `+` would be one. A leading blank makes it an operand without changing it.
fn command_operand(line: &OsStr) -> OsString {
    let mut operand = OsString::new();
    if matches!(line.as_bytes().first(), Some(b'-' | b'+')) {
        operand.push(" ");
    }
    operand.push(line);
    operand
}

/// Why a text is not a shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum ShellError {
    /// It has no words, or the first is empty.
    #[error("the shell is empty: name a program, such as `bash` or `bash -euo pipefail`")]
    Empty,
    /// A quote is not closed.
    #[error("the shell has an unclosed quote or a trailing backslash: fix it")]
    Unbalanced,
    /// It contains a NUL byte.
    #[error("the shell contains a NUL byte: remove it")]
    Nul,
}

/// When a command line is run by a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ShellRule {
    /// Only if it needs one.
    Auto(Arc<Shell>),
    /// Always (`--shell`).
    Always(Arc<Shell>),
    /// Never (`--exec`): shell syntax is then an error.
    Never,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(text: &str) -> Vec<OsString> {
        Shell::parse(OsStr::new(text))
            .unwrap()
            .argv("LINE".as_ref())
    }

    #[test]
    fn the_default_shell_is_bin_sh() {
        let argv = Shell::default().argv("a | b".as_ref());
        assert_eq!(argv, ["/bin/sh", "-c", "a | b"]);
    }

    #[test]
    fn a_shell_is_split_and_gets_its_c() {
        let words = ["bash", "-euo", "pipefail", "-c", "LINE"];
        assert_eq!(shell("bash -euo pipefail"), words);
        assert_eq!(shell("zsh"), ["zsh", "-c", "LINE"]);
        assert_eq!(shell("'my sh' --rc"), ["my sh", "--rc", "-c", "LINE"]);
    }

    #[test]
    fn a_shell_that_has_its_c_keeps_it() {
        assert_eq!(shell("bash -ec"), ["bash", "-ec", "LINE"]);
        assert_eq!(shell("bash -c"), ["bash", "-c", "LINE"]);
        assert_eq!(shell("sh -euc"), ["sh", "-euc", "LINE"]);
    }

    #[test]
    fn a_line_that_begins_with_a_dash_is_not_an_option_of_the_shell() {
        let argv = Shell::default().argv("-la".as_ref());
        assert_eq!(argv, ["/bin/sh", "-c", " -la"]);
    }

    #[test]
    fn a_text_that_names_no_shell_is_an_error() {
        let parse = |text: &str| Shell::parse(text.as_ref()).unwrap_err();
        assert_eq!(parse(""), ShellError::Empty);
        assert_eq!(parse("  "), ShellError::Empty);
        assert_eq!(parse("'' -c"), ShellError::Empty);
        assert_eq!(parse("bash 'x"), ShellError::Unbalanced);
        assert_eq!(parse("ba\0sh"), ShellError::Nul);
    }
}
