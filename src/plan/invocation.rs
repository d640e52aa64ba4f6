//! What a job runs: an argv, a command line, or a template filled with its values.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::sync::Arc;

use super::command::{Shell, ShellRule, WordsError, tokenize};
use super::replacement::FilledCommand;
use super::template::{SlotAssignment, Template};
use crate::os::EnvChange;

/// What a job runs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Invocation {
    /// An argv, executed as it is, never by a shell (`argv` of a job file).
    Argv(Vec<OsString>),
    /// A command line with `sh -c` semantics. At least one of `direct` and `shell` is set.
    Line {
        /// The command line as written, without the job's name.
        line: OsString,
        /// Its words, if it can be executed without a shell.
        direct: Option<Vec<OsString>>,
        /// The shell that runs it: it needs one, or executing its words may fail in a way that a
        /// shell handles (no such program, not executable, no `#!` line).
        shell: Option<Arc<Shell>>,
    },
    /// A template to be filled with the job's values.
    Template(Arc<Template>),
    /// A command with replacement strings, for so many values as the job has.
    Replacement(Arc<FilledCommand>),
    /// What another run executed, read from its job log, or made of a template for this one.
    Recorded {
        /// The command line as written, if there is one.
        line: Option<OsString>,
        argv: Box<Argv>,
        /// Whether a shell may run it.
        allows_shell: bool,
    },
}

/// The argv of one attempt. At least one of the two is set.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Argv {
    /// Executed without a shell.
    pub(crate) direct: Option<Vec<OsString>>,
    /// Executed if that is not possible, or fails in a way that a shell handles.
    pub(crate) shell: Option<Vec<OsString>>,
}

impl Invocation {
    /// Returns the argv of an attempt with the values `args`.
    pub(crate) fn argv(&self, args: &[OsString], to: SlotAssignment) -> Argv {
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
                direct: template.direct(args, to),
                shell: template.shell(args, to),
            },
            Self::Replacement(command) => Argv {
                direct: command.direct(args, to),
                shell: command.shell(args, to),
            },
            Self::Recorded { argv, .. } => Argv::clone(argv),
        }
    }

    /// Whether a shell may run it.
    pub(crate) fn allows_shell(&self) -> bool {
        match self {
            Self::Argv(_) => false,
            Self::Line { shell, .. } => shell.is_some(),
            Self::Recorded { allows_shell, .. } => *allows_shell,
            Self::Template(template) => template.allows_shell,
            Self::Replacement(_) => true,
        }
    }

    /// Returns the changes to the environment that are a part of it.
    pub(crate) fn variables(&self, args: &[OsString], to: SlotAssignment) -> Vec<EnvChange> {
        match self {
            Self::Template(template) => template.variables(args, to),
            Self::Replacement(_) => vec![
                EnvChange::set("PARALLEL_SEQ", to.seq.to_string()),
                EnvChange::set("PARALLEL_JOBSLOT", to.slot.to_string()),
            ],
            Self::Argv(_) | Self::Line { .. } | Self::Recorded { .. } => Vec::new(),
        }
    }

    /// Returns the invocation of a recorded job with this `argv`, a shell's if `shell`.
    pub(crate) fn recorded(line: OsString, argv: Vec<OsString>, shell: bool) -> Self {
        let argv = match shell {
            false => Argv {
                direct: Some(argv),
                shell: None,
            },
            true => Argv {
                direct: None,
                shell: Some(argv),
            },
        };
        Self::Recorded {
            line: Some(line),
            argv: Box::new(argv),
            allows_shell: false,
        }
    }

    /// Returns the command line as GNU parallel shows it: with the values in it, quoted. It is never run.
    pub(crate) fn as_parallel(&self, args: &[OsString], seq: u64, slot: u32) -> Vec<u8> {
        match self {
            Self::Replacement(command) => command.written(args, seq, slot),
            _ => self
                .line()
                .map_or_else(Vec::new, |line| line.as_bytes().to_vec()),
        }
    }

    /// Returns the command line as written, if there is one.
    pub(crate) fn line(&self) -> Option<&OsStr> {
        match self {
            Self::Argv(_) => None,
            Self::Line { line, .. } => Some(line),
            Self::Recorded { line, .. } => line.as_deref(),
            Self::Template(template) => template.line.as_deref(),
            Self::Replacement(command) => Some(command.line()),
        }
    }
}

/// Decides how `line` is run under `rule`.
pub(crate) fn parse_line(line: &[u8], rule: &ShellRule) -> Result<Invocation, WordsError> {
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
