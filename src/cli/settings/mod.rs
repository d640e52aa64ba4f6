//! The settings of a run, determined once from the command line and the surroundings.
//!
//! `inputs` is the form of the command line, `cluster` where the jobs run, `running` how they run, `shown` what is shown of them,
//! `files` the files that the run writes, and `open_files` these and other files once they are open.
//! `settings` puts it all together. `surroundings` is the state of the system.

mod cluster;
mod files;
mod inputs;
mod open_files;
mod running;
mod settings;
mod shown;
mod surroundings;

pub(super) use cluster::Where;
pub(super) use running::{EnvironmentError, environment, null_input};
pub(super) use settings::{Reporting, Settings, settle, settle_replay};
pub(super) use shown::OutputForm;
pub(super) use surroundings::Surroundings;
