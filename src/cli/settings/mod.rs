//! The settings of a run, determined once from the command line and the surroundings.
//!
//! `inputs` is the form of the command line, `jobs` the number of jobs at once, `slots` the values of their slots, `display` what is shown,
//! `output` the handling of the jobs' output, `files` the files that the run writes, `environment` the jobs'
//! variables, `policy` when the run ends early, `grace` the limit for a prun inside a job of another. `surroundings` is the state of the system.

mod display;
mod environment;
mod files;
mod form;
mod grace;
mod inputs;
mod jobs;
mod output;
mod policy;
mod settings;
mod slots;
mod surroundings;

pub(super) use form::OutputForm;
pub(super) use settings::{Reporting, Settings, settle, settle_replay};
pub(super) use surroundings::Surroundings;
