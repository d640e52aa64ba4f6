//! One line of the plan: what to run, where it was written, and what is special about it.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use super::words::{self, WordsError};

/// One line of the plan.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Job {
    /// Where it was written.
    pub(crate) origin: Origin,
    /// What it is called, if it was given a name.
    pub(crate) name: Option<String>,
    /// What it runs.
    pub(crate) work: Work,
    /// Its working directory, if it is not the run's.
    pub(crate) cwd: Option<PathBuf>,
    /// Its changes to the environment, in file order; `None` unsets.
    pub(crate) env: Vec<(OsString, Option<OsString>)>,
    /// The bytes for its standard input, if it has any.
    pub(crate) stdin: Option<Vec<u8>>,
    /// Its time limit; `None` means the run's, zero means no limit.
    pub(crate) timeout: Option<Duration>,
    /// Its number of extra attempts; `None` means the run's.
    pub(crate) retries: Option<u32>,
}

impl Job {
    /// The job of one line of text, `COMMAND` or `NAME: COMMAND`, without its line ending.
    pub(crate) fn from_line(
        origin: Origin,
        text: &[u8],
        rule: &ShellRule,
    ) -> Result<Self, WordsError> {
        let (name, line) = split_name(text);
        Ok(Self::new(origin, name, words::work(line, rule)?))
    }

    /// A job with nothing special about it.
    pub(super) fn new(origin: Origin, name: Option<String>, work: Work) -> Self {
        Self {
            origin,
            name,
            work,
            cwd: None,
            env: Vec::new(),
            stdin: None,
            timeout: None,
            retries: None,
        }
    }
}

/// Divides `NAME: COMMAND`; without a name the command is the whole text. Blanks before either mean
/// nothing to a shell and are dropped; those at the end may belong to a word (`a\ `) and stay.
fn split_name(text: &[u8]) -> (Option<String>, &[u8]) {
    let text = trim_blanks(text);
    let length = text
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte))
        .count();
    let (word, rest) = text.split_at(length);
    match rest {
        [b':', b' ' | b'\t', command @ ..] if !word.is_empty() => (
            Some(String::from_utf8_lossy(word).into_owned()),
            trim_blanks(command),
        ),
        _ => (None, text),
    }
}

/// The text from its first byte that is neither space nor tab.
fn trim_blanks(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|byte| b" \t".contains(byte)).count();
    &text[blanks..]
}

/// What a job runs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Work {
    /// Words executed as they are, never by a shell (`argv` of a job file).
    Argv(Vec<OsString>),
    /// A command line with `sh -c` meaning. At least one of the two ways to run it is there.
    Line {
        /// The command line as it was written, without its name.
        line: OsString,
        /// Its words, when it can be executed without a shell.
        direct: Option<Vec<OsString>>,
        /// The shell for it: because it needs one, or because executing its words may fail in a way
        /// that only a shell can tell (no such program, not executable, no `#!` line).
        shell: Option<Arc<Shell>>,
    },
}

/// The words that start a shell, up to and with its `-c`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shell {
    words: Vec<OsString>,
}

impl Default for Shell {
    /// `/bin/sh -c`, and never `$SHELL`: a run in CI equals one on a laptop.
    fn default() -> Self {
        Self {
            words: vec!["/bin/sh".into(), "-c".into()],
        }
    }
}

impl Shell {
    /// The shell of `--shell=TEXT`: split into words as a shell does, with `-c` added at the end
    /// unless one of its options is `-c` already, alone or in a cluster such as `-ec`.
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

    /// The words that make this shell run `line`.
    pub(crate) fn argv(&self, line: &OsStr) -> Vec<OsString> {
        let mut argv = self.words.clone();
        argv.push(command_operand(line));
        argv
    }
}

/// Whether an option word of a shell ends in the `c` that announces a command line.
fn takes_command(word: &[u8]) -> bool {
    match word {
        [b'-', cluster @ .., b'c'] => cluster.iter().all(u8::is_ascii_alphabetic),
        _ => false,
    }
}

