//! A JSON object as a record: its keys are the names of the fields.

use std::ffi::OsString;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The names and values of an object, in the order in which they are written.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct JsonObject {
    pub(crate) names: Vec<OsString>,
    pub(crate) values: Vec<OsString>,
}

/// Why a text is no record, and the column where that is seen.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct JsonObjectError {
    pub(crate) column: usize,
    pub(crate) why: String,
}

/// Parses one object. Strings are values as they are, numbers and booleans as JSON writes them, and null
/// is empty; an array or an object is no value.
pub(crate) fn json_object(text: &[u8]) -> Result<JsonObject, JsonObjectError> {
    serde_json::from_slice(text).map_err(|error| {
        let place = format!(" at line {} column {}", error.line(), error.column());
        let why = error.to_string();
        JsonObjectError {
            column: error.column().max(1),
            why: why.strip_suffix(&place).unwrap_or(&why).to_owned(),
        }
    })
}

impl<'de> Deserialize<'de> for JsonObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;
        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = JsonObject;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonObject, A::Error> {
                let mut object = JsonObject::default();
                while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                    let value = field(value.get()).ok_or_else(|| {
                        serde::de::Error::custom(format_args!(
                            "the value of `{name}` is not a string, a number, true, false or null",
                            name = name.escape_debug()
                        ))
                    })?;
                    object.names.push(name.into());
                    object.values.push(value);
                }
                Ok(object)
            }
        }
        deserializer.deserialize_map(ObjectVisitor)
    }
}

/// Returns the text of a value; `None` for an array or an object.
fn field(json: &str) -> Option<OsString> {
    Some(match json.as_bytes().first()? {
        b'"' => serde_json::from_str::<String>(json).ok()?.into(),
        b'[' | b'{' => return None,
        b'n' => OsString::new(),
        _ => json.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_text_in_the_order_of_the_keys() {
        let object = json_object(
            br#" {"b":"x\n\"y\" \u00e9","a":1.50,"c":true,"d":null,"e":12345678901234567890123} "#,
        )
        .unwrap();
        assert_eq!(object.names, ["b", "a", "c", "d", "e"]);
        assert_eq!(
            object.values,
            ["x\n\"y\" é", "1.50", "true", "", "12345678901234567890123"]
        );
    }

    #[test]
    fn anything_else_is_an_error_with_its_column() {
        for (text, column, why) in [
            ("[1]", 1, "invalid type: sequence, expected a JSON object"),
            (
                "{\"a\":[1]}",
                9,
                "the value of `a` is not a string, a number, true, false or null",
            ),
            ("{\"a\":1", 6, "EOF while parsing an object"),
            ("{\"a\":1} x", 9, "trailing characters"),
        ] {
            let error = json_object(text.as_bytes()).unwrap_err();
            assert_eq!((error.column, error.why.as_str()), (column, why), "{text}");
        }
    }
}
