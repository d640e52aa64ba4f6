//! How a run is given to Slurm, settled before it starts.

use std::ffi::OsString;
use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;

/// The settings of a run on Slurm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SlurmSettings {
    /// What the run is called: the job arrays are `prun-ID`.
    pub(crate) id: String,
    /// The options of sbatch, without `--no-requeue`.
    pub(crate) words: Vec<OsString>,
    /// Whether a job that is lost with its node is run again.
    pub(crate) requeue: bool,
    /// How many array tasks run at once.
    pub(crate) tasks: NonZeroU32,
    /// How many CPUs each of them has.
    pub(crate) cpus: NonZeroU32,
    /// How many jobs each of them runs at once.
    pub(crate) jobs_per_task: NonZeroU32,
    /// How many jobs a chunk has; `None` for shares of what is left.
    pub(crate) chunk: Option<NonZeroU64>,
    /// The run folder, absolute.
    pub(crate) run_dir: PathBuf,
    /// Whether it stays when everything was told.
    pub(crate) keeps_run_dir: bool,
    /// Whether prun exits once the jobs are submitted.
    pub(crate) detach: bool,
}

impl SlurmSettings {
    /// Returns what a run is called, of its unique ID: short enough for every column of Slurm's tables, and
    /// long enough not to meet another run of the same user.
    pub(crate) fn id_of(run_id: &str) -> String {
        const LENGTH: usize = 12;
        run_id.chars().take(LENGTH).collect()
    }

    /// Returns the name of the run folder of a run that is called so, if the user does not name another.
    pub(crate) fn default_name(id: &str) -> String {
        format!("prun-run-{id}")
    }

    /// Returns how many tasks run at once, and how many jobs in each of them, so that at most `jobs` run.
    pub(crate) fn divide(jobs: NonZeroU32, cpus: NonZeroU32) -> (NonZeroU32, NonZeroU32) {
        let tasks = NonZeroU32::new(jobs.get() / cpus).unwrap_or(NonZeroU32::MIN);
        (tasks, jobs.min(cpus))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_more_jobs_run_at_once_than_were_asked_for(jobs in 1u32.., cpus in 1u32..) {
            let [jobs, cpus] = [jobs, cpus].map(|number| NonZeroU32::new(number).unwrap());
            let (tasks, each) = SlurmSettings::divide(jobs, cpus);
            let most = u64::from(tasks.get()) * u64::from(each.get());
            prop_assert!(most <= u64::from(jobs.get()) && each <= cpus);
            prop_assert!(most + u64::from(cpus.get()) > u64::from(jobs.get()), "no task is missing");
        }
    }
}
