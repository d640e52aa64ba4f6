//! What runs the jobs: `--on` and `--follow`.

use std::ffi::OsString;
use std::num::{NonZeroU32, NonZeroUsize};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::refused::{RefusedOption, check_cluster, check_detached, check_follow, check_local};
use crate::cli::args::{Args, Jobs};
use crate::cli::settings::surroundings::Surroundings;
use crate::plan::{KnownSlots, Source, SourceError};
use crate::run::{RunFolder, RunFolderError, SlurmSettings, SubmitWords, SubmitWordsError};

/// Where the jobs of a run are.
#[derive(Debug)]
pub(crate) enum Where {
    /// On this machine.
    Local,
    /// In array tasks of Slurm.
    Slurm(SlurmSettings),
    /// In a run that has begun, with this run folder.
    Follow(RunFolder),
}

/// An engine that cannot be used. The text is for the user; nothing was started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClusterError {
    #[error("--on {0}: not a known engine: write local, slurm or 'slurm:SBATCH OPTIONS'")]
    Unknown(String),
    #[error(
        "--on {0}: prun cannot run jobs by {0} yet: write local, slurm or 'slurm:SBATCH OPTIONS'"
    )]
    NotBuilt(&'static str),
    #[error("--on {0}: the options of sbatch have an open quote: close it")]
    Quote(String),
    #[error(transparent)]
    Words(#[from] SubmitWordsError),
    #[error(
        "--on slurm: -j {0}: the number of jobs at once must be a fixed one: write -j N [default: 100]"
    )]
    Jobs(&'static str),
    #[error(transparent)]
    Option(#[from] RefusedOption),
    #[error(transparent)]
    Folder(#[from] RunFolderError),
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(
        "--detach needs jobs whose number is known: put the commands or the arguments into a file (-f FILE, -a FILE)"
    )]
    DetachedStream,
    #[error(
        "--on slurm: there is no sbatch in PATH: start prun where jobs are submitted to Slurm, or add the directory of sbatch to PATH"
    )]
    NoSbatch,
}

/// How many jobs run at once on a cluster, if nothing else is said.
const DEFAULT_JOBS: NonZeroU32 = NonZeroU32::new(100).expect("100 is not zero");

/// What runs the jobs, as the command line alone says.
#[derive(Debug)]
pub(crate) enum Engine {
    Local,
    Slurm { words: Vec<OsString> },
    Follow(PathBuf),
}

impl Engine {
    /// Determines it, and rejects what cannot be used there.
    pub(crate) fn of(args: &Args) -> Result<Self, ClusterError> {
        if let Some(dir) = &args.cluster.follow {
            check_follow(args)?;
            return Ok(Self::Follow(dir.clone()));
        }
        let on = args
            .cluster
            .on
            .as_deref()
            .map_or(&b"local"[..], |on| on.as_bytes());
        let (engine, words) = match on.iter().position(|byte| *byte == b':') {
            Some(colon) => (&on[..colon], Some(&on[colon + 1..])),
            None => (on, None),
        };
        let shown = || String::from_utf8_lossy(on).into_owned();
        match (engine, words) {
            (b"local", None) => {
                check_local(args)?;
                Ok(Self::Local)
            }
            (b"slurm", words) => {
                let words = shlex::bytes::split(words.unwrap_or_default());
                let words = words.ok_or_else(|| ClusterError::Quote(shown()))?;
                let words = words.into_iter().map(OsString::from_vec).collect();
                check_cluster(args)?;
                if args.cluster.detach {
                    check_detached(args)?;
                }
                Ok(Self::Slurm { words })
            }
            (b"ssh", _) => Err(ClusterError::NotBuilt("ssh")),
            (b"srun", _) => Err(ClusterError::NotBuilt("srun")),
            _ => Err(ClusterError::Unknown(shown())),
        }
    }

    /// Whether jobs run on other machines.
    pub(crate) fn is_remote(&self) -> bool {
        !matches!(self, Self::Local)
    }

