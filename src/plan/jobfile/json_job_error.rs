//! Why a text is not a job.

use thiserror::Error;

use crate::plan::command::{ShellError, WordsError};
use crate::plan::duration::DurationError;

/// Why a text is not a job.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum JsonJobError {
    /// It is not JSON, or a key or a type is wrong. The position counts from the start of the text.
    #[error("{message}")]
    Json {
        /// What is wrong.
        message: String,
        /// The line, from 1; 0 if unknown.
        line: u64,
        /// The column, from 1; 0 if unknown.
        column: u64,
    },
    /// No command.
    #[error("neither `cmd` nor `argv` is given: write one of them")]
    NoCommand,
    /// Two commands.
    #[error("both `cmd` and `argv` are given: keep one of them")]
    TwoCommands,
    /// No program in an argv.
    #[error("`{0}` is empty: its first word must be a program")]
    EmptyArgv(&'static str),
    /// A value that is not base64.
    #[error("{0} is not base64: encode all of it with the standard alphabet")]
    Base64(String),
    /// An empty value where it is not allowed.
    #[error("`{0}` is empty: remove it, or give it a value")]
    Empty(&'static str),
    /// A NUL byte in a value that the system terminates with NUL.
    #[error("`{0}` contains a NUL byte, which cannot be passed to a program: remove it")]
    Nul(&'static str),
    /// A variable name that the environment cannot contain.
    #[error("`env`: invalid variable name `{0}`: it must not be empty or contain `=` or NUL")]
    Variable(String),
    /// A shell for a command that is executed without one.
    #[error("`shell` cannot be used with `argv`: use `cmd`, or remove `shell`")]
    ShellWithArgv,
    /// A shell although the run forbids shells.
    #[error("`shell` requires a shell, but --exec forbids it: remove one of them")]
    ShellForbidden,
    /// An invalid shell.
    #[error("`shell`: {0}")]
    Shell(#[from] ShellError),
    /// An invalid time limit.
    #[error("`{0}` `{1}`: {2}")]
    Duration(&'static str, String, DurationError),
    /// An invalid command line.
    #[error("`{0}`: {1}")]
    Words(&'static str, WordsError),
    /// A job that is needed twice.
    #[error("`needs` has `{0}` twice: keep one")]
    NeededTwice(String),
    /// A limit of no pool.
    #[error("`pool_limit` without `pool`: name the pool, or remove the limit")]
    LimitWithoutPool,
    /// A key that only a service may have.
    #[error("`{0}` is for a service: write `service` as well, or remove it")]
    OnlyService(&'static str),
    /// A key that a service may not have.
    #[error(
        "`{0}` cannot be used with `service`, which takes no slot and ends with the run: remove it"
    )]
    NotService(&'static str),
}

impl JsonJobError {
    /// The keys of the value that is wrong, the first that is there; none if a key is missing.
    pub(crate) fn keys(&self) -> &[&'static str] {
        match self {
            Self::Json { .. } | Self::NoCommand => &[],
            Self::TwoCommands => &["argv", "argv_base64"],
            Self::Base64(..) => &["argv_base64", "cwd_base64", "stdin_base64", "env_base64"],
            Self::Variable(_) => &["env_base64", "env"],
            Self::ShellWithArgv | Self::ShellForbidden | Self::Shell(_) => &["shell"],
            Self::NeededTwice(_) => &["needs"],
            Self::LimitWithoutPool => &["pool_limit"],
            Self::Nul(key)
            | Self::Empty(key)
            | Self::EmptyArgv(key)
            | Self::Duration(key, ..)
            | Self::Words(key, _)
            | Self::OnlyService(key)
            | Self::NotService(key) => std::slice::from_ref(key),
        }
    }
}
