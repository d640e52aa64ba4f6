//! The JSON Schema of the lines, generated from their types.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::json;

use super::event_line::EventLine;
use super::job::JobRecord;
use super::log_line::LogLine;
use super::scalar::Str;
use crate::plan::schema_text;

/// The schema as text that ends with a newline.
pub(crate) fn schema() -> String {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut generator = settings.into_generator();
    let kinds = [
        reference::<JobRecord<'static, Str<'static>, Str<'static>>>(&mut generator),
        reference::<EventLine<'static, Str<'static>, Str<'static>>>(&mut generator),
        reference::<LogLine<'static, Str<'static>, Str<'static>>>(&mut generator),
    ];
    schema_text(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The records of prun",
        "description": "One object a line. Choose by $defs: job (--json), event (--json=events), log (--joblog).",
        "anyOf": kinds,
        "$defs": generator.take_definitions(true),
    }))
}

fn reference<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}
