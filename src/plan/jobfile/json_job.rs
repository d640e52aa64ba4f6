//! Parses a job written as a JSON object.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use thiserror::Error;

use super::json_fields::{Env, Fields, ShellField, excerpt};
use crate::os::EnvChange;
use crate::plan::command::{Shell, ShellError, ShellRule, WordsError};
use crate::plan::duration::{DurationError, parse_duration};
use crate::plan::invocation::{Invocation, parse_line};
use crate::plan::job::{Job, JobInput, Origin};

/// Why a JSON text is not a job.
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
    /// No program in `argv`.
    #[error("`argv` is empty: its first word must be a program")]
    EmptyArgv,
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
    #[error("`timeout` `{0}`: {1}")]
    Timeout(String, DurationError),
    /// An invalid command line.
    #[error("`cmd`: {0}")]
    Words(#[from] WordsError),
}

/// Parses the job in a JSON text, which must be one object.
pub(crate) fn job(text: &[u8], origin: Origin, rule: &ShellRule) -> Result<Job, JsonJobError> {
    let mut fields: Fields = serde_json::from_slice(text).map_err(json_error)?;
    let invocation = invocation(&mut fields, rule)?;
    let mut job = Job::new(origin, fields.name, invocation);
    job.cwd = text_or_base64(fields.cwd, fields.cwd_base64, "cwd_base64")?
        .map(|cwd| PathBuf::from(OsString::from_vec(cwd)));
    job.env = environment(fields.env, fields.env_base64)?;
    let stdin = text_or_base64(fields.stdin, fields.stdin_base64, "stdin_base64")?;
    job.stdin = stdin.map(JobInput::Bytes);
    job.timeout = match fields.timeout {
        Some(timeout) => Some(
            parse_duration(&timeout.0)
                .map_err(|error| JsonJobError::Timeout(excerpt(&timeout.0), error))?,
        ),
        None => None,
    };
    job.retries = fields.retries.map(|retries| retries.0);
    check_text("name", job.name.as_ref().map(|name| name.as_bytes()))?;
    let cwd = job.cwd.as_ref().map(|cwd| cwd.as_os_str().as_bytes());
    check_text("cwd", cwd)?;
    Ok(job)
}

/// Separates the position from the message of a serde_json error.
fn json_error(error: serde_json::Error) -> JsonJobError {
    let (line, column) = (error.line(), error.column());
    let mut message = error.to_string();
    if let Some(bare) = message.strip_suffix(&format!(" at line {line} column {column}")) {
        message.truncate(bare.len());
    }
    if error.is_eof() {
        message.push_str(": write each job on one line, or all jobs as one array");
    }
    JsonJobError::Json {
        message,
        line: line as u64,
        column: column as u64,
    }
}

/// Returns the bytes of a text or of its base64 form. If both are given, base64 wins: prun itself
/// writes values that are not UTF-8 in both forms. The same holds for `argv` and `env`.
fn text_or_base64(
    text: Option<String>,
    base64: Option<String>,
    key: &str,
) -> Result<Option<Vec<u8>>, JsonJobError> {
    match base64 {
        Some(base64) => decode(&base64, || format!("`{key}`")).map(Some),
        None => Ok(text.map(String::into_bytes)),
    }
}

/// Decodes base64; `location` names the value in the error.
fn decode(text: &str, location: impl FnOnce() -> String) -> Result<Vec<u8>, JsonJobError> {
    let bytes = BASE64_STANDARD.decode(text);
    bytes.map_err(|_| JsonJobError::Base64(location()))
}

/// Returns what the job runs.
fn invocation(fields: &mut Fields, rule: &ShellRule) -> Result<Invocation, JsonJobError> {
    let argv = match (fields.argv.take(), fields.argv_base64.take()) {
        (_, Some(words)) => Some(decode_words(&words)?),
        (Some(words), None) => Some(words.into_iter().map(OsString::from).collect()),
        (None, None) => None,
    };
    match (fields.cmd.take(), argv) {
        (None, None) => Err(JsonJobError::NoCommand),
        (Some(_), Some(_)) => Err(JsonJobError::TwoCommands),
        (Some(line), None) => {
            let rule = shell_rule(fields.shell.take(), rule)?;
            Ok(parse_line(line.as_bytes(), &rule)?)
        }
        (None, Some(words)) => argv_invocation(words, fields.shell.is_some()),
    }
}

/// Returns the invocation of a program without a shell.
fn argv_invocation(words: Vec<OsString>, has_shell: bool) -> Result<Invocation, JsonJobError> {
    if has_shell {
        return Err(JsonJobError::ShellWithArgv);
    }
    if words.is_empty() {
        return Err(JsonJobError::EmptyArgv);
    }
    if words
        .iter()
        .any(|word| word.as_encoded_bytes().contains(&0))
    {
        return Err(JsonJobError::Nul("argv"));
    }
    Ok(Invocation::Argv(words))
}

/// Decodes the words of `argv_base64`.
fn decode_words(words: &[String]) -> Result<Vec<OsString>, JsonJobError> {
    let numbered = words.iter().zip(1..);
    numbered
        .map(|(word, number)| {
            let bytes = decode(word, || format!("word {number} of `argv_base64`"))?;
            Ok(OsString::from_vec(bytes))
        })
        .collect()
}

/// Returns the shell rule of one job: its `shell` overrides the rule of the run, except for `--exec`.
fn shell_rule(field: Option<ShellField>, rule: &ShellRule) -> Result<ShellRule, JsonJobError> {
    match (field, rule) {
        (None, rule) => Ok(rule.clone()),
        (Some(ShellField::Wanted(false)), _) => Ok(ShellRule::Never),
        (Some(_), ShellRule::Never) => Err(JsonJobError::ShellForbidden),
        (Some(ShellField::Wanted(true)), ShellRule::Auto(shell) | ShellRule::Always(shell)) => {
            Ok(ShellRule::Always(Arc::clone(shell)))
        }
        (Some(ShellField::Program(text)), _) => {
            Ok(ShellRule::Always(Arc::new(Shell::parse(text.as_ref())?)))
        }
    }
}

/// Returns the changes to the environment, after checking their names and values.
fn environment(env: Option<Env>, base64: Option<Env>) -> Result<Vec<EnvChange>, JsonJobError> {
    let is_base64 = base64.is_some();
    let Some(Env(pairs)) = base64.or(env) else {
        return Ok(Vec::new());
    };
    let bytes = |text: String| match is_base64 {
        true => decode(&text, || format!("`env_base64`: `{}`", excerpt(&text))),
        false => Ok(text.into_bytes()),
    };
    let variable = |(name, value): (String, Option<String>)| {
        let (name, value) = (bytes(name)?, value.map(bytes).transpose()?);
        if name.is_empty() || name.iter().any(|byte| b"=\0".contains(byte)) {
            return Err(JsonJobError::Variable(excerpt(&String::from_utf8_lossy(
                &name,
            ))));
        }
        if value.as_ref().is_some_and(|value| value.contains(&0)) {
            return Err(JsonJobError::Nul("env"));
        }
        Ok(EnvChange {
            name: OsString::from_vec(name),
            value: value.map(OsString::from_vec),
        })
    };
    pairs.into_iter().map(variable).collect()
}

/// Refuses an empty text and one that contains NUL.
fn check_text(key: &'static str, text: Option<&[u8]>) -> Result<(), JsonJobError> {
    match text {
        Some([]) => Err(JsonJobError::Empty(key)),
        Some(text) if text.contains(&0) => Err(JsonJobError::Nul(key)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
