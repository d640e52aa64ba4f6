//! The keys of a JSON record: their names, their types, and a helpful word for the wrong ones.
//!
//! The objects are read by visitors of our own, because each error has to name the key, what was
//! expected and the nearest key. Derived code names no key for a wrong type, suggests none for an
//! unknown one, and takes null for a missing key; serde's untagged enums report the line on which
//! the object ends instead of the value's.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Unexpected, Visitor};
use serde_untagged::UntaggedEnumVisitor;

/// The keys that a record may have.
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

/// The keys that a later version will know.
const RESERVED: [&str; 3] = ["needs", "weight", "allow_failure"];

/// A record as it is written: every type is right, nothing else is checked. What is not UTF-8 is
/// written in base64, under a key of its own.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Fields {
    /// A command line.
    pub(crate) cmd: Option<String>,
    /// The words of a command.
    pub(crate) argv: Option<Vec<String>>,
    /// The same in base64.
    pub(crate) argv_base64: Option<Vec<String>>,
    /// The job's name.
    pub(crate) name: Option<String>,
    /// Its working directory.
    pub(crate) cwd: Option<String>,
    /// The same in base64.
    pub(crate) cwd_base64: Option<String>,
    /// Its changes to the environment.
    pub(crate) env: Option<Env>,
    /// The same, names and values in base64.
    pub(crate) env_base64: Option<Env>,
    /// Its standard input.
    pub(crate) stdin: Option<String>,
    /// The same in base64.
    pub(crate) stdin_base64: Option<String>,
    /// Its time limit, still as text.
    pub(crate) timeout: Option<Timeout>,
    /// Its extra attempts.
    pub(crate) retries: Option<Retries>,
    /// Whether it has a shell, and which.
    pub(crate) shell: Option<ShellField>,
}

/// The `env` of a record, in its order; null unsets.
#[derive(Debug, PartialEq)]
pub(crate) struct Env(pub(crate) Vec<(String, Option<String>)>);

/// The `timeout` of a record: a duration, or a number written as one.
#[derive(Debug, PartialEq)]
pub(crate) struct Timeout(pub(crate) String);

/// The `retries` of a record.
#[derive(Debug, PartialEq)]
pub(crate) struct Retries(pub(crate) u32);

/// The `shell` of a record.
#[derive(Debug, PartialEq)]
pub(crate) enum ShellField {
    /// `true` asks for a shell, `false` forbids one.
    Wanted(bool),
    /// The shell to use.
    Program(String),
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_map(FieldsVisitor)
    }
}

/// Reads the pairs of a record.
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
                "cmd" => fill(&mut fields.cmd, &key, &mut map)?,
                "argv" => fill(&mut fields.argv, &key, &mut map)?,
                "argv_base64" => fill(&mut fields.argv_base64, &key, &mut map)?,
                "name" => fill(&mut fields.name, &key, &mut map)?,
                "cwd" => fill(&mut fields.cwd, &key, &mut map)?,
                "cwd_base64" => fill(&mut fields.cwd_base64, &key, &mut map)?,
                "env" => fill(&mut fields.env, &key, &mut map)?,
                "env_base64" => fill(&mut fields.env_base64, &key, &mut map)?,
                "stdin" => fill(&mut fields.stdin, &key, &mut map)?,
                "stdin_base64" => fill(&mut fields.stdin_base64, &key, &mut map)?,
                "timeout" => fill(&mut fields.timeout, &key, &mut map)?,
                "retries" => fill(&mut fields.retries, &key, &mut map)?,
                "shell" => fill(&mut fields.shell, &key, &mut map)?,
                _ => return Err(A::Error::custom(about_unknown(&key))),
            }
        }
        Ok(fields)
    }
}

/// Reads the value of `key`, which must not have been there before. serde_json keeps the place of
/// an error whose text is extended.
fn fill<'de, T, A>(field: &mut Option<T>, key: &str, map: &mut A) -> Result<(), A::Error>
where
    T: Deserialize<'de>,
    A: MapAccess<'de>,
{
    if field.is_some() {
        return Err(A::Error::custom(format_args!(
            "the key `{key}` is there twice: keep one"
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

/// Reads the pairs of `env`.
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
            let shown = shown(&name);
            if !seen.insert(name.clone()) {
                return Err(A::Error::custom(format_args!(
                    "`{shown}` is there twice: keep one"
                )));
            }
            let value = map.next_value();
            let value = value.map_err(|e| A::Error::custom(format_args!("`{shown}`: {e}")))?;
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

/// What to say about a key that no record has.
fn about_unknown(key: &str) -> String {
    let shown = shown(key);
    if RESERVED.contains(&key) {
        return format!("the key `{shown}` is reserved for a later version: remove it");
    }
    match nearest(key) {
        Some(known) => format!("unknown key `{shown}`: did you mean `{known}`?"),
        None => format!("unknown key `{shown}`: the keys are {}", KEYS.join(", ")),
    }
}

/// The known key that was probably meant: one a letter or two away, one that begins alike, or one
/// that is an abbreviation of what was written (`command`).
fn nearest(key: &str) -> Option<&'static str> {
    let key = key.to_lowercase();
    if key.len() > 20 {
        return None;
    }
    let (letters, near) = KEYS
        .iter()
        .map(|known| (strsim::levenshtein(&key, known), *known))
        .min()?;
    if letters <= if key.len() < 5 { 1 } else { 2 } {
        return Some(near);
    }
    let alike = |known: &&str| {
        key.bytes()
            .zip(known.bytes())
            .take_while(|(a, b)| a == b)
            .count()
    };
    // Of several the first: `env` before `env_base64`.
    KEYS.into_iter()
        .rev()
        .max_by_key(alike)
        .filter(|known| alike(known) > 2)
        .or_else(|| KEYS.into_iter().find(|known| abbreviates(known, &key)))
}

/// Whether the letters of `short` stand in `long` in this order.
fn abbreviates(short: &str, long: &str) -> bool {
    let mut letters = long.bytes();
    short
        .bytes()
        .all(|letter| letters.any(|other| other == letter))
}

/// A text from a file as a message can show it: escaped, and not longer than a few words.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 40;
    let mut shown: String = text
        .chars()
        .take(MOST)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests;
