//! From the words of a command line to its options.

use std::ffi::{OsStr, OsString};

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser};

use super::args::Args;
use super::help_sections;
use super::hints::{self, HabitError};
use super::option_names::takes_next_word;
use super::usage_error::UsageError;

/// Parses the words of a command line, the first of which is the program's name; `is_set` is whether a
/// variable is in the environment.
pub(crate) fn parse(
    words: &[OsString],
    is_set: impl Fn(&OsStr) -> bool,
) -> Result<Args, UsageError> {
    let joined;
    let words = match words.iter().any(|word| word == "--header") {
        true => {
            joined = join_header(words.to_vec());
            joined.as_slice()
        }
        false => words,
    };
    let typed = words.get(1..).unwrap_or_default();
    match Args::try_parse_from(words) {
        Ok(args) => {
            hints::check(&args, typed, is_set)?;
            Ok(args)
        }
        Err(_) if words.iter().any(|word| word == "--help") => with_sections(words),
        Err(error) => {
            // `-u gzip -9`: the unknown option is one of the command.
            if error.kind() == ErrorKind::UnknownArgument {
                hints::check_unknown(typed, is_set).map_err(HabitError::from)?;
            }
            Err(error.into())
        }
    }
}

/// Parses the words again if one of them asks for the long help, whose sections are made only then.
fn with_sections(words: &[OsString]) -> Result<Args, UsageError> {
    let command = Args::command().after_long_help(help_sections::help());
    let matches = command.try_get_matches_from(words)?;
    Ok(Args::from_arg_matches(&matches)?)
}

/// Writes `--header N` as `--header=N`: only with `=` may the value be left out, so that the command may
/// follow the option.
fn join_header(mut argv: Vec<OsString>) -> Vec<OsString> {
    let is_number = |word: &OsString| {
        let word = word.as_encoded_bytes();
        !word.is_empty() && word.iter().all(u8::is_ascii_digit)
    };
    let mut at = 1;
    while let Some(word) = argv.get(at) {
        let next = argv.get(at + 1);
        match next.filter(|next| word == "--header" && is_number(next)) {
            Some(number) => {
                let mut joined = OsString::from("--header=");
                joined.push(number);
                argv.splice(at..at + 2, [joined]);
            }
            None if !may_be_option(word) => break,
            None => at += usize::from(takes_next_word(&word.to_string_lossy())),
        }
        at += 1;
    }
    argv
}

fn may_be_option(word: &OsString) -> bool {
    let word = word.as_encoded_bytes();
    word.len() > 1 && word.starts_with(b"-") && word != b"--"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(words: &[&str]) -> Vec<OsString> {
        let argv = ["prun"].iter().chain(words).map(OsString::from).collect();
        join_header(argv).split_off(1)
    }

    #[test]
    fn a_number_after_the_option_is_its_value() {
        let pipe = ["--pipe", "--header=2", "-k", "wc"];
        assert_eq!(joined(&["--pipe", "--header", "2", "-k", "wc"]), pipe);
        assert_eq!(
            joined(&["-j", "4", "--header", "2"]),
            ["-j", "4", "--header=2"]
        );
        assert_eq!(joined(&["-kj4", "--header", "2"]), ["-kj4", "--header=2"]);
    }

    #[test]
    fn any_other_word_is_the_command() {
        for words in [
            &["--header", "echo", "{a}"][..],
            &["tool", "--header", "1"],
            &["--", "--header", "1"],
            &["-a", "--header", "1"],
            &["--joblog", "--header", "1"],
            &["-kj", "--header", "1"],
        ] {
            assert_eq!(joined(words), words);
        }
    }
}
