//! The commands of prun's own command line.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

use thiserror::Error;

use super::command_words::{CommandWordError, check_words};
use crate::plan::command::{ShellRule, WordsError};
use crate::plan::job::{Job, Origin};
use crate::plan::template::has_placeholder;

/// Why a command of the command line is rejected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum TypedCommandsError {
    /// A word that is no command line.
    #[error(transparent)]
    Word(#[from] CommandWordError),
    /// An expression of GNU parallel.
    #[error(
        "{0}: `{{= =}}` is an expression of GNU parallel, and there is no Perl: write {{/OLD/NEW}} for the \
         value with a text replaced"
    )]
    Perl(Origin),
    /// A placeholder without values.
    #[error(
        "{0}: no values for its placeholder: give them after the command with `::: VALUE...`, before it \
         with `-a FILE`, or as lines of standard input; write `{{{{}}}}` for a literal `{{}}`"
    )]
    Placeholder(Origin),
    /// A command line that cannot be run.
    #[error("{0}: {1}")]
    Words(Origin, WordsError),
}

/// Returns the jobs of all commands; `is_option` recognizes prun's own options.
pub(in crate::plan) fn jobs(
    commands: &[OsString],
    rule: &ShellRule,
    is_option: impl Fn(&str) -> bool,
) -> Result<Vec<Job>, TypedCommandsError> {
    // Options first: `prun find . -name {}` is one command without quotes, not a placeholder.
    check_words(commands, is_option)?;
    let mut typed = commands.iter().zip(origins());
    if let Some((_, origin)) = typed.find(|(command, _)| has_perl(command)) {
        return Err(TypedCommandsError::Perl(origin));
    }
    let job = |(command, origin): (&OsString, Origin)| match has_placeholder(command) {
        true => Err(TypedCommandsError::Placeholder(origin)),
        false => job(origin, &unescaped(command.as_bytes()), rule),
    };
    commands.iter().zip(origins()).map(job).collect()
}

/// Returns the jobs of command lines given as arguments, in which placeholders and options of prun
/// have no meaning.
pub(in crate::plan) fn listed(
    lines: &[OsString],
    rule: &ShellRule,
) -> Result<Vec<Job>, TypedCommandsError> {
    let job = |(line, origin): (&OsString, Origin)| job(origin, line.as_bytes(), rule);
    lines.iter().zip(origins()).map(job).collect()
}

/// Returns the origins of the first command, the second, and so on.
fn origins() -> impl Iterator<Item = Origin> {
    let source: Arc<str> = Origin::TYPED.into();
    (1..).map(move |line| Origin {
        source: Arc::clone(&source),
        line,
    })
}

/// Parses the job of one command line.
fn job(origin: Origin, line: &[u8], rule: &ShellRule) -> Result<Job, TypedCommandsError> {
    Job::from_line(origin.clone(), line, rule)
        .map_err(|error| TypedCommandsError::Words(origin, error))
}

/// Whether a command holds `{= … =}`, which would be text.
fn has_perl(command: &OsStr) -> bool {
    let pairs = || command.as_bytes().windows(2);
    let start = pairs().position(|pair| pair == b"{=");
    start.is_some_and(|start| pairs().skip(start + 2).any(|pair| pair == b"=}"))
}

/// Replaces `{{}}` with `{}`.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        rest = match rest.strip_prefix(b"{{}}") {
            Some(rest) => {
                plain.extend_from_slice(b"{}");
                rest
            }
            None => {
                plain.push(*first);
                after
            }
        };
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::invocation::Invocation;

    const OPTIONS: &[&str] = &["--json", "--jobs", "--version", "-j4", "-t", "-n"];

    fn typed(commands: &[&str]) -> Result<Vec<(Option<String>, String)>, String> {
        let commands: Vec<OsString> = commands.iter().map(OsString::from).collect();
        let rule = ShellRule::Auto(Arc::default());
        let jobs = jobs(&commands, &rule, |name| OPTIONS.contains(&name))
            .map_err(|error| error.to_string())?;
        let shown = |job: Job| match job.invocation {
            Invocation::Line { line, .. } => (job.name, line.into_string().unwrap()),
            other => panic!("{other:?}"),
        };
        Ok(jobs.into_iter().map(shown).collect())
    }

    fn error(commands: &[&str]) -> String {
        typed(commands).unwrap_err()
    }

    #[test]
    fn each_command_is_a_job() {
        let expected = [
            (None, "ls -la".to_owned()),
            (Some("web".to_owned()), "serve".to_owned()),
        ];
        assert_eq!(typed(&["ls -la", "web: serve"]).unwrap(), expected);
    }

    #[test]
    fn the_origin_counts_from_one() {
        let commands = ["a".into(), "b".into()];
        let jobs = jobs(&commands, &ShellRule::Never, |_| false).unwrap();
        let origins: Vec<_> = jobs.iter().map(|job| job.origin.to_string()).collect();
        assert_eq!(origins, ["command 1", "command 2"]);
    }

    #[test]
    fn an_expression_of_gnu_parallel_is_no_text() {
        assert_eq!(
            error(&["ls", "echo {= s/a/b/ =}"]),
            "command 2: `{= =}` is an expression of GNU parallel, and there is no Perl: write {/OLD/NEW} \
             for the value with a text replaced"
        );
        assert!(typed(&["echo {=", "echo =} ={"]).is_ok());
    }

    #[test]
    fn a_placeholder_is_an_error_with_the_remedies() {
        assert_eq!(
            error(&["ls", "gzip {}"]),
            "command 2: no values for its placeholder: give them after the command with `::: VALUE...`, \
             before it with `-a FILE`, or as lines of standard input; write `{{}}` for a literal `{}`"
        );
        assert!(typed(&["{{}"]).is_err());
        for command in [
            "find . -exec ls {} \\;",
            "basename {/}",
            "echo {1}",
            "cc -o {.}",
        ] {
            assert!(typed(&[command]).is_err());
        }
    }

    #[test]
    fn an_option_is_reported_before_a_placeholder() {
        assert!(error(&["gzip", "{}", "-9"]).starts_with("`-9` begins with `-`"));
    }

    #[test]
    fn doubled_braces_are_literal_ones() {
        for (written, meant) in [
            ("find . -exec ls {{}} \\;", "find . -exec ls {} \\;"),
            ("{{{}}}", "{{}}"),
            ("{{}}{{}}", "{}{}"),
        ] {
            assert_eq!(typed(&[written]).unwrap()[0].1, meant);
        }
    }

    #[test]
    fn other_braces_are_left_alone() {
        for command in [
            "awk '{print}'",
            "echo ${x}",
            "echo {1..3} a{2}",
            "{ ls; }",
            "a }{ b",
        ] {
            assert_eq!(typed(&[command]).unwrap()[0].1, command);
        }
    }

    #[test]
    fn a_command_that_cannot_be_run_is_counted() {
        assert_eq!(
            error(&["ls", ""]),
            "command 2: the command line is empty: write a command"
        );
    }
}
