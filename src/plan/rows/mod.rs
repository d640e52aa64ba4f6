//! The jobs of a command line of GNU parallel: its command for the arguments of each.
//!
//! `rows` are the arguments of each job, from linked sources and from every combination, with the
//! `columns` of a line and what `reading` drops. `jobs` fills the command with them, or takes them for
//! command lines.

mod columns;
mod jobs;
mod reading;
mod rows;

pub(crate) use columns::ColumnSeparator;
pub(crate) use jobs::{RowJobs, RowJobsError, RowJobsRules};
pub(crate) use reading::Reading;
pub(crate) use rows::{RowRules, RowSource};
