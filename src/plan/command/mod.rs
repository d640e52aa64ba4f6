//! Whether a command line needs a shell, and which.
//!
//! `tokenize` splits a command line that needs none, `shell` is the shell for the others, and
//! `builtins` lists the words that only a shell can run, `operators` recognizes the words that only a
//! shell can read.

pub(super) mod builtins;
pub(super) mod operators;
mod shell;
pub(super) mod tokenize;

pub(crate) use shell::{Shell, ShellError, ShellRule};
pub(super) use tokenize::WordsError;
pub(crate) use tokenize::{Shape, shape};
