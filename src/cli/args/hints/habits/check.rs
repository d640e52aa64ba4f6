//! Rejects command lines that would do something else than was probably meant.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use thiserror::Error;

use super::options::{OptionHabit, check_unset, check_values};
use super::words::{WordHabit, check_first_word, check_line_and_options, check_scripts};
use crate::cli::args::args::Args;

/// A command line that would do something else than was probably meant.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum HabitError {
    #[error(transparent)]
    Option(#[from] OptionHabit),
    #[error(transparent)]
    Word(#[from] WordHabit),
    #[error("`-C` is --cwd, and `{0}` is no directory: use `--colsep '{0}'` for columns")]
    Colsep(String),
    #[error(
        "`-0` has no input: write {{}} where an argument of standard input belongs: find . -print0 | prun -0 gzip {{}}"
    )]
    NullWithoutInput,
}

/// Rejects such a command line. `typed` are its words, from which `args` were parsed; `is_set` is whether
/// a variable is in the environment.
pub(crate) fn check(
    args: &Args,
    typed: &[OsString],
    is_set: impl Fn(&OsStr) -> bool,
) -> Result<(), HabitError> {
    check_unset(args, typed, is_set)?;
    check_values(args, typed)?;
    check_first_word(args)?;
    check_scripts(args)?;
    check_line_and_options(args)?;
    let has_source = !args.arg_files.is_empty() || args.commands.iter().any(|word| word == ":::");
    let holds_braces = |word: &OsString| word.as_bytes().contains(&b'{');
    if args.null && !has_source && !args.commands.is_empty() && args.max_args.is_none() {
        // A placeholder may have values without a source that is named.
        if !args.commands.iter().any(holds_braces) {
            return Err(HabitError::NullWithoutInput);
        }
    }
    match args.cwd.as_ref().and_then(|dir| dir.to_str()) {
        Some(separator @ ("," | ";" | ":" | "|" | "\\t" | "\t" | " " | "\\s+")) => {
            Err(HabitError::Colsep(separator.escape_default().to_string()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
