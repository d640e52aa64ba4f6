//! Reads the values of a text in JSON.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::tree::{DEEPEST, Fault, Node, TableKey, Value};

/// Reads a text.
pub(super) fn read(text: &str) -> Result<Node<'_>, Fault> {
    let fault = |error: serde_json::Error| {
        let at = offset(text, error.line(), error.column());
        Fault::new(at, bare(&error))
    };
    let mut json = serde_json::Deserializer::from_str(text);
    let root = <&RawValue>::deserialize(&mut json).map_err(fault)?;
    let end = start(text, root) + root.get().len();
    if text[end..].trim_start().starts_with('{') {
        let message =
            "a second object: one object per line is JSON Lines, which has the ending .jsonl";
        let at = text.len() - text[end..].trim_start().len();
        return Err(Fault::new(at, message));
    }
    json.end().map_err(fault)?;
    node(text, root, 1)
}

/// Returns the message of an error, without its position.
fn bare(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    let bare = message.strip_suffix(&position);
    bare.unwrap_or(&message).to_owned()
}

/// Returns the place of a line and a column in bytes, both from 1.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    (before + column.saturating_sub(1)).min(text.len())
}

/// Returns where in the text a part of it begins.
fn start(text: &str, part: &RawValue) -> usize {
    part.get().as_ptr() as usize - text.as_ptr() as usize
}

/// Reads a value out of the text, whose syntax was checked.
fn node<'a>(text: &'a str, raw: &'a RawValue, depth: usize) -> Result<Node<'a>, Fault> {
    let at = start(text, raw);
    let fault = |error: serde_json::Error| Fault::new(at, bare(&error));
    let json = raw.get();
    let value = match json.as_bytes().first() {
        Some(b'[' | b'{') if depth > DEEPEST => return Err(Fault::too_deep(at)),
        Some(b'[') => {
            let values: Vec<&RawValue> = serde_json::from_str(json).map_err(fault)?;
            let values = values.into_iter();
            let nodes = values.map(|value| node(text, value, depth + 1));
            Value::List(nodes.collect::<Result<_, _>>()?)
        }
        Some(b'{') => {
            let Entries(pairs) = serde_json::from_str(json).map_err(fault)?;
            let pairs = pairs.into_iter().map(|(key, value)| {
                let key = TableKey {
                    at: start(text, key),
                    text: string(key.get()).map_err(fault)?,
                };
                Ok((key, node(text, value, depth + 1)?))
            });
            Value::Table(pairs.collect::<Result<_, _>>()?)
        }
        Some(b'"') => Value::Text(string(json).map_err(fault)?),
        Some(b'n') => Value::Null,
        Some(b't') => Value::Bool(true),
        Some(b'f') => Value::Bool(false),
        _ => number(json),
    };
    Ok(Node { at, value })
}

/// Returns the text of a string in quotes.
fn string(json: &str) -> Result<Cow<'_, str>, serde_json::Error> {
    match json.contains('\\') {
        true => serde_json::from_str(json).map(Cow::Owned),
        false => Ok(Cow::Borrowed(json.trim_matches('"'))),
    }
}

fn number(digits: &str) -> Value<'static> {
    if let Ok(number) = digits.parse() {
        return Value::Integer(number);
    }
    let is_float = digits.contains(['.', 'e', 'E']);
    let float = digits.parse().ok().filter(|_| is_float);
    float.map_or(Value::Other("a number beyond 64 bits"), Value::Float)
}

/// The keys and values of an object.
struct Entries<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<'de>, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}
