//! A document: jobs by name, with the settings and the pools that they share.
//!
//! It is written in TOML, YAML or JSON (`spelling`). `toml`, `yaml` and `json` read these into one `tree` of
//! values that know where they are; `scalar` says what a plain word of YAML is. `deserializer` reads the tree
//! by way of serde, so that jobs have the same keys, types and errors as in JSON Lines. `document` makes the
//! jobs, `position` finds lines and columns, and `schema` describes documents for editors.

mod deserializer;
mod document;
mod json;
mod position;
mod scalar;
mod schema;
mod spelling;
mod toml;
mod tree;
mod yaml;

pub(super) use document::jobs;
pub(crate) use schema::{jobs_schema, schema_text};
pub(super) use spelling::Spelling;
