//! What does not change in a run on Slurm.

use std::io;
use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;

use super::chunks::CutRules;
use super::commands::{ClusterLimits, SubmitWords};
use super::files::RunFolder;
use crate::record::{WorkHeader, WorkLine};

/// What a run on Slurm is, once its folder is there.
pub(crate) struct SlurmRun {
    pub(crate) folder: RunFolder,
    pub(crate) limits: ClusterLimits,
    pub(crate) mode: SlurmMode,
    /// Whether the folder stays when everything was told.
    pub(crate) keeps_folder: bool,
}

/// What a prun does with a run on Slurm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SlurmMode {
    /// It begins the run, and follows it to its end.
    Run,
    /// It begins the run.
    Detach,
    /// It follows a run that has begun.
    Follow,
}

/// What does not change.
pub(super) struct Setup {
    pub(super) run_id: String,
    pub(super) user: u32,
    pub(super) path: PathBuf,
    pub(super) words: SubmitWords,
    pub(super) tasks: NonZeroU32,
    pub(super) cpus: NonZeroU32,
    pub(super) block_size: NonZeroU64,
    pub(super) header: WorkHeader,
    pub(super) cut: CutRules,
    pub(super) mode: SlurmMode,
    pub(super) keeps_folder: bool,
}

impl Setup {
    /// Returns that of a run. The error is that of a folder that is damaged.
    pub(super) fn of(run: &SlurmRun) -> io::Result<Self> {
        let record = run.folder.record();
        let Ok(WorkLine::Header(header)) = WorkLine::read(&record.header) else {
            return Err(io::Error::other("run.json has no header of the work"));
        };
        let words = SubmitWords::parse(record.words.clone()).unwrap_or_default();
        Ok(Self {
            run_id: record.id.clone(),
            user: rustix::process::getuid().as_raw(),
            path: run.folder.path().to_owned(),
            tasks: record.tasks,
            cpus: record.cpus,
            block_size: record.block_size,
            cut: CutRules {
                tasks: record.tasks,
                most_chunks: NonZeroU32::new(run.limits.most_chunks()).unwrap_or(NonZeroU32::MIN),
                jobs_per_chunk: record.chunk,
            },
            header,
            words,
            mode: run.mode,
            keeps_folder: run.keeps_folder,
        })
    }
}
