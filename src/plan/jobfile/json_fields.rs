//! The keys of a job: their names, their types, and the errors for wrong ones.
//!
//! The objects are read by visitors of our own, because each error has to name the key, what was
//! expected and the nearest key. Derived code names no key for a wrong type, suggests none for an
//! unknown one, and takes null for a missing key; serde's untagged enums report the line on which
//! the object ends instead of the value's.

use std::fmt;

use schemars::JsonSchema;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use super::json_values::{Count, Env, Ready, Retries, ShellField, Timeout};
use crate::plan::suggestion::{self, excerpt};

/// The keys that a job may have.
const KEYS: [&str; 21] = [
    "cmd",
    "argv",
    "argv_base64",
    "name",
    "cwd",
    "cwd_base64",
    "env",
    "env_base64",
    "stdin",
    "stdin_base64",
    "timeout",
    "retries",
    "shell",
    "needs",
    "weight",
    "pool",
    "pool_limit",
    "allow_failure",
    "service",
    "ready",
    "ready_timeout",
];

/// What other programs call some of them, with `_` for `-`.
const SYNONYMS: [(&str, &str); 14] = [
    ("depends_on", "needs"),
    ("dependencies", "needs"),
    ("deps", "needs"),
    ("run", "cmd"),
    ("script", "cmd"),
    ("dir", "cwd"),
    ("working_dir", "cwd"),
    ("working_directory", "cwd"),
    ("background", "service"),
    ("daemon", "service"),
    ("healthcheck", "ready"),
    ("readiness_probe", "ready"),
    ("continue_on_error", "allow_failure"),
    ("ignore_error", "allow_failure"),
];

/// A job whose types are right; nothing else is checked. Values that are not UTF-8 are
/// written in base64, under a key of their own.
#[derive(Debug, Default, PartialEq, JsonSchema)]
pub(crate) struct Fields {
    /// A command line, run by a shell where it needs one.
    pub(crate) cmd: Option<String>,
    /// The program and its arguments, run without a shell.
    pub(crate) argv: Option<Vec<String>>,
    /// `argv` in base64, where a word is not UTF-8.
    pub(crate) argv_base64: Option<Vec<String>>,
    /// The job's name, which is unique.
    pub(crate) name: Option<String>,
    /// The working directory.
    pub(crate) cwd: Option<String>,
    /// `cwd` in base64.
    pub(crate) cwd_base64: Option<String>,
    /// Variables of the environment; null unsets one.
    pub(crate) env: Option<Env>,
    /// `env` with names and values in base64.
    pub(crate) env_base64: Option<Env>,
    /// The standard input.
    pub(crate) stdin: Option<String>,
    /// `stdin` in base64.
    pub(crate) stdin_base64: Option<String>,
    /// The time limit of each attempt, such as "5m", or a number of seconds; 0 means no limit.
    pub(crate) timeout: Option<Timeout>,
    /// How often a failed attempt is repeated.
    pub(crate) retries: Option<Retries>,
    /// Whether `cmd` is run by a shell, or the shell itself, such as "bash -eu".
    pub(crate) shell: Option<ShellField>,
    /// The names of the jobs that must have ended well before it starts; services must be ready.
    pub(crate) needs: Option<Vec<String>>,
    /// How many slots it takes.
    pub(crate) weight: Option<Count>,
    /// The pool that it belongs to: a set of jobs of which only so many run at once.
    pub(crate) pool: Option<String>,
    /// How many jobs of its pool run at once, 1 if it is missing. All jobs of the pool have the same.
    pub(crate) pool_limit: Option<Count>,
    /// Whether its failure neither fails the run nor keeps jobs that need it from starting.
    pub(crate) allow_failure: Option<bool>,
    /// Whether it runs until all other jobs have ended, and is terminated then.
    pub(crate) service: Option<bool>,
    /// The command that succeeds once the service is ready.
    pub(crate) ready: Option<Ready>,
    /// How long the service may take until it is ready, 60 s if it is missing; 0 means no limit.
    pub(crate) ready_timeout: Option<Timeout>,
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_map(FieldsVisitor)
    }
}

