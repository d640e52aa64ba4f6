//! One try of a job: it owns its process and answers requests.
//!
//! `messages` is what it is told and what it tells. `launch` starts the process, in the `foreground` if
//! the job has the terminal, `output` hands on what it prints, `wait` is about its end, and `log_dir` has
//! the files in which its output stays.

#[expect(
    clippy::module_inception,
    reason = "the chamber is named for its main type"
)]
pub(super) mod attempt;
mod foreground;
mod launch;
mod log_dir;
mod messages;
mod output;
mod wait;

pub(crate) use foreground::Foreground;
pub(super) use log_dir::OpenLogs;
pub(crate) use log_dir::{LogDir, LogDirError};
pub(super) use messages::{Assignment, AttemptEvent, Printing};
