//! What runs the jobs: this machine, or an engine on others.
//!
//! [`Executor`] is what [`Runner`](super::runner::Runner) knows of it. `local` runs them here, `slurm` on the
//! nodes of a Slurm cluster; `journal` reads what a prun on another machine writes of its jobs.

mod executor;
mod journal;
mod local;
mod slurm;

pub(super) use executor::Executor;
pub(super) use local::LocalExecutor;
pub(super) use slurm::SlurmExecutor;
pub(crate) use slurm::{
    RunFolder, RunFolderError, SlurmMode, SlurmRun, SlurmSettings, SubmitWords, SubmitWordsError,
    cluster_limits,
};
