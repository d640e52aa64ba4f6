//! Why a command line of GNU parallel cannot be translated.

use super::options::ParseError;
use crate::plan::StringsError;

/// A command line that cannot be translated. Nothing was started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GnuError {
    #[error(transparent)]
    Parse(#[from] ParseError),
    #[error("{0}: {1}")]
    In(String, Box<GnuError>),
    #[error("{0} has an unclosed quote: fix it")]
    Unbalanced(String),
    #[error("{0} {1}: not {2}")]
    Value(&'static str, String, &'static str),
    #[error(transparent)]
    Strings(#[from] StringsError),
    #[error("{0}")]
    Conflict(&'static str),
    #[error(
        "--colsep {0}: not a text, a class such as [,;] or \\s, or one of them with +: convert the columns before"
    )]
    Columns(String),
    #[error(
        "nothing to run: give a command and arguments (parallel gzip ::: *.log), or command lines on standard input"
    )]
    Nothing,
}
