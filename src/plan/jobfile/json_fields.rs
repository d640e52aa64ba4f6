//! The keys of a job in JSON: their names, their types, and the errors for wrong ones.
//!
//! The objects are read by visitors of our own, because each error has to name the key, what was
//! expected and the nearest key. Derived code names no key for a wrong type, suggests none for an
//! unknown one, and takes null for a missing key; serde's untagged enums report the line on which
//! the object ends instead of the value's.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Unexpected, Visitor};
use serde_untagged::UntaggedEnumVisitor;

/// The keys that a job may have.
const KEYS: [&str; 13] = [
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
];

/// The keys that are reserved for a later version.
const RESERVED: [&str; 3] = ["needs", "weight", "allow_failure"];

/// A job in JSON whose types are right; nothing else is checked. Values that are not UTF-8 are
/// written in base64, under a key of their own.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Fields {
    /// A command line.
    pub(crate) cmd: Option<String>,
    /// The program and its arguments.
    pub(crate) argv: Option<Vec<String>>,
    /// The same, in base64.
    pub(crate) argv_base64: Option<Vec<String>>,
    /// The job's name.
    pub(crate) name: Option<String>,
    /// Its working directory.
    pub(crate) cwd: Option<String>,
    /// The same, in base64.
    pub(crate) cwd_base64: Option<String>,
    /// Its changes to the environment.
    pub(crate) env: Option<Env>,
    /// The same, with names and values in base64.
    pub(crate) env_base64: Option<Env>,
    /// Its standard input.
    pub(crate) stdin: Option<String>,
    /// The same, in base64.
    pub(crate) stdin_base64: Option<String>,
    /// Its time limit, not parsed yet.
    pub(crate) timeout: Option<Timeout>,
    /// How often a failed attempt is repeated.
    pub(crate) retries: Option<Retries>,
    /// Whether it is run by a shell, and by which.
    pub(crate) shell: Option<ShellField>,
}

/// The value of `env`, in the order of the file; null unsets a variable.
#[derive(Debug, PartialEq)]
pub(crate) struct Env(pub(crate) Vec<(String, Option<String>)>);

/// The value of `timeout`: a duration, or the digits of a number of seconds.
#[derive(Debug, PartialEq)]
pub(crate) struct Timeout(pub(crate) String);

/// The value of `retries`.
#[derive(Debug, PartialEq)]
pub(crate) struct Retries(pub(crate) u32);

/// The value of `shell`.
#[derive(Debug, PartialEq)]
pub(crate) enum ShellField {
    /// `true` requires a shell, `false` forbids it.
    Wanted(bool),
    /// The shell to use.
    Program(String),
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

impl<'de> Deserialize<'de> for Env {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_map(EnvVisitor)
    }
}

/// Reads the names and values of `env`.
struct EnvVisitor;

impl<'de> Visitor<'de> for EnvVisitor {
    type Value = Env;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of strings, or null to unset")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Env, A::Error> {
        let mut pairs = Vec::new();
        let mut seen = std::collections::HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            let excerpt = excerpt(&name);
            if !seen.insert(name.clone()) {
                return Err(A::Error::custom(format_args!(
                    "duplicate variable `{excerpt}`: keep one"
                )));
            }
            let value = map.next_value();
            let value = value.map_err(|e| A::Error::custom(format_args!("`{excerpt}`: {e}")))?;
            pairs.push((name, value));
        }
        Ok(Env(pairs))
    }
}

impl<'de> Deserialize<'de> for Timeout {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        UntaggedEnumVisitor::new()
            .expecting("a duration such as \"5m\", or a number of seconds")
            .string(|text| Ok(Self(text.to_owned())))
            .u64(|number| Ok(Self(number.to_string())))
            .i64(|number| Ok(Self(number.to_string())))
            // The shortest decimal digits for this number, without an exponent.
            .f64(|number| Ok(Self(number.to_string())))
            .deserialize(input)
    }
}

impl<'de> Deserialize<'de> for Retries {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        const EXPECTED: &str = "a whole number from 0 to 4294967295";
        UntaggedEnumVisitor::new()
            .expecting(EXPECTED)
            .i64(|number| {
                u32::try_from(number)
                    .map(Self)
                    .map_err(|_| Error::invalid_value(Unexpected::Signed(number), &EXPECTED))
            })
            .deserialize(input)
    }
}

impl<'de> Deserialize<'de> for ShellField {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        UntaggedEnumVisitor::new()
            .expecting("true, false or a shell such as \"bash -eu\"")
            .bool(|wanted| Ok(Self::Wanted(wanted)))
            .string(|program| Ok(Self::Program(program.to_owned())))
            .deserialize(input)
    }
}

/// Returns the error for an unknown key.
fn unknown_key_error(key: &str) -> String {
    let excerpt = excerpt(key);
    if RESERVED.contains(&key) {
        return format!("the key `{excerpt}` is reserved for a later version: remove it");
    }
    match nearest(key) {
        Some(known) => format!("unknown key `{excerpt}`: did you mean `{known}`?"),
        None => format!("unknown key `{excerpt}`: the keys are {}", KEYS.join(", ")),
    }
}

/// Returns the known key that was probably meant: one with at most two letters changed, one with the
/// same beginning, or one that abbreviates `key` (`cmd` for `command`).
fn nearest(key: &str) -> Option<&'static str> {
    let key = key.to_lowercase();
    if key.len() > 20 {
        return None;
    }
    let (distance, near) = KEYS
        .iter()
        .map(|known| (strsim::levenshtein(&key, known), *known))
        .min()?;
    if distance <= if key.len() < 5 { 1 } else { 2 } {
        return Some(near);
    }
    let common_prefix = |known: &&str| {
        key.bytes()
            .zip(known.bytes())
            .take_while(|(a, b)| a == b)
            .count()
    };
    // `max_by_key` takes the last of several: reversed, `env` wins over `env_base64`.
    KEYS.into_iter()
        .rev()
        .max_by_key(common_prefix)
        .filter(|known| common_prefix(known) > 2)
        .or_else(|| KEYS.into_iter().find(|known| abbreviates(known, &key)))
}

/// Whether `long` contains the letters of `short` in this order.
fn abbreviates(short: &str, long: &str) -> bool {
    let mut letters = long.bytes();
    short
        .bytes()
        .all(|letter| letters.any(|other| other == letter))
}

/// Returns the start of a text from a file for a message: escaped, and at most 40 characters long.
pub(crate) fn excerpt(text: &str) -> String {
    const MAX_CHARS: usize = 40;
    let mut excerpt: String = text
        .chars()
        .take(MAX_CHARS)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(MAX_CHARS).is_some() {
        excerpt.push('…');
    }
    excerpt
}

#[cfg(test)]
mod tests;
