//! A job file, read job by job.
//!
//! `reader` reads the file, or says why it cannot (`job_file_error`). `format` detects its format from its name and its first bytes, `foreign` has
//! the tables of files that are something else, `json_array` splits a JSON array into its elements.
//! `json_fields` are the keys of a job, `json_values` the types of their values, and `json_job` makes a
//! job of them or says why not (`json_job_error`); documents use these three as well.

mod foreign;
mod format;
mod job_file_error;
mod json_array;
mod json_fields;
mod json_job;
mod json_job_error;
mod json_values;
mod reader;

pub(super) use foreign::Foreign;
pub(super) use format::{Format, by_name};
pub(super) use job_file_error::JobFileError;
pub(super) use json_fields::Fields;
pub(super) use json_job::{of_fields, settings, shell_rule};
pub(super) use json_job_error::JsonJobError;
pub(super) use json_values::Count;
pub(crate) use reader::Entry;
pub(super) use reader::JobFile;
