//! What a run on a cluster needs before it begins: the limits of the cluster, and the run folder.

use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::settings::{OutputForm, Settings, Where};
use crate::record::{RunRecord, WorkHeader, WorkOutput};
use crate::run::{
    JobOutput, OutputDelivery, RunFolder, RunFolderError, SlurmMode, SlurmRun, SlurmSettings,
    cluster_limits,
};
use crate::sink::Show;

/// Prepares the run of these settings, if it is one on a cluster. `total` is its number of jobs.
pub(super) async fn prepare(
    place: Where,
    settings: &Settings,
    total: Option<u64>,
) -> Result<Option<SlurmRun>, RunFolderError> {
    let (slurm, limits) = match place {
        Where::Local => return Ok(None),
        Where::Follow(folder) => {
            return Ok(Some(SlurmRun {
                keeps_folder: !has_default_name(&folder),
                folder,
                limits: cluster_limits().await,
                mode: SlurmMode::Follow,
            }));
        }
        Where::Slurm(slurm) => (slurm, cluster_limits().await),
    };
    let record = RunRecord {
        run_id: settings.run_id.clone(),
        id: slurm.id.clone(),
        words: slurm.words.clone(),
        requeue: slurm.requeue,
        tasks: slurm.tasks,
        cpus: slurm.cpus,
        jobs_per_task: slurm.jobs_per_task,
        chunk: slurm.chunk,
        block_size: NonZeroU64::new(limits.array_size.into()).unwrap_or(NonZeroU64::MIN),
        header: header(settings, &slurm, total).line(),
    };
    Ok(Some(SlurmRun {
        folder: RunFolder::create(&slurm.run_dir, record)?,
        limits,
        mode: match slurm.detach {
            true => SlurmMode::Detach,
            false => SlurmMode::Run,
        },
        keeps_folder: slurm.keeps_run_dir,
    }))
}

/// Whether prun has named a folder, which then does not stay when everything was told.
fn has_default_name(folder: &RunFolder) -> bool {
    let name = SlurmSettings::default_name(&folder.record().id);
    folder.path().file_name() == Some(name.as_ref())
}

/// Returns the header of the work of each chunk.
fn header(settings: &Settings, slurm: &SlurmSettings, total: Option<u64>) -> WorkHeader {
    let Settings {
        options, reporting, ..
    } = settings;
    let is_only = total == Some(1);
    let (output, together) = match options.output {
        JobOutput::Captured { delivery, together } => match delivery {
            OutputDelivery::Streamed => (WorkOutput::Line, together),
            OutputDelivery::Ordered if is_only => (WorkOutput::Line, together),
            OutputDelivery::Ordered | OutputDelivery::Grouped => (WorkOutput::Group, together),
        },
        JobOutput::Inherited | JobOutput::Discarded => (WorkOutput::None, false),
    };
    let shows_failures = matches!(reporting.display.show, Show::Failed | Show::Nothing);
    WorkHeader {
        run_id: settings.run_id.clone(),
        chunk: 0,
        jobs: slurm.jobs_per_task,
        timeout: options.timeout,
        grace: options.grace,
        retries: options.retries,
        retry_delay: options.retry_delay,
        output,
        together,
        quiet: shows_failures
            && reporting.form == OutputForm::Output
            && reporting.files.recorders.is_empty(),
        log_dir: options.log_dir.as_ref().map(|dir| dir.path().to_owned()),
        read_at: SystemTime::now(),
    }
}

/// Returns the run folder that is printed when prun leaves a run to Slurm.
pub(super) fn detached(slurm: &SlurmRun) -> Option<PathBuf> {
    let path: &Path = slurm.folder.path();
    (slurm.mode == SlurmMode::Detach).then(|| path.to_owned())
}
