//! One attempt of a job: it owns its process and responds to requests.
//!
//! `messages` are those between runner and attempt. `launch` starts the process, in the `foreground` if
//! the job has the terminal, `bash_function` calls functions that bash has exported, `input` sends its
//! input and `output` forwards its output, `wait` waits for its end or ends it, and `log_dir` creates the
//! files for its output.

pub(super) mod attempt;
mod bash_function;
mod command;
mod foreground;
mod input;
mod launch;
mod log_dir;
mod messages;
mod output;
mod readiness;
mod wait;

pub(crate) use foreground::Foreground;
pub(super) use log_dir::OpenLogs;
pub(crate) use log_dir::{LogDir, LogDirError};
pub(super) use messages::{Assignment, AttemptEvent, Printing};
