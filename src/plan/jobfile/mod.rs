//! A file of jobs, read record by record.
//!
//! `reader` is the file. `format` tells by its name and its first bytes how it is written, `json_array`
//! cuts a JSON array into its elements, and `json_fields` and `json_job` turn one JSON text into a job.

mod format;
mod json_array;
mod json_fields;
mod json_job;
mod reader;

pub(super) use format::{Foreign, Format, by_name};
pub(crate) use reader::Entry;
pub(super) use reader::{JobFile, JobFileError};
