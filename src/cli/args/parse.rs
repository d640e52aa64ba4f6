//! From the words of a command line to its options.

use std::ffi::{OsStr, OsString};

use clap::Parser;
use clap::error::ErrorKind;

use super::args::Args;
use super::columns::join_header;
use super::hints;
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
        Err(error) => {
            // `-u gzip -9`: the unknown option is one of the command.
            if error.kind() == ErrorKind::UnknownArgument {
                hints::check_unknown(typed, is_set)?;
            }
            Err(error.into())
        }
    }
}
