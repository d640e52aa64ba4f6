//! The JSON Schema of documents, for editors, generated from the keys of a job.

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use super::document::DEFAULTS;
use crate::plan::jobfile::{Count, Fields};

/// The schema as text that ends with a newline.
pub(crate) fn jobs_schema() -> String {
    let settings = SchemaSettings::draft2020_12().for_deserialize();
    let mut generator = settings.into_generator();
    let line = Fields::json_schema(&mut generator).to_value();
    let keys = properties(&line);
    let of_job = |key: &str| !["name", "pool_limit"].contains(&key);
    schema_text(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Jobs for prun",
        "description": "A document with jobs in TOML, YAML or JSON. $defs has line, an object of JSON Lines or of a JSON array, as well.",
        "type": "object",
        "properties": {
            "$schema": {"description": "Where this schema is, for editors.", "type": "string"},
            "defaults": {"$ref": "#/$defs/defaults"},
            "pools": {
                "description": "How many jobs of each pool run at once.",
                "type": "object",
                "additionalProperties": Count::json_schema(&mut generator),
            },
            "jobs": {
                "description": "The jobs by their names.",
                "type": "object",
                "additionalProperties": {"$ref": "#/$defs/job"},
            },
        },
        "required": ["jobs"],
        "additionalProperties": false,
        "$defs": {
            "defaults": {
                "description": "What a job takes if it does not say otherwise.",
                "type": "object",
                "properties": some(&keys, |key| DEFAULTS.contains(&key)),
                "additionalProperties": false,
            },
            "job": object("A job of a document. Its name is its key.", some(&keys, of_job)),
            "line": object("A job in JSON Lines.", keys),
        },
    }))
}

/// Returns a schema as text that ends with a newline.
pub(crate) fn schema_text(schema: Value) -> String {
    let mut schema = Schema::try_from(schema).expect("an object is a schema");
    // The formats name types of Rust.
    RecursiveTransform(|schema: &mut Schema| {
        schema.remove("format");
    })
    .transform(&mut schema);
    format!("{:#}\n", schema.as_value())
}

/// Returns the schemas of the keys. A key may be missing, but not null.
fn properties(schema: &Value) -> Map<String, Value> {
    let mut keys = schema["properties"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    for value in keys.values_mut() {
        if let Some(types) = value.get_mut("type").and_then(Value::as_array_mut) {
            types.retain(|name| name != "null");
            if let [only] = types.as_slice() {
                value["type"] = only.clone();
            }
        }
        if let Some(choices) = value.get_mut("anyOf").and_then(Value::as_array_mut) {
            choices.retain(|choice| choice["type"] != "null");
            if let [Value::Object(only)] = choices.as_slice() {
                let (only, description) = (only.clone(), value["description"].take());
                *value = Value::Object(only);
                value["description"] = description;
            }
        }
    }
    keys
}

fn some(keys: &Map<String, Value>, is_wanted: impl Fn(&str) -> bool) -> Map<String, Value> {
    let wanted = keys.iter().filter(|(key, _)| is_wanted(key));
    wanted
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// Returns the schema of a job with these keys.
fn object(description: &str, keys: Map<String, Value>) -> Value {
    json!({
        "description": description,
        "type": "object",
        "properties": keys,
        "additionalProperties": false,
        "oneOf": [
            {"required": ["cmd"]},
            {"anyOf": [{"required": ["argv"]}, {"required": ["argv_base64"]}]},
        ],
        "if": {"properties": {"service": {"const": true}}, "required": ["service"]},
        "then": {"properties": {"timeout": false, "retries": false, "weight": false, "pool": false}},
        "else": {"properties": {"ready": false, "ready_timeout": false}},
        "dependentSchemas": {
            "argv": {"properties": {"shell": false}},
            "argv_base64": {"properties": {"shell": false}},
        },
    })
}

#[cfg(test)]
mod tests;
