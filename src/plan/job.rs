//! A job: what to run, where it was written, and its own settings.

use std::borrow::Cow;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::blocks::Block;
use super::command::{ShellRule, WordsError};
use super::invocation::{Invocation, parse_line};
use super::scheduling::{Need, Pool, Scheduling, Service};
use crate::os::EnvChange;

/// The standard input of a job.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum JobInput {
    /// These bytes.
    Bytes(Vec<u8>),
    /// A block of an input.
    Block(Block),
}

impl JobInput {
    /// Returns how many bytes it has.
    pub(crate) fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Block(block) => block.length(),
        }
    }

    /// Returns all bytes. Those of a block may have to be read from a file, and must not be released yet.
    pub(crate) fn bytes(&self) -> io::Result<Cow<'_, [u8]>> {
        match self {
            Self::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
            Self::Block(block) => block.to_vec().map(Cow::Owned),
        }
    }

    /// Frees the memory of a block that no job will read again.
    pub(crate) fn release(&self) {
        if let Self::Block(block) = self {
            block.release();
        }
    }
}

/// A job of the plan.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Job {
    /// Where it was written, for messages.
    pub(crate) origin: Origin,
    /// Its name, if it has one.
    pub(crate) name: Option<String>,
    /// What it runs.
    pub(crate) invocation: Invocation,
    /// Its values for the template; empty without a template.
    pub(crate) args: Vec<OsString>,
    /// Its working directory; `None` means the run's.
    pub(crate) cwd: Option<PathBuf>,
    /// Its changes to the environment, in file order; `None` unsets.
    pub(crate) env: Vec<EnvChange>,
    /// The bytes for its standard input, if any.
    pub(crate) stdin: Option<JobInput>,
    /// Its time limit; `None` means the run's, zero means no limit.
    pub(crate) timeout: Option<Duration>,
    /// Its number of retries; `None` means the run's.
    pub(crate) retries: Option<u32>,
    /// How it is scheduled among the others, if not like most jobs.
    pub(crate) scheduling: Option<Box<Scheduling>>,
}

impl Job {
    /// Parses one line of text, `COMMAND` or `NAME: COMMAND`, without its line ending.
    pub(crate) fn from_line(
        origin: Origin,
        text: &[u8],
        rule: &ShellRule,
    ) -> Result<Self, WordsError> {
        let (name, line) = split_name(text);
        Ok(Self::new(origin, name, parse_line(line, rule)?))
    }

    /// Returns a job with the default settings.
    pub(crate) fn new(origin: Origin, name: Option<String>, invocation: Invocation) -> Self {
        Self {
            origin,
            name,
            invocation,
            args: Vec::new(),
            cwd: None,
            env: Vec::new(),
            stdin: None,
            timeout: None,
            retries: None,
            scheduling: None,
        }
    }

    /// Returns the jobs that it needs.
    pub(crate) fn needs(&self) -> &[Need] {
        let scheduling = self.scheduling.as_deref();
        scheduling.map_or(&[], |scheduling| &scheduling.needs)
    }

    /// Returns the pool that it belongs to, if any.
    pub(crate) fn pool(&self) -> Option<&Arc<Pool>> {
        self.scheduling.as_ref()?.pool.as_ref()
    }

    /// Returns how many slots it takes.
    pub(crate) fn weight(&self) -> NonZeroU32 {
        let scheduling = self.scheduling.as_ref();
        scheduling.map_or(NonZeroU32::MIN, |scheduling| scheduling.weight)
    }

    /// Whether its failure fails neither the run nor the jobs that need it.
    pub(crate) fn may_fail(&self) -> bool {
        self.scheduling
            .as_ref()
            .is_some_and(|scheduling| scheduling.allow_failure)
    }

    /// Returns how it is run as a service, if it is one.
    pub(crate) fn service(&self) -> Option<&Service> {
        self.scheduling.as_ref()?.service.as_ref()
    }
}

/// Splits `NAME: COMMAND`; without a name the command is the whole text. Leading blanks of either mean
/// nothing to a shell and are dropped; trailing ones may belong to a word (`a\ `) and are kept.
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

/// Drops leading spaces and tabs.
fn trim_blanks(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|byte| b" \t".contains(byte)).count();
    &text[blanks..]
}

/// Where a job was written, such as `jobs.txt:7`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The file, `stdin`, or `command` for a command of the command line.
    pub(crate) source: Arc<str>,
    /// The line, or the number of the command on the command line, from 1.
    pub(crate) line: u64,
}

impl Origin {
    /// The source of commands of the command line.
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
        match job.invocation {
            Invocation::Line { line, .. } => Ok((job.name, line)),
            other => panic!("{other:?}"),
        }
    }

    fn unnamed(line: &str) -> Result<(Option<String>, OsString), WordsError> {
        Ok((None, line.into()))
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
    fn blanks_before_the_command_are_dropped_and_those_after_it_kept() {
        assert_eq!(from_line(" \tls a\\ "), unnamed("ls a\\ "));
    }

    #[test]
    fn a_name_needs_a_command() {
        assert_eq!(from_line("web: "), Err(WordsError::Blank));
    }
}
