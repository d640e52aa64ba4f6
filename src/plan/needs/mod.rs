//! Which job needs which: names become numbers, before anything starts where all jobs are known.
//!
//! `job_names` are the names of all jobs with their numbers. `graph` keeps the jobs that need others, and
//! checks that each need exists and that no jobs need each other in a cycle. `selection` takes some of the
//! jobs, and `renumbered` gives jobs in another order their new numbers. `levels` are the jobs that can run
//! once those of the levels before have ended.

mod dependent_job;
mod graph;
mod job_names;
mod levels;
mod renumbered;
mod selection;

pub(crate) use dependent_job::{DependentJob, dependence};
pub(super) use graph::{Graph, NeedsError, NeedsFault, resolve};
pub(super) use job_names::JobNames;
pub(crate) use levels::levels;
pub(super) use renumbered::renumber;
pub(crate) use selection::Selection;
pub(super) use selection::SelectionError;
