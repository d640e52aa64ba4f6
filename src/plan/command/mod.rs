//! Whether a command line needs a shell, and which.
//!
//! `tokenize` splits one that needs none, `shell` is the shell for the others, and `builtins` holds the
//! words that only a shell knows.

pub(super) mod builtins;
mod shell;
pub(super) mod tokenize;

pub(crate) use shell::{Shell, ShellError, ShellRule};
pub(super) use tokenize::WordsError;
pub(crate) use tokenize::{Shape, shape};
