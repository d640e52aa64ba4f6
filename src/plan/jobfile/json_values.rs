//! The types of the values of a job that are not plain strings, and the errors for wrong ones.

use std::fmt;
use std::num::NonZeroU32;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Unexpected, Visitor};
use serde_untagged::UntaggedEnumVisitor;

use crate::plan::suggestion::excerpt;

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
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ShellField {
    /// `true` requires a shell, `false` forbids it.
    Wanted(bool),
    /// The shell to use.
    Program(String),
}

/// The value of `weight`, or a limit of a pool.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Count(pub(crate) NonZeroU32);

/// The value of `ready`.
#[derive(Debug, PartialEq)]
pub(crate) enum Ready {
    /// A command line.
    Line(String),
    /// A program and its arguments, executed without a shell.
    Argv(Vec<String>),
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

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        const EXPECTED: &str = "a whole number from 1 to 4294967295";
        UntaggedEnumVisitor::new()
            .expecting(EXPECTED)
            .i64(|number| {
                u32::try_from(number)
                    .ok()
                    .and_then(NonZeroU32::new)
                    .map(Self)
                    .ok_or_else(|| Error::invalid_value(Unexpected::Signed(number), &EXPECTED))
            })
            .deserialize(input)
    }
}

impl<'de> Deserialize<'de> for Ready {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        UntaggedEnumVisitor::new()
            .expecting("a command line, or an array of words")
            .string(|line| Ok(Self::Line(line.to_owned())))
            .seq(|words| words.deserialize().map(Self::Argv))
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

/// Describes each type where it is used, by the JSON that it is read from.
macro_rules! described {
    ($($type:ident: $schema:tt,)*) => {$(
        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )*};
}

described! {
    Env: {"type": "object", "additionalProperties": {"type": ["string", "null"]}},
    Timeout: {"type": ["string", "number"], "minimum": 0},
    Retries: {"type": "integer", "minimum": 0, "maximum": 4_294_967_295_u32},
    Count: {"type": "integer", "minimum": 1, "maximum": 4_294_967_295_u32},
    ShellField: {"type": ["boolean", "string"]},
    Ready: {
        "anyOf": [
            {"type": "string"},
            {"type": "array", "items": {"type": "string"}, "minItems": 1},
        ],
    },
}
