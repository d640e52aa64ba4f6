//! What the command line means here, settled once.
//!
//! `inputs` tells the shape of the command line, `jobs` how many run at once, `display` what is seen,
//! `output` the way of the jobs' output, `files` what the run leaves, `environment` the jobs' variables,
//! and `grace` what a prun inside another one's job has. `surroundings` is what is known from outside.

mod display;
mod environment;
mod files;
mod grace;
mod inputs;
mod jobs;
mod output;
#[expect(
    clippy::module_inception,
    reason = "the chamber is named for its main type"
)]
mod settings;
mod surroundings;

pub(super) use output::OutputForm;
pub(super) use settings::{Settings, settle, settle_replay};
pub(super) use surroundings::Surroundings;
