//! The JSON that prun writes: one type per kind of line.
//!
//! [`JobRecord`] is a finished job, as `--json` writes it; [`EventLine`] is a line of `--json=events`,
//! [`LogLine`] one of a job log, and [`JobFileLine`] one of `--dry-run --json`. The same types write the
//! lines, read them back and generate the JSON [`schema()`], so a new key is one field with its
//! documentation. `from_event` and `to_event` convert between events and lines. `scalar` has the values
//! that JSON has no type for, `text` streams output that may be larger than memory, and `command` formats
//! the command of a job. `work` is what goes to a prun that works for another one, and what comes back;
//! `cluster` is what a run on a cluster leaves for those that follow it. `parallel_row` is a row that GNU
//! parallel would write.

mod cluster;
mod command;
mod event_line;
mod from_event;
mod job;
mod job_file;
mod log_line;
mod parallel_row;
mod scalar;
mod scheduled;
mod schema;
mod text;
mod to_event;
mod work;

pub(crate) use cluster::RunRecord;
pub(crate) use command::{FIRST_SLOT, full_command, planned_argv};
pub(crate) use event_line::EventLine;
pub(crate) use from_event::{RecordStreams, Texts};
pub(crate) use job::{JobRecord, VERSION};
pub(crate) use job_file::{JobFileLine, Variables};
pub(crate) use log_line::{LineError, LogLine, LogStart};
pub(crate) use parallel_row::ParallelRow;
pub(crate) use scalar::{Seconds, Str, seconds};
pub(crate) use schema::schema;
pub(crate) use text::{Base64, TAIL, Text, cut_character};
pub(crate) use work::{
    END_LINE, GivenJob, JournalLine, JournalOutput, LostAttempts, WorkError, WorkHeader, WorkLine,
    WorkOutput, seq_of, work_line,
};