    /// Whether the jobs are those of a run that has begun.
    pub(crate) fn is_followed(&self) -> bool {
        matches!(self, Self::Follow(_))
    }

    /// What a template may say of the slot in which a job runs.
    pub(crate) fn known_slots(&self, args: &Args) -> KnownSlots {
        match args.slots {
            _ if self.is_remote() => KnownSlots::None,
            Some(_) => KnownSlots::Values,
            None => KnownSlots::Numbers,
        }
    }

    /// Returns how many jobs run at once, if they run on other machines.
    pub(crate) fn jobs(&self, args: &Args) -> Result<Option<NonZeroUsize>, ClusterError> {
        match self {
            Self::Local => Ok(None),
            Self::Slurm { .. } | Self::Follow(_) => {
                let jobs = at_once(args)?;
                Ok(NonZeroUsize::try_from(jobs).ok())
            }
        }
    }

    /// Returns a source whose jobs can run there.
    pub(crate) fn accept(&self, args: &Args, source: Source) -> Result<Source, ClusterError> {
        if !self.is_remote() {
            return Ok(source);
        }
        let source = source.independent()?;
        match args.cluster.detach && source.total().is_none() {
            true => Err(ClusterError::DetachedStream),
            false => Ok(source),
        }
    }

    /// Returns where the jobs of a run with this ID are. `starts`: whether it will start, so that the system
    /// must have what it needs.
    pub(crate) fn settle(
        self,
        args: &Args,
        surroundings: &Surroundings,
        run_id: &str,
        starts: bool,
    ) -> Result<Where, ClusterError> {
        let words = match self {
            Self::Local => return Ok(Where::Local),
            Self::Follow(dir) => {
                let folder = RunFolder::open(&surroundings.cwd.join(dir))?;
                return Ok(Where::Follow(folder));
            }
            Self::Slurm { words } => SubmitWords::parse(words)?,
        };
        let (tasks, jobs_per_task) = SlurmSettings::divide(at_once(args)?, words.cpus());
        let id = SlurmSettings::id_of(run_id);
        let named = args.cluster.run_dir.clone();
        let settings = SlurmSettings {
            words: words.passed().to_vec(),
            requeue: words.may_run_again(),
            tasks,
            cpus: words.cpus(),
            jobs_per_task,
            chunk: args.cluster.chunk,
            keeps_run_dir: named.is_some(),
            run_dir: surroundings
                .cwd
                .join(named.unwrap_or_else(|| SlurmSettings::default_name(&id).into())),
            detach: args.cluster.detach,
            id,
        };
        if starts && !is_in_path("sbatch", (surroundings.variable)("PATH")) {
            return Err(ClusterError::NoSbatch);
        }
        if starts {
            RunFolder::check(&settings.run_dir)?;
        }
        Ok(Where::Slurm(settings))
    }
}

/// Returns how many jobs run at once on a cluster.
fn at_once(args: &Args) -> Result<NonZeroU32, ClusterError> {
    let error = match &args.jobs {
        None => return Ok(DEFAULT_JOBS),
        Some(Jobs::Number(jobs)) if *jobs > 0 => {
            let jobs = u32::try_from(*jobs).ok().and_then(NonZeroU32::new);
            return Ok(jobs.unwrap_or(NonZeroU32::MAX));
        }
        Some(Jobs::Number(_)) => "0",
        Some(Jobs::Percent(_)) => "N%",
        Some(Jobs::Relative(more)) if *more < 0 => "-N",
        Some(Jobs::Relative(_)) => "+N",
        Some(Jobs::File(_)) => "@FILE",
    };
    Err(ClusterError::Jobs(error))
}

/// Whether there is a program of this name in the folders of PATH.
fn is_in_path(name: &str, path: Option<OsString>) -> bool {
    let folders = path.unwrap_or_default();
    std::env::split_paths(&folders).any(|folder| {
        let about = folder.join(name).metadata();
        about.is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
    })
}
