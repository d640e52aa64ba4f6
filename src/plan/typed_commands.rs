//! The commands of prun's own command line, and common mistakes there.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::sync::Arc;

use thiserror::Error;

use super::command::operators::is_operator;
use super::command::{ShellRule, WordsError};
use super::job::{Job, Origin};
use super::template::{assignment, has_placeholder};

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
    #[error("`{word}` begins with `-`: quote the whole command: prun {}", .quoted.as_deref().unwrap_or(EXAMPLE))]
    Unquoted {
        /// The word.
        word: String,
        /// The whole line in quotes, if it looks like one command.
        quoted: Option<String>,
    },
    /// The separator of moreutils parallel.
    #[error("`--`: write `:::` before the arguments: prun {}; or quote the whole command: prun {}",
        .listed.as_deref().unwrap_or("gzip ::: a b"), .quoted.as_deref().unwrap_or("'git diff -- a'"))]
    Separator {
        /// The same with `:::`, if the words are plain.
        listed: Option<String>,
        /// The whole line in quotes, if it looks like one command.
        quoted: Option<String>,
    },
    /// An operator of a shell as a command.
    #[error("`{word}` is no command: quote the whole command line: prun {}", .quoted.as_deref().unwrap_or("'ls > list'"))]
    Operator {
        /// The word.
        word: String,
        /// The whole line in quotes, if its words are plain.
        quoted: Option<String>,
    },
    /// A variable as a command.
    #[error("`{word}` sets a variable for no command: quote the whole command line: prun {}", .quoted.as_deref().unwrap_or("'A=1 make'"))]
    Variable {
        /// The word.
        word: String,
        /// The whole line in quotes, unless it is long.
        quoted: Option<String>,
    },
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

/// Returns the second half of the hint about a late option.
fn if_its_own(quoted: &str) -> String {
    format!(" (if it belongs to the command, quote the whole command: prun {quoted})")
}