/// Reads the keys and values of a job.
struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object such as {\"cmd\":\"ls\"}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Fields::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "cmd" => read_value(&mut fields.cmd, &key, &mut map)?,
                "argv" => read_value(&mut fields.argv, &key, &mut map)?,
                "argv_base64" => read_value(&mut fields.argv_base64, &key, &mut map)?,
                "name" => read_value(&mut fields.name, &key, &mut map)?,
                "cwd" => read_value(&mut fields.cwd, &key, &mut map)?,
                "cwd_base64" => read_value(&mut fields.cwd_base64, &key, &mut map)?,
                "env" => read_value(&mut fields.env, &key, &mut map)?,
                "env_base64" => read_value(&mut fields.env_base64, &key, &mut map)?,
                "stdin" => read_value(&mut fields.stdin, &key, &mut map)?,
                "stdin_base64" => read_value(&mut fields.stdin_base64, &key, &mut map)?,
                "timeout" => read_value(&mut fields.timeout, &key, &mut map)?,
                "retries" => read_value(&mut fields.retries, &key, &mut map)?,
                "shell" => read_value(&mut fields.shell, &key, &mut map)?,
                "needs" => read_value(&mut fields.needs, &key, &mut map)?,
                "weight" => read_value(&mut fields.weight, &key, &mut map)?,
                "pool" => read_value(&mut fields.pool, &key, &mut map)?,
                "pool_limit" => read_value(&mut fields.pool_limit, &key, &mut map)?,
                "allow_failure" => read_value(&mut fields.allow_failure, &key, &mut map)?,
                "service" => read_value(&mut fields.service, &key, &mut map)?,
                "ready" => read_value(&mut fields.ready, &key, &mut map)?,
                "ready_timeout" => read_value(&mut fields.ready_timeout, &key, &mut map)?,
                _ => return Err(A::Error::custom(unknown_key_error(&key))),
            }
        }
        Ok(fields)
    }
}

/// Reads the value of `key`, and refuses a second one. serde_json keeps the line and column of an
/// error whose text is extended.
fn read_value<'de, T, A>(field: &mut Option<T>, key: &str, map: &mut A) -> Result<(), A::Error>
where
    T: Deserialize<'de>,
    A: MapAccess<'de>,
{
    if field.is_some() {
        return Err(A::Error::custom(format_args!(
            "duplicate key `{key}`: keep one"
        )));
    }
    let value = map.next_value();
    *field = Some(value.map_err(|error| A::Error::custom(format_args!("`{key}`: {error}")))?);
    Ok(())
}

/// Returns the error for an unknown key.
fn unknown_key_error(key: &str) -> String {
    let excerpt = excerpt(key);
    match nearest(key) {
        Some(known) => format!("unknown key `{excerpt}`: did you mean `{known}`?"),
        None => format!("unknown key `{excerpt}`: the keys are {}", KEYS.join(", ")),
    }
}

/// Returns the known key that was probably meant: one that other programs call so, one with a letter changed,
/// one with the same beginning, one with two letters changed, or one that abbreviates `key` (`cmd` for
/// `command`).
fn nearest(key: &str) -> Option<&'static str> {
    let key = key.to_lowercase();
    if key.len() > 20 {
        return None;
    }
    let common_prefix = |known: &&str| {
        let pairs = key.bytes().zip(known.bytes());
        pairs.take_while(|(a, b)| a == b).count()
    };
    let same = key.replace('-', "_");
    if let Some((_, known)) = SYNONYMS.iter().find(|(other, _)| *other == same) {
        return Some(known);
    }
    // A beginning that is a whole key counts more.
    let rank = |known: &&str| common_prefix(known) + usize::from(key.starts_with(known));
    suggestion::within(1, &key, KEYS)
        // `max_by_key` takes the last of several: reversed, `env` wins over `env_base64`.
        .or_else(|| {
            let nearest = KEYS.into_iter().rev().max_by_key(rank);
            nearest.filter(|known| common_prefix(known) > 2)
        })
        .or_else(|| suggestion::nearest(&key, KEYS))
        .or_else(|| KEYS.into_iter().find(|known| abbreviates(known, &key)))
}

/// Whether `long` contains the letters of `short` in this order.
fn abbreviates(short: &str, long: &str) -> bool {
    let mut letters = long.bytes();
    short
        .bytes()
        .all(|letter| letters.any(|other| other == letter))
}

#[cfg(test)]
mod tests;
