//! What goes to a prun that works for another one, and what comes back.
//!
//! The work is JSON Lines: a header line, job lines, an end line. The `journal` is a job log with output.
//!
//! [`WorkLine::read`] reads a line of any kind. `header` is what holds for all jobs; `job_line` one job,
//! with its template filled, so that it runs as it would have where the line was written; `given` is such
//! a job as it is read; `work_line` tells the lines apart.

mod error;
mod given;
mod header;
mod job_line;
mod journal;
mod work_line;

#[cfg(test)]
mod tests;

pub(crate) use error::WorkError;
pub(crate) use given::{GivenJob, LostAttempts};
pub(crate) use header::{WorkHeader, WorkOutput};
pub(crate) use job_line::{seq_of, work_line};
pub(crate) use journal::{JournalLine, JournalOutput};
pub(crate) use work_line::{END_LINE, WorkLine};
