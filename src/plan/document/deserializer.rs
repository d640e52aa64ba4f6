//! Reads a value of a document by way of serde, and knows where it was when something was wrong.

use std::cell::Cell;
use std::fmt;

use serde::de::value::Error;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Unexpected,
    Visitor,
};
use serde::forward_to_deserialize_any;

use super::tree::{Fault, Node, TableKey, Value};

/// Reads a value of type `T`.
pub(super) fn read<'de, T: Deserialize<'de>>(node: &'de Node<'_>) -> Result<T, Fault> {
    let wrong = Cell::new(None);
    let reader = Reader {
        node,
        wrong: &wrong,
    };
    T::deserialize(reader).map_err(|error| {
        let at = wrong.get().unwrap_or(node.at);
        Fault::new(at, error.to_string())
    })
}

/// Reads one value. `wrong` is the place of the innermost value, or key, that was wrong.
#[derive(Clone, Copy)]
struct Reader<'de, 'n, 'w> {
    node: &'de Node<'n>,
    wrong: &'w Cell<Option<usize>>,
}

impl Reader<'_, '_, '_> {
    /// Notes that something is wrong here, unless it is known to be further inside.
    fn note<T>(self, at: usize, result: Result<T, Error>) -> Result<T, Error> {
        if result.is_err() && self.wrong.get().is_none() {
            self.wrong.set(Some(at));
        }
        result
    }
}

impl<'de> Deserializer<'de> for Reader<'de, '_, '_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let mut at = self.node.at;
        let result = match &self.node.value {
            Value::Null => Err(Error::invalid_type(Unexpected::Other("null"), &visitor)),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Integer(number) => visitor.visit_i64(*number),
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Text(text) => visitor.visit_str(text),
            Value::Other(kind) => Err(Error::invalid_type(Unexpected::Other(kind), &visitor)),
            Value::List(nodes) => visitor.visit_seq(Elements {
                nodes: nodes.iter(),
                wrong: self.wrong,
            }),
            Value::Table(entries) => {
                let mut reader = Entries {
                    entries: entries.iter(),
                    value: self.node,
                    key: at,
                    wrong: self.wrong,
                };
                let result = visitor.visit_map(&mut reader);
                // Unless it is in a value, the error is about the last key.
                at = reader.key;
                result
            }
        };
        self.note(at, result)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let found = match &self.node.value {
            Value::Bool(value) => Unexpected::Bool(*value),
            Value::Integer(number) => Unexpected::Signed(*number),
            Value::Float(number) => Unexpected::Float(*number),
            Value::Other(kind) => Unexpected::Other(kind),
            _ => return self.deserialize_any(visitor),
        };
        self.note(
            self.node.at,
            Err(Error::invalid_type(found, &Quoted(visitor))),
        )
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.node.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// What is expected where a string is, and the remedy.
struct Quoted<V>(V);

impl<'de, V: Visitor<'de>> serde::de::Expected for Quoted<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)?;
        f.write_str(": put it in quotes")
    }
}

struct Elements<'de, 'n, 'w> {
    nodes: std::slice::Iter<'de, Node<'n>>,
    wrong: &'w Cell<Option<usize>>,
}

impl<'de> SeqAccess<'de> for Elements<'de, '_, '_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some(node) = self.nodes.next() else {
            return Ok(None);
        };
        let reader = Reader {
            node,
            wrong: self.wrong,
        };
        seed.deserialize(reader).map(Some)
    }
}

struct Entries<'de, 'n, 'w> {
    entries: std::slice::Iter<'de, (TableKey<'n>, Node<'n>)>,
    /// The value of the last key.
    value: &'de Node<'n>,
    /// Where the last key is; without one, where the table begins.
    key: usize,
    wrong: &'w Cell<Option<usize>>,
}

impl<'de> MapAccess<'de> for &mut Entries<'de, '_, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some((key, value)) = self.entries.next() else {
            return Ok(None);
        };
        (self.value, self.key) = (value, key.at);
        seed.deserialize(serde::de::value::StrDeserializer::new(&key.text))
            .map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let reader = Reader {
            node: self.value,
            wrong: self.wrong,
        };
        seed.deserialize(reader)
    }
}
