//! Reads the values of a text in TOML.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::tree::{DEEPEST, Fault, Node, TableKey, Value};

/// Reads a text. The parser refuses duplicate keys.
pub(super) fn read(text: &str) -> Result<Node<'_>, Fault> {
    let parsed = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        // Some of its messages have several lines.
        let message: Vec<&str> = error.message().lines().map(str::trim).collect();
        Fault::new(at, message.join(", "))
    })?;
    let span = parsed.span();
    table(span, parsed.into_inner(), 1)
}

/// Returns a table with its keys in the order of the text.
fn table(span: Range<usize>, table: DeTable<'_>, depth: usize) -> Result<Node<'_>, Fault> {
    if depth > DEEPEST {
        return Err(Fault::too_deep(span.start));
    }
    let mut entries = Vec::with_capacity(table.len());
    for (key, value) in table {
        let key = TableKey {
            at: key.span().start,
            text: key.into_inner(),
        };
        entries.push((key, node(value.span(), value.into_inner(), depth + 1)?));
    }
    entries.sort_by_key(|(key, _)| key.at);
    Ok(Node {
        at: span.start,
        value: Value::Table(entries),
    })
}

fn node(span: Range<usize>, value: DeValue<'_>, depth: usize) -> Result<Node<'_>, Fault> {
    let at = span.start;
    let value = match value {
        DeValue::String(text) => Value::Text(text),
        DeValue::Boolean(value) => Value::Bool(value),
        DeValue::Integer(digits) => i64::from_str_radix(digits.as_str(), digits.radix())
            .map_or(Value::Other("a number beyond 64 bits"), Value::Integer),
        DeValue::Float(digits) => digits
            .as_str()
            .parse()
            .map_or(Value::Other("a number"), Value::Float),
        DeValue::Datetime(_) => Value::Other("a date or time"),
        DeValue::Array(values) => {
            if depth > DEEPEST {
                return Err(Fault::too_deep(at));
            }
            let values = values.into_iter();
            let nodes = values.map(|value| node(value.span(), value.into_inner(), depth + 1));
            Value::List(nodes.collect::<Result<_, _>>()?)
        }
        DeValue::Table(entries) => return table(span, entries, depth),
    };
    Ok(Node { at, value })
}
