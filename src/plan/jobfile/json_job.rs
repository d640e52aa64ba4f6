//! Makes a job of the fields of an object, and parses one written in JSON.

use std::collections::HashSet;
use std::ffi::OsString;
use std::num::NonZeroU32;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::json_fields::Fields;
use super::json_job_error::JsonJobError;
use super::json_values::{Count, Env, Ready, ShellField, Timeout};
use crate::os::EnvChange;
use crate::plan::command::{Shell, ShellRule};
use crate::plan::duration::parse_duration;
use crate::plan::invocation::{Invocation, parse_line};
use crate::plan::job::{Job, JobInput, Origin};
use crate::plan::scheduling::{Need, Pool, Scheduling, Service};
use crate::plan::suggestion::excerpt;

/// Parses the job in a JSON text, which must be one object.
pub(crate) fn job(text: &[u8], origin: Origin, rule: &ShellRule) -> Result<Job, JsonJobError> {
    of_fields(
        serde_json::from_slice(text).map_err(json_error)?,
        origin,
        rule,
    )
}

/// Returns the job that has these fields.
pub(crate) fn of_fields(
    mut fields: Fields,
    origin: Origin,
    rule: &ShellRule,
) -> Result<Job, JsonJobError> {
    // What asks whether the service is ready is run by the same shell.
    let shell = match fields.ready {
        Some(Ready::Line(_)) => fields.shell.clone(),
        _ => None,
    };
    let invocation = invocation(&mut fields, rule)?;
    let mut job = Job::new(origin, fields.name.take(), invocation);
    job.scheduling = scheduling(&mut fields, || shell_rule(shell, rule))?;
    settings(fields, &mut job)?;
    check_text("name", job.name.as_ref().map(|name| name.as_bytes()))?;
    Ok(job)
}

/// Gives a job the settings that do not depend on its command.
pub(crate) fn settings(fields: Fields, job: &mut Job) -> Result<(), JsonJobError> {
    job.cwd = text_or_base64(fields.cwd, fields.cwd_base64, "cwd_base64")?
        .map(|cwd| PathBuf::from(OsString::from_vec(cwd)));
    job.env = environment(fields.env, fields.env_base64)?;
    let stdin = text_or_base64(fields.stdin, fields.stdin_base64, "stdin_base64")?;
    job.stdin = stdin.map(JobInput::Bytes);
    job.timeout = duration("timeout", fields.timeout)?;
    job.retries = fields.retries.map(|retries| retries.0);
    let cwd = job.cwd.as_ref().map(|cwd| cwd.as_os_str().as_bytes());
    check_text("cwd", cwd)
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
            parse_line(line.as_bytes(), &rule).map_err(|error| JsonJobError::Words("cmd", error))
        }
        (None, Some(_)) if fields.shell.is_some() => Err(JsonJobError::ShellWithArgv),
        (None, Some(words)) => argv_invocation("argv", words),
    }
}

/// Returns the invocation of a program without a shell, which is the value of `key`.
fn argv_invocation(key: &'static str, words: Vec<OsString>) -> Result<Invocation, JsonJobError> {
    if words.is_empty() {
        return Err(JsonJobError::EmptyArgv(key));
    }
    if words
        .iter()
        .any(|word| word.as_encoded_bytes().contains(&0))
    {
        return Err(JsonJobError::Nul(key));
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
pub(crate) fn shell_rule(
    field: Option<ShellField>,
    rule: &ShellRule,
) -> Result<ShellRule, JsonJobError> {
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

/// Returns how the job is scheduled, if any key says so. `rule` is that of a line that asks whether a
/// service is ready.
fn scheduling(
    fields: &mut Fields,
    rule: impl FnOnce() -> Result<ShellRule, JsonJobError>,
) -> Result<Option<Box<Scheduling>>, JsonJobError> {
    let is_service = fields.service == Some(true);
    let given = |key, is_given: bool| is_given.then_some(key);
    let not_service = given("timeout", fields.timeout.is_some())
        .or(given("retries", fields.retries.is_some()))
        .or(given("weight", fields.weight.is_some()))
        .or(given("pool", fields.pool.is_some()));
    let only_service = given("ready", fields.ready.is_some())
        .or(given("ready_timeout", fields.ready_timeout.is_some()));
    match (is_service, not_service, only_service) {
        (true, Some(key), _) => return Err(JsonJobError::NotService(key)),
        (false, _, Some(key)) => return Err(JsonJobError::OnlyService(key)),
        _ => {}
    }
    let mut scheduling = Scheduling {
        needs: needs(fields.needs.take().unwrap_or_default())?,
        weight: fields.weight.map_or(NonZeroU32::MIN, |weight| weight.0),
        pool: pool(fields.pool.take(), fields.pool_limit)?,
        allow_failure: fields.allow_failure == Some(true),
        service: None,
    };
    if is_service {
        let limit = duration("ready_timeout", fields.ready_timeout.take())?;
        scheduling.service = Some(Service {
            ready: match fields.ready.take() {
                None => None,
                Some(Ready::Line(line)) => Some(
                    parse_line(line.as_bytes(), &rule()?)
                        .map_err(|error| JsonJobError::Words("ready", error))?,
                ),
                Some(Ready::Argv(words)) => {
                    let words = words.into_iter().map(OsString::from).collect();
                    Some(argv_invocation("ready", words)?)
                }
            },
            ready_timeout: limit.unwrap_or(Service::READY_TIMEOUT),
        });
    }
    Ok((scheduling != Scheduling::default()).then(|| Box::new(scheduling)))
}

/// Returns the needs with these names, whose numbers are not known yet.
fn needs(names: Vec<String>) -> Result<Vec<Need>, JsonJobError> {
    for name in &names {
        check_text("needs", Some(name.as_bytes()))?;
    }
    let mut seen = HashSet::new();
    if let Some(name) = names.iter().find(|name| !seen.insert(name.as_str())) {
        return Err(JsonJobError::NeededTwice(excerpt(name)));
    }
    Ok(names.into_iter().map(Need::unresolved).collect())
}

/// Returns the pool of a job.
fn pool(name: Option<String>, limit: Option<Count>) -> Result<Option<Arc<Pool>>, JsonJobError> {
    check_text("pool", name.as_ref().map(|name| name.as_bytes()))?;
    match (name, limit) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(JsonJobError::LimitWithoutPool),
        (Some(name), limit) => Ok(Some(Arc::new(Pool {
            name: name.into(),
            limit: limit.map_or(NonZeroU32::MIN, |limit| limit.0),
        }))),
    }
}

/// Parses the value of `key`.
fn duration(key: &'static str, text: Option<Timeout>) -> Result<Option<Duration>, JsonJobError> {
    let Some(Timeout(text)) = text else {
        return Ok(None);
    };
    let parsed = parse_duration(&text);
    parsed
        .map(Some)
        .map_err(|error| JsonJobError::Duration(key, excerpt(&text), error))
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
