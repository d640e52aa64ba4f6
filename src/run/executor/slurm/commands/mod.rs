//! What is said to Slurm, and what it answers.
//!
//! `words` are the options of sbatch that the user gives, `submission` is the command line and the script of
//! a job array, and `refusal` why sbatch did not take it. `report` is what squeue says of the tasks,
//! `calls` has the other commands and what they all have in common, and `limits` are those of the cluster.
//! Nothing here starts a process.

mod calls;
mod limits;
mod refusal;
mod report;
mod submission;
mod words;

pub(crate) use calls::{
    CancelScope, cancel_command, is_removed_variable, limits_command, queue_command,
};
pub(crate) use limits::ClusterLimits;
pub(crate) use refusal::SubmitRefusal;
pub(crate) use report::{TaskReport, is_notable_reason, parse_reports};
#[cfg(test)]
pub(crate) use report::{TaskState, TaskStatus};
pub(crate) use submission::{FOLDER_NOT_SEEN, FOLDER_NOT_WRITABLE, Submission, submitted_job};
pub(crate) use words::{SubmitWords, SubmitWordsError};
