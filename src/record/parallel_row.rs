//! A row of the JSON table of results that GNU parallel writes.

use serde::Serialize;

/// A job that has run, with GNU parallel's keys.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ParallelRow {
    pub(crate) seq: u64,
    pub(crate) host: String,
    #[serde(rename = "Starttime")]
    pub(crate) start_time: f64,
    pub(crate) job_runtime: f64,
    pub(crate) send: u64,
    pub(crate) receive: u64,
    #[serde(rename = "Exitval")]
    pub(crate) exit_value: i32,
    pub(crate) signal: i32,
    pub(crate) command: String,
    #[serde(rename = "V")]
    pub(crate) values: Vec<String>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}
