//! Turns the text of one JSON record into a job.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use thiserror::Error;

use super::json_fields::{Env, Fields, ShellField, shown};
use crate::plan::command::WordsError;
use crate::plan::command::{Shell, ShellError, ShellRule};
use crate::plan::duration::{DurationError, parse_duration};
use crate::plan::invocation::{Invocation, work as line_work};
use crate::plan::job::{Job, Origin};

/// Why a JSON record is no job.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum JsonJobError {
    /// It is no JSON, or a key or a type is wrong; the place counts from the record's start.
    #[error("{message}")]
    Json {
        /// What is wrong.
        message: String,
        /// The line in the record, from 1; 0 when nothing was seen.
        line: u64,
        /// The column in it, likewise.
        column: u64,
    },
    /// There is nothing to run.
    #[error("neither `cmd` nor `argv` is there: write one of them")]
    NoCommand,
    /// There are two things to run.
    #[error("both `cmd` and `argv` are there: keep one of them")]
    TwoCommands,
    /// An argv without a program.
    #[error("`argv` is empty: its first word must be a program")]
    EmptyArgv,
    /// Something that should be base64.
    #[error("{0} is no base64: encode all of it with the standard alphabet")]
    Base64(String),
    /// A value that may not be empty.
    #[error("`{0}` is empty: leave it out, or give it a value")]
    Empty(&'static str),
    /// A NUL byte in something that the system ends with one.
    #[error("`{0}` holds a NUL byte, which no program can be given: remove it")]
    Nul(&'static str),
    /// A variable that no environment can hold.
    #[error(
        "`env`: `{0}` cannot be the name of a variable: it must not be empty, or hold `=` or NUL"
    )]
    Variable(String),
    /// A shell for something that has no use for it.
    #[error("`shell` has no meaning with `argv`: use `cmd`, or leave `shell` out")]
    ShellWithArgv,
    /// A shell where none may be used.
    #[error("`shell` asks for a shell, but --exec forbids one: leave one of them out")]
    ShellForbidden,
    /// A shell that cannot be read.
    #[error("`shell`: {0}")]
    Shell(#[from] ShellError),
    /// A time limit that cannot be read.
    #[error("`timeout` `{0}`: {1}")]
    Timeout(String, DurationError),
    /// A command line that cannot be run.
    #[error("`cmd`: {0}")]
    Words(#[from] WordsError),
}

/// The job of one JSON text, which must be an object and nothing more.
pub(crate) fn job(text: &[u8], origin: Origin, rule: &ShellRule) -> Result<Job, JsonJobError> {
    let mut fields: Fields = serde_json::from_slice(text).map_err(json_error)?;
    let work = work(&mut fields, rule)?;
    let mut job = Job::new(origin, fields.name, work);
    job.cwd = either(fields.cwd, fields.cwd_base64, "cwd_base64")?
        .map(|cwd| PathBuf::from(OsString::from_vec(cwd)));
    job.env = variables(fields.env, fields.env_base64)?;
    job.stdin = either(fields.stdin, fields.stdin_base64, "stdin_base64")?;
    job.timeout = match fields.timeout {
        Some(timeout) => Some(
            parse_duration(&timeout.0)
                .map_err(|error| JsonJobError::Timeout(shown(&timeout.0), error))?,
        ),
        None => None,
    };
    job.retries = fields.retries.map(|retries| retries.0);
    check_text("name", job.name.as_ref().map(|name| name.as_bytes()))?;
    let cwd = job.cwd.as_ref().map(|cwd| cwd.as_os_str().as_bytes());
    check_text("cwd", cwd)?;
    Ok(job)
}

/// The error of serde_json, its place apart from its message.
fn json_error(error: serde_json::Error) -> JsonJobError {
    let (line, column) = (error.line(), error.column());
    let mut message = error.to_string();
    if let Some(bare) = message.strip_suffix(&format!(" at line {line} column {column}")) {
        message.truncate(bare.len());
    }
    if error.is_eof() {
        message.push_str(": each record must be on one line, or the file one array of records");
    }
    JsonJobError::Json {
        message,
        line: line as u64,
        column: column as u64,
    }
}

/// The bytes of a text, or those that are written in base64. Beside the text they take its place,
/// because that is how prun itself writes what is not UTF-8; so it is with `argv` and `env`.
fn either(
    text: Option<String>,
    base64: Option<String>,
    key: &str,
) -> Result<Option<Vec<u8>>, JsonJobError> {
    match base64 {
        Some(base64) => decoded(&base64, || format!("`{key}`")).map(Some),
        None => Ok(text.map(String::into_bytes)),
    }
}

/// The bytes that were written in base64, where `place` tells.
fn decoded(text: &str, place: impl FnOnce() -> String) -> Result<Vec<u8>, JsonJobError> {
    let bytes = BASE64_STANDARD.decode(text);
    bytes.map_err(|_| JsonJobError::Base64(place()))
}

/// What the record runs.
fn work(fields: &mut Fields, rule: &ShellRule) -> Result<Invocation, JsonJobError> {
    let argv = match (fields.argv.take(), fields.argv_base64.take()) {
        (_, Some(words)) => Some(decoded_words(&words)?),
        (Some(words), None) => Some(words.into_iter().map(OsString::from).collect()),
        (None, None) => None,
    };
    match (fields.cmd.take(), argv) {
        (None, None) => Err(JsonJobError::NoCommand),
        (Some(_), Some(_)) => Err(JsonJobError::TwoCommands),
        (Some(line), None) => {
            let rule = shell_rule(fields.shell.take(), rule)?;
            Ok(line_work(line.as_bytes(), &rule)?)
        }
        (None, Some(words)) => argv_work(words, fields.shell.is_some()),
    }
}

/// Words that are executed as they are.
fn argv_work(words: Vec<OsString>, has_shell: bool) -> Result<Invocation, JsonJobError> {
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

/// The words that were written in base64.
fn decoded_words(words: &[String]) -> Result<Vec<OsString>, JsonJobError> {
    let numbered = words.iter().zip(1..);
    numbered
        .map(|(word, number)| {
            let bytes = decoded(word, || format!("word {number} of `argv_base64`"))?;
            Ok(OsString::from_vec(bytes))
        })
        .collect()
}

/// The rule for one record, which knows better than the run; only `--exec` cannot be overruled.
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

/// The changes to the environment, each of which the system must be able to hold.
fn variables(
    env: Option<Env>,
    base64: Option<Env>,
) -> Result<Vec<(OsString, Option<OsString>)>, JsonJobError> {
    let is_base64 = base64.is_some();
    let Some(Env(pairs)) = base64.or(env) else {
        return Ok(Vec::new());
    };
    let bytes = |text: String| match is_base64 {
        true => decoded(&text, || format!("`env_base64`: `{}`", shown(&text))),
        false => Ok(text.into_bytes()),
    };
    let variable = |(name, value): (String, Option<String>)| {
        let (name, value) = (bytes(name)?, value.map(bytes).transpose()?);
        if name.is_empty() || name.iter().any(|byte| b"=\0".contains(byte)) {
            return Err(JsonJobError::Variable(shown(&String::from_utf8_lossy(
                &name,
            ))));
        }
        if value.as_ref().is_some_and(|value| value.contains(&0)) {
            return Err(JsonJobError::Nul("env"));
        }
        Ok((OsString::from_vec(name), value.map(OsString::from_vec)))
    };
    pairs.into_iter().map(variable).collect()
}

/// Refuses an empty text, and one with a NUL byte in it.
fn check_text(key: &'static str, text: Option<&[u8]>) -> Result<(), JsonJobError> {
    match text {
        Some([]) => Err(JsonJobError::Empty(key)),
        Some(text) if text.contains(&0) => Err(JsonJobError::Nul(key)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
