//! A job file, read job by job.
//!
//! `reader` reads the file. `format` detects its format from its name and its first bytes, `json_array`
//! splits a JSON array into its elements, and `json_fields` and `json_job` turn one JSON text into a job.

mod format;
mod json_array;
mod json_fields;
mod json_job;
mod reader;

pub(super) use format::{Foreign, Format, by_name};
pub(crate) use reader::Entry;
pub(super) use reader::{JobFile, JobFileError};
