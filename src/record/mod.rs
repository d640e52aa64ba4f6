//! The wire: what a line of JSON is, said once.
//!
//! [`JobRecord`] is a finished job, as `--json` writes it. [`EventLine`] is a line of `--json=events`, and
//! [`LogLine`] one of a job log. Each type is written, read back and described: the JSON [`schema`] is
//! generated from the types and their documentation, so a new key is one field. `from_event` makes them
//! of events and `to_event` makes events of them; [`JobFileLine`] is what `--dry-run` writes of a job. `scalar` has the values that JSON has no type for,
//! `text` writes output that may be larger than memory, and `command` is the command of a job.

mod command;
mod event_line;
mod from_event;
mod job;
mod job_file;
mod log_line;
mod scalar;
mod schema;
mod text;
mod to_event;

pub(crate) use command::{FIRST_SLOT, planned_argv, told_apart};
pub(crate) use event_line::EventLine;
pub(crate) use from_event::{RecordStreams, Texts};
pub(crate) use job::{JobRecord, VERSION};
pub(crate) use job_file::{JobFileLine, Variables};
pub(crate) use log_line::{LineError, LogLine, LogStart};
pub(crate) use scalar::{Seconds, Str, seconds};
pub(crate) use schema::schema;
pub(crate) use text::{Base64, TAIL, Text, cut_character};
