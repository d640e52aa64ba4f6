//! Errors in the options, each in one line that names the remedy.

use std::error::Error as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use thiserror::Error;

use super::hints::{HabitError, answer};
use super::option_names::completed;

/// Why there are no arguments.
#[derive(Debug, Error)]
pub(crate) enum UsageError {
    /// No error: the text of `--help` or `--version`.
    #[error("{0}")]
    Requested(clap::Error),
    /// An option that prun does not have.
    #[error("unknown option `{option}`: {answer}")]
    Unknown {
        /// As typed, without its value.
        option: String,
        /// What to write instead.
        answer: String,
    },
    /// An option without its value.
    #[error("{option} needs a value: {remedy}")]
    NoValue {
        /// The long option.
        option: String,
        /// What to write.
        remedy: String,
    },
    /// An option with a value that it cannot have.
    #[error("{option} {value}: {remedy}")]
    Value {
        /// The long option.
        option: String,
        /// The value, in quotes if it is empty.
        value: String,
        /// What to write.
        remedy: String,
    },
    /// A value of an option that has none.
    #[error("{option} has no value: write {option} without `={value}`")]
    NeedlessValue {
        /// The long option.
        option: String,
        /// The value.
        value: String,
    },
    /// An option that is given twice.
    #[error("{0} is given twice: give it once")]
    Twice(String),
    /// Options that exclude each other.
    #[error("{option} cannot be used with {others}: omit one of them")]
    Conflict {
        /// The long option.
        option: String,
        /// The options that exclude it.
        others: String,
    },
    /// An option that another needs.
    #[error("{needing} needs {missing}: add it")]
    Missing {
        /// The options that are given.
        needing: String,
        /// What is missing, with the name of its value.
        missing: String,
    },
    /// Anything else.
    #[error("{0}; see `prun --help`")]
    Other(String),
    /// Options that are meant otherwise.
    #[error(transparent)]
    Habit(#[from] HabitError),
}

impl From<clap::Error> for UsageError {
    fn from(error: clap::Error) -> Self {
        if !error.use_stderr() {
            return Self::Requested(error);
        }
        let of = |kind| texts(&error, kind);
        let argument = of(ContextKind::InvalidArg).into_iter().next();
        let typed = argument.unwrap_or_default();
        let option = name(&typed);
        let value = of(ContextKind::InvalidValue)
            .into_iter()
            .next()
            .unwrap_or_default();
        match error.kind() {
            ErrorKind::UnknownArgument => Self::Unknown {
                answer: unknown(&typed, of(ContextKind::SuggestedArg).first()),
                option: typed,
            },
            ErrorKind::InvalidValue | ErrorKind::WrongNumberOfValues if value.is_empty() => {
                Self::NoValue {
                    remedy: needed(&typed, &of(ContextKind::ValidValue)),
                    option,
                }
            }
            ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
                let valid = of(ContextKind::ValidValue);
                let why = error.source().map(ToString::to_string);
                let remedy = why.unwrap_or_else(|| format!("write {}", one_of(&valid)));
                Self::Value {
                    remedy: format!("{remedy}{}", elsewhere(&option, &value)),
                    value: if value.is_empty() {
                        "''".to_owned()
                    } else {
                        value
                    },
                    option,
                }
            }
            ErrorKind::TooManyValues => Self::NeedlessValue { option, value },
            ErrorKind::ArgumentConflict => {
                let others: Vec<String> = of(ContextKind::PriorArg)
                    .iter()
                    .map(|arg| name(arg))
                    .collect();
                match others.contains(&option) {
                    true => Self::Twice(option),
                    false => Self::Conflict {
                        option,
                        others: others.join(" and "),
                    },
                }
            }
            ErrorKind::MissingRequiredArgument => Self::Missing {
                needing: "--resume".to_owned(),
                missing: plain(&typed),
            },
            ErrorKind::InvalidUtf8 => Self::Other("the value of an option is not UTF-8".to_owned()),
            kind => Self::Other(kind.to_string()),
        }
    }
}

/// Returns what clap says of one kind.
fn texts(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}

/// Returns the option of `--timeout <TIME>`, `--shell[=<PROG>]` or `--quiet...`.
fn name(argument: &str) -> String {
    if argument.starts_with(['[', '<']) {
        return "commands".to_owned();
    }
    let end = argument
        .find([' ', '[', '=', '.'])
        .unwrap_or(argument.len());
    argument[..end].to_owned()
}

/// Returns `--timeout TIME` of `--timeout <TIME>`.
fn plain(argument: &str) -> String {
    argument.replace(['<', '>'], "")
}

fn one_of(values: &[String]) -> String {
    match values {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// Returns how an option is written with its value.
fn needed(argument: &str, valid: &[String]) -> String {
    let option = name(argument);
    let habit = elsewhere(&option, "");
    match valid {
        [] => format!("{}{habit}", plain(argument)),
        valid => format!("{option} {}{habit}", one_of(valid)),
    }
}

/// Returns what is meant by an option's letter elsewhere, if its value shows that this may be meant.
fn elsewhere(option: &str, value: &str) -> &'static str {
    match option {
        _ if value.contains(|symbol: char| symbol.is_ascii_digit()) => "",
        "--unset" => " (GNU parallel's -u is `-o raw`)",
        "--timeout" => " (-t of xargs and GNU parallel, which prints the commands, is `-v`)",
        "--output" => " (-o of xargs and GNU parallel, which opens the terminal, is `--tty`)",
        "--env" => " (jobs inherit all variables of prun)",
        "--progress" => " (progress is shown by default on a terminal)",
        "--color" => " (prun's own messages are coloured by default on a terminal)",
        _ => "",
    }
}

/// Returns what to write instead of an option that prun does not have.
fn unknown(option: &str, similar: Option<&String>) -> String {
    if let Some(answer) = answer(option) {
        return answer.to_owned();
    }
    match completed(option).as_ref().or(similar) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => {
            let whole = format!("prun 'COMMAND {option}'");
            format!("see `prun --help`; an option of a command is quoted with it: {whole}")
        }
    }
}
