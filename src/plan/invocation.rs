//! What a job runs: words, a command line, or a template that its values fill.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::sync::Arc;

use super::command::{Shell, ShellRule};
use super::command::{WordsError, tokenize};
use super::template::Template;

/// What a job runs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Invocation {
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
    /// A template, to be filled with the job's values.
    Template(Arc<Template>),
    /// What an earlier run has executed, as its record tells.
    Recorded {
        /// The command line as it was written.
        line: OsString,
        spoken: Box<Argv>,
    },
}

/// The words of one attempt. At least one of the two ways is there.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Argv {
    /// Those that are executed without a shell.
    pub(crate) direct: Option<Vec<OsString>>,
    /// Those that are executed where that is not possible, or fails in a way that a shell tells.
    pub(crate) shell: Option<Vec<OsString>>,
}

impl Invocation {
    /// The words of an attempt of job number `seq` with these values in a slot.
    pub(crate) fn spoken(&self, args: &[OsString], seq: u64, slot: u32) -> Argv {
        match self {
            Self::Argv(argv) => Argv {
                direct: Some(argv.clone()),
                shell: None,
            },
            Self::Line {
                line,
                direct,
                shell,
            } => Argv {
                direct: direct.clone(),
                shell: shell.as_ref().map(|shell| shell.argv(line)),
            },
            Self::Template(template) => Argv {
                direct: template.direct(args, seq, slot),
                shell: template.shell(args, seq, slot),
            },
            Self::Recorded { spoken, .. } => Argv::clone(spoken),
        }
    }

    /// The work of a job that was executed, or was to be, as `argv`: a shell's, or its own.
    pub(crate) fn recorded(line: OsString, argv: Vec<OsString>, shell: bool) -> Self {
        let spoken = match shell {
            false => Argv {
                direct: Some(argv),
                shell: None,
            },
            true => Argv {
                direct: None,
                shell: Some(argv),
            },
        };
        let spoken = Box::new(spoken);
        Self::Recorded { line, spoken }
    }

    /// The command line as it was written, if it was one.
    pub(crate) fn line(&self) -> Option<&OsStr> {
        match self {
            Self::Argv(_) => None,
            Self::Line { line, .. } | Self::Recorded { line, .. } => Some(line),
            Self::Template(template) => template.line.as_deref(),
        }
    }
}

/// Decides how `line` is run under `rule`.
pub(crate) fn work(line: &[u8], rule: &ShellRule) -> Result<Invocation, WordsError> {
    tokenize::check(line)?;
    let (direct, shell) = match rule {
        ShellRule::Auto(shell) => (tokenize::plain_words(line), Some(Arc::clone(shell))),
        ShellRule::Always(shell) => (None, Some(Arc::clone(shell))),
        ShellRule::Never => (Some(tokenize::exact_words(line)?), None),
    };
    Ok(Invocation::Line {
        line: OsString::from_vec(line.to_vec()),
        direct,
        shell,
    })
}

#[cfg(test)]
mod tests;
