//! The commands of prun's own command line, and common mistakes there.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::sync::Arc;

use thiserror::Error;

use super::command::{ShellRule, WordsError};
use super::job::{Job, Origin};
use super::template::has_placeholder;

/// The longest suggestion, in bytes; a longer one is hard to read.
const LONGEST_SUGGESTION: usize = 200;

/// Why a command of the command line is rejected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum TypedCommandsError {
    /// An option of prun after a command.
    #[error("`{option}`: options go before the commands{}", .quoted.as_deref().map(if_its_own).unwrap_or_default())]
    LateOption {
        /// The word.
        option: String,
        /// The whole line in quotes, in case the option belongs to the command.
        quoted: Option<String>,
    },
    /// A word that looks like an option after a command.
    #[error("`{word}` begins with `-`: quote the whole command: prun {}", .quoted.as_deref().unwrap_or("'ls -la'"))]
    Unquoted {
        /// The word.
        word: String,
        /// The whole line in quotes, if it looks like one command.
        quoted: Option<String>,
    },
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

/// Returns the second half of the hint about a late option.
fn if_its_own(quoted: &str) -> String {
    format!(" (if it belongs to the command, quote the whole command: prun {quoted})")
}

/// Returns the jobs of all commands; `is_option` recognizes prun's own long options.
pub(super) fn jobs(
    commands: &[OsString],
    rule: &ShellRule,
    is_option: impl Fn(&str) -> bool,
) -> Result<Vec<Job>, TypedCommandsError> {
    // Options first: `prun find . -name {}` is one command without quotes, not a placeholder.
    for (index, command) in commands.iter().enumerate() {
        check_start(commands, index, command, &is_option)?;
    }
    let job = |(command, origin): (&OsString, Origin)| match has_placeholder(command) {
        true => Err(TypedCommandsError::Placeholder(origin)),
        false => job(origin, &unescaped(command.as_bytes()), rule),
    };
    commands.iter().zip(origins()).map(job).collect()
}

/// Returns the jobs of command lines given as arguments, in which placeholders and options of prun
/// have no meaning.
pub(super) fn listed(lines: &[OsString], rule: &ShellRule) -> Result<Vec<Job>, TypedCommandsError> {
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

/// Rejects a command that begins with `-`.
fn check_start(
    commands: &[OsString],
    index: usize,
    command: &OsStr,
    is_option: impl Fn(&str) -> bool,
) -> Result<(), TypedCommandsError> {
    if !command.as_bytes().starts_with(b"-") {
        return Ok(());
    }
    let word = command.to_string_lossy().into_owned();
    let quoted = quoted_whole(commands, index);
    let name = word.split_once('=').map_or(word.as_str(), |(name, _)| name);
    Err(if is_option(name) {
        TypedCommandsError::LateOption {
            option: name.to_owned(),
            quoted,
        }
    } else {
        TypedCommandsError::Unquoted { word, quoted }
    })
}

/// Returns all words as the one command that was probably meant, in quotes: only if those before the
/// option are plain words, because whole command lines do not make one command.
fn quoted_whole(commands: &[OsString], option: usize) -> Option<String> {
    let before = &commands[..option];
    if before.is_empty() || !before.iter().all(|word| is_plain(word.as_bytes())) {
        return None;
    }
    let words = commands.iter().map(|word| word.as_bytes());
    let line = shlex::bytes::try_join(words).ok()?;
    let quoted = shlex::bytes::try_quote(&line).ok()?.into_owned();
    let quoted = OsString::from_vec(quoted).into_string().ok()?;
    (quoted.len() <= LONGEST_SUGGESTION).then_some(quoted)
}

/// Whether a word needs no quotes.
fn is_plain(word: &[u8]) -> bool {
    shlex::bytes::try_quote(word).is_ok_and(|quoted| *quoted == *word)
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
    use super::super::invocation::Invocation;
    use super::*;

    const OPTIONS: &[&str] = &["--json", "--jobs", "--version"];

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
    fn an_option_after_a_word_suggests_quotes() {
        assert_eq!(
            error(&["ls", "-la"]),
            "`-la` begins with `-`: quote the whole command: prun 'ls -la'"
        );
        assert_eq!(
            error(&["grep", "-r", "a b", "."]),
            "`-r` begins with `-`: quote the whole command: prun \"grep -r 'a b' .\""
        );
    }

    #[test]
    fn an_option_after_a_command_line_suggests_quotes_by_example() {
        for commands in [["cargo test", "-la"], ["a|b", "-la"]] {
            assert_eq!(
                error(&commands),
                "`-la` begins with `-`: quote the whole command: prun 'ls -la'"
            );
        }
    }

    #[test]
    fn a_long_suggestion_is_not_made() {
        let long = "x".repeat(300);
        assert_eq!(
            error(&["cat", "-n", &long]),
            "`-n` begins with `-`: quote the whole command: prun 'ls -la'"
        );
    }

    #[test]
    fn an_option_of_prun_after_a_command_belongs_before_it() {
        assert_eq!(
            error(&["ls -l", "--json"]),
            "`--json`: options go before the commands"
        );
    }

    #[test]
    fn an_option_of_both_gets_both_hints() {
        assert_eq!(
            error(&["cargo", "--version"]),
            "`--version`: options go before the commands (if it belongs to the command, quote the \
             whole command: prun 'cargo --version')"
        );
        assert_eq!(
            error(&["ls -l", "--jobs=4"]),
            "`--jobs`: options go before the commands"
        );
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