/// The line as an operand: dash and bash go on reading options after `-c`, so that a line beginning
/// with `-` or `+` would be one. A blank in front keeps its meaning and makes it an operand.
fn command_operand(line: &OsStr) -> OsString {
    let mut operand = OsString::new();
    if matches!(line.as_bytes().first(), Some(b'-' | b'+')) {
        operand.push(" ");
    }
    operand.push(line);
    operand
}

/// Why a text does not name a shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum ShellError {
    /// There is no word in it, or the first is empty.
    #[error("the shell is empty: name a program, such as `bash` or `bash -euo pipefail`")]
    Empty,
    /// A quote is open at its end.
    #[error("a quote or a backslash in the shell is left open: close it")]
    Unbalanced,
    /// No program takes a NUL byte.
    #[error("the shell holds a NUL byte, which no program can be given: remove it")]
    Nul,
}

/// When a command line is given to a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ShellRule {
    /// Only where it needs one.
    Auto(Arc<Shell>),
    /// Always (`--shell`).
    Always(Arc<Shell>),
    /// Never (`--exec`): shell syntax is then an error.
    Never,
}

/// Where a job was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The file, `stdin`, or `command` for one that was typed.
    pub(crate) source: Arc<str>,
    /// The line, or which of the typed commands it was, from 1.
    pub(crate) line: u64,
}

impl Origin {
    /// The source of commands that were typed.
    pub(super) const TYPED: &str = "command";
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let between = if &*self.source == Self::TYPED {
            ' '
        } else {
            ':'
        };
        write!(f, "{}{between}{}", self.source, self.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(source: &str, line: u64) -> Origin {
        Origin {
            source: source.into(),
            line,
        }
    }

    fn from_line(text: &str) -> Result<(Option<String>, OsString), WordsError> {
        let rule = ShellRule::Auto(Arc::default());
        let job = Job::from_line(origin("jobs.txt", 7), text.as_bytes(), &rule)?;
        match job.work {
            Work::Line { line, .. } => Ok((job.name, line)),
            Work::Argv(words) => panic!("{words:?}"),
        }
    }

    fn unnamed(line: &str) -> Result<(Option<String>, OsString), WordsError> {
        Ok((None, line.into()))
    }

    fn shell(text: &str) -> Vec<OsString> {
        Shell::parse(OsStr::new(text))
            .unwrap()
            .argv("LINE".as_ref())
    }

    #[test]
    fn an_origin_is_a_file_and_a_line() {
        assert_eq!(origin("jobs.txt", 7).to_string(), "jobs.txt:7");
        assert_eq!(origin("stdin", 7).to_string(), "stdin:7");
    }

    #[test]
    fn a_typed_command_is_counted() {
        assert_eq!(origin("command", 2).to_string(), "command 2");
    }

    #[test]
    fn a_word_a_colon_and_a_space_name_the_job() {
        let expected = Ok((Some("web-1.a_B".into()), "./serve --port 80".into()));
        assert_eq!(from_line("web-1.a_B: ./serve --port 80"), expected);
        assert_eq!(from_line("\t web-1.a_B:  ./serve --port 80"), expected);
    }

    #[test]
    fn a_colon_without_a_space_is_no_name() {
        for line in ["http://example.org x", "a:b", "a:", ":x y", "a b: c"] {
            assert_eq!(from_line(line), unnamed(line));
        }
    }

    #[test]
    fn the_shell_builtin_colon_is_no_name() {
        assert_eq!(from_line(": > file"), unnamed(": > file"));
    }

    #[test]
    fn blanks_before_the_command_are_dropped_and_those_behind_it_kept() {
        assert_eq!(from_line(" \tls a\\ "), unnamed("ls a\\ "));
    }

    #[test]
    fn a_name_needs_a_command() {
        assert_eq!(from_line("web: "), Err(WordsError::Blank));
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
    fn a_line_that_begins_with_a_dash_is_no_option_of_the_shell() {
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
