//! Words that are no command lines, although each would be run as one.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use thiserror::Error;

use crate::plan::command::operators::is_operator;
use crate::plan::suggestion::{in_quotes, is_plain, joined_in_quotes, short};
use crate::plan::template::assignment;

/// Why a word is rejected as a command line.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum CommandWordError {
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
}

/// Returns the second half of the hint about a late option.
fn if_its_own(quoted: &str) -> String {
    format!(" (if it belongs to the command, quote the whole command: prun {quoted})")
}

/// Rejects words that are no command lines; `is_option` recognizes prun's own options.
pub(super) fn check_words(
    commands: &[OsString],
    is_option: impl Fn(&str) -> bool,
) -> Result<(), CommandWordError> {
    for (index, command) in commands.iter().enumerate() {
        check_word(commands, index, command, &is_option)?;
    }
    Ok(())
}

/// Rejects a command that begins with `-`, or is an operator, or only a variable.
fn check_word(
    commands: &[OsString],
    index: usize,
    command: &OsStr,
    is_option: impl Fn(&str) -> bool,
) -> Result<(), CommandWordError> {
    let is_last = index + 1 == commands.len();
    if !is_last && assignment(command.as_bytes()).is_some_and(|(_, value)| !has_blank(value)) {
        let is_simple = |word: &OsString| word == command || is_plain(word.as_bytes());
        let line = commands.join(OsStr::new(" "));
        let are_simple = commands.iter().all(is_simple);
        return Err(CommandWordError::Variable {
            word: command.to_string_lossy().into_owned(),
            quoted: are_simple.then(|| in_quotes(line.as_bytes())).flatten(),
        });
    }
    let is_operator = is_operator(command.as_bytes());
    if !is_operator && !command.as_bytes().starts_with(b"-") {
        return Ok(());
    }
    let word = command.to_string_lossy().into_owned();
    let quoted = quoted_whole(commands, index);
    if is_operator {
        return Err(CommandWordError::Operator { word, quoted });
    }
    if let Some(at) = commands.iter().position(|word| word == "--") {
        let quoted = quoted_whole(commands, at);
        return Err(CommandWordError::Separator {
            listed: listed_behind(commands, at),
            quoted,
        });
    }
    let name = word.split_once('=').map_or(word.as_str(), |(name, _)| name);
    let name = if name.starts_with("--") { name } else { &word };
    Err(if is_option(name) {
        CommandWordError::LateOption {
            option: name.to_owned(),
            quoted: quoted.or_else(|| is_one(commands, index).then(|| EXAMPLE.to_owned())),
        }
    } else {
        CommandWordError::Unquoted { word, quoted }
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
    let words = commands.iter().map(OsString::as_os_str);
    is_one(commands, index)
        .then(|| joined_in_quotes(words, is_operator))
        .flatten()
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
    short(format!("{} ::: {}", joined(before)?, joined(after)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: &[&str] = &["--json", "--jobs", "--version", "-j4", "-t", "-n"];

    fn checked(commands: &[&str]) -> Result<(), CommandWordError> {
        let commands: Vec<OsString> = commands.iter().map(OsString::from).collect();
        check_words(&commands, |name| OPTIONS.contains(&name))
    }

    fn error(commands: &[&str]) -> String {
        checked(commands).unwrap_err().to_string()
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
        assert!(checked(&["A=1"]).is_ok());
        assert!(checked(&["A=1 make", "make"]).is_ok());
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
        assert!(checked(&["ls > list", "> list"]).is_ok());
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
}