/// Returns the jobs of all commands; `is_option` recognizes prun's own options.
pub(super) fn jobs(
    commands: &[OsString],
    rule: &ShellRule,
    is_option: impl Fn(&str) -> bool,
) -> Result<Vec<Job>, TypedCommandsError> {
    // Options first: `prun find . -name {}` is one command without quotes, not a placeholder.
    for (index, command) in commands.iter().enumerate() {
        check_start(commands, index, command, &is_option)?;
    }
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

/// Rejects a command that begins with `-`, or is an operator, or only a variable.
fn check_start(
    commands: &[OsString],
    index: usize,
    command: &OsStr,
    is_option: impl Fn(&str) -> bool,
) -> Result<(), TypedCommandsError> {
    let is_last = index + 1 == commands.len();
    if !is_last && assignment(command.as_bytes()).is_some_and(|(_, value)| !has_blank(value)) {
        let is_simple = |word: &OsString| word == command || is_plain(word.as_bytes());
        let line = commands.join(OsStr::new(" "));
        let are_simple = commands.iter().all(is_simple);
        return Err(TypedCommandsError::Variable {
            word: command.to_string_lossy().into_owned(),
            quoted: are_simple.then(|| in_quotes(&line)).flatten(),
        });
    }
    let is_operator = is_operator(command.as_bytes());
    if !is_operator && !command.as_bytes().starts_with(b"-") {
        return Ok(());
    }
    let word = command.to_string_lossy().into_owned();
    let quoted = quoted_whole(commands, index);
    if is_operator {
        return Err(TypedCommandsError::Operator { word, quoted });
    }
    if let Some(at) = commands.iter().position(|word| word == "--") {
        let quoted = quoted_whole(commands, at);
        return Err(TypedCommandsError::Separator {
            listed: listed_behind(commands, at),
            quoted,
        });
    }
    let name = word.split_once('=').map_or(word.as_str(), |(name, _)| name);
    let name = if name.starts_with("--") { name } else { &word };
    Err(if is_option(name) {
        TypedCommandsError::LateOption {
            option: name.to_owned(),
            quoted: quoted.or_else(|| is_one(commands, index).then(|| EXAMPLE.to_owned())),
        }
    } else {
        TypedCommandsError::Unquoted { word, quoted }
    })
}

/// A command line that shows where the quotes are.
const EXAMPLE: &str = "'ls -la'";

/// Whether the words before another are plain, so that all may be one command.
fn is_one(commands: &[OsString], index: usize) -> bool {
    let before = &commands[..index];
    !before.is_empty() && before.iter().all(|word| is_plain(word.as_bytes()))
}

/// Returns all words as the one command that was probably meant, in quotes: only if those before the
/// word at `index` are plain, because whole command lines do not make one command.
fn quoted_whole(commands: &[OsString], index: usize) -> Option<String> {
    if !is_one(commands, index) {
        return None;
    }
    let mut line = Vec::new();
    for word in commands.iter().map(|word| word.as_bytes()) {
        if !line.is_empty() {
            line.push(b' ');
        }
        match is_operator(word) {
            true => line.extend_from_slice(word),
            false => line.extend_from_slice(&shlex::bytes::try_quote(word).ok()?),
        }
    }
    in_quotes(OsStr::from_bytes(&line))
}

/// Returns a command line in quotes, unless it is too long to suggest.
fn in_quotes(line: &OsStr) -> Option<String> {
    let quoted = shlex::bytes::try_quote(line.as_bytes()).ok()?.into_owned();
    let quoted = OsString::from_vec(quoted).into_string().ok()?;
    (quoted.len() <= LONGEST_SUGGESTION).then_some(quoted)
}

fn has_blank(word: &[u8]) -> bool {
    word.iter().any(|byte| b" \t\n".contains(byte))
}

/// Returns the words with `:::` instead of the word at `index`, if all are plain.
fn listed_behind(commands: &[OsString], index: usize) -> Option<String> {
    let (before, after) = (&commands[..index], &commands[index + 1..]);
    let mut all = before.iter().chain(after);
    if before.is_empty() || after.is_empty() || !all.all(|word| is_plain(word.as_bytes())) {
        return None;
    }
    let joined = |words: &[OsString]| Some(words.join(OsStr::new(" ")).to_str()?.to_owned());
    let listed = format!("{} ::: {}", joined(before)?, joined(after)?);
    (listed.len() <= LONGEST_SUGGESTION).then_some(listed)
}

/// Whether a command holds `{= … =}`, which would be text.
fn has_perl(command: &OsStr) -> bool {
    let pairs = || command.as_bytes().windows(2);
    let start = pairs().position(|pair| pair == b"{=");
    start.is_some_and(|start| pairs().skip(start + 2).any(|pair| pair == b"=}"))
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
    fn a_variable_is_no_command() {
        assert_eq!(
            error(&["SEQ=1", "./prog", "a"]),
            "`SEQ=1` sets a variable for no command: quote the whole command line: \
             prun 'SEQ=1 ./prog a'"
        );
        assert!(error(&["SEQ=1", "./prog", "a b"]).ends_with("prun 'A=1 make'"));
        // Alone it is a command line, and so is one with a command.
        assert!(typed(&["A=1"]).is_ok());
        assert!(typed(&["A=1 make", "make"]).is_ok());
    }

    #[test]
    fn a_long_suggestion_is_not_made() {
        let long = "x".repeat(300);
        assert_eq!(
            error(&["cat", "-b", &long]),
            "`-b` begins with `-`: quote the whole command: prun 'ls -la'"
        );
        assert_eq!(
            error(&["cat", "-n", &long]),
            "`-n`: options go before the commands (if it belongs to the command, quote the whole \
             command: prun 'ls -la')"
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
    fn a_short_option_of_prun_after_a_command_belongs_before_it() {
        assert_eq!(
            error(&["sleep 1", "-t", "5"]),
            "`-t`: options go before the commands"
        );
        assert_eq!(
            error(&["true", "true", "-j4"]),
            "`-j4`: options go before the commands (if it belongs to the command, quote the whole \
             command: prun 'true true -j4')"
        );
    }

    #[test]
    fn an_operator_is_no_command() {
        assert_eq!(
            error(&["ls", "-l", ">", "list"]),
            "`-l` begins with `-`: quote the whole command: prun 'ls -l > list'"
        );
        assert_eq!(
            error(&["ls", ">", "a b"]),
            "`>` is no command: quote the whole command line: prun \"ls > 'a b'\""
        );
        assert_eq!(
            error(&["make a", "&&", "make b"]),
            "`&&` is no command: quote the whole command line: prun 'ls > list'"
        );
        assert!(typed(&["ls > list", "> list"]).is_ok());
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
    fn two_dashes_are_three_colons() {
        assert_eq!(
            error(&["sh", "-c", "echo hi", "--", "1", "2"]),
            "`--`: write `:::` before the arguments: prun gzip ::: a b; or quote the whole command: \
             prun 'git diff -- a'"
        );
        assert_eq!(
            error(&["gzip", "--", "a", "b"]),
            "`--`: write `:::` before the arguments: prun gzip ::: a b; or quote the whole command: \
             prun 'gzip -- a b'"
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
