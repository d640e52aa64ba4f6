//! Runs jobs on the nodes of a Slurm cluster.
//!
//! [`SlurmExecutor`] does it: `cutting` makes chunks of jobs, each of which is run by one array task,
//! `submitting` gives them to sbatch, `looking` reads their journals and asks Slurm, `arrivals` handles what
//! comes from there, and `verdicts` does what was decided of chunks. `chunks` decides how jobs become chunks
//! and arrays, `look_times` when journals are read and Slurm is asked, and `fate` what becomes of each
//! chunk, from what its journal and Slurm say of it; these three are pure. `commands` is what is said to
//! Slurm, and what it answers, and `calls` makes these calls; `files` is the thread of all files, and
//! `settings` what the user says, of which `setup` is made.

mod arrivals;
mod calls;
mod chunks;
mod commands;
mod cutting;
mod fate;
mod files;
mod look_times;
mod looking;
mod settings;
mod setup;
mod slurm;
mod submitting;
mod verdicts;

pub(crate) use calls::cluster_limits;
pub(crate) use commands::{SubmitWords, SubmitWordsError};
pub(crate) use files::{RunFolder, RunFolderError};
pub(crate) use settings::SlurmSettings;
pub(crate) use setup::{SlurmMode, SlurmRun};
pub(crate) use slurm::SlurmExecutor;
