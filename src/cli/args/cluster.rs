//! The definition of the options for a run on more than one machine.

use std::ffi::OsString;
use std::num::NonZeroU64;
use std::path::PathBuf;

use clap::builder::OsStringValueParser;
use clap::{Args as ClapArgs, ValueHint};

/// Where jobs run, if not here.
#[derive(Debug, ClapArgs)]
pub(crate) struct ClusterArgs {
    /// Run the jobs here, or on a cluster: local, slurm or 'slurm:SBATCH OPTIONS'
    ///
    /// slurm: as tasks of Slurm job arrays, at most -j at once [default of -j: 100], with the
    /// options of sbatch after the colon: --on='slurm:-p long --mem 2G --time 30'. With -c N a task
    /// has N CPUs and runs N jobs at once. Jobs keep their directory, which must be on a file system
    /// that all nodes share, and prun's environment. A job whose node is lost is run again, so it may
    /// run twice; --no-requeue among the options forbids that, and such a job fails.
    #[arg(
        long,
        value_name = "WHERE",
        value_parser = OsStringValueParser::new(),
        hide_short_help = true,
        help_heading = "Running on a cluster"
    )]
    pub(crate) on: Option<OsString>,

    /// Give N jobs to each task
    ///
    /// By default the tasks get large shares of the jobs first, and smaller ones later. --chunk 1: a task
    /// per job, for long ones.
    #[arg(
        long,
        value_name = "N",
        value_parser = parse_chunk,
        allow_negative_numbers = true,
        hide_short_help = true,
        help_heading = "Running on a cluster"
    )]
    pub(crate) chunk: Option<NonZeroU64>,

    /// Keep the files of the run in DIR, which must be new or empty
    ///
    /// On a file system that all nodes share [default: prun-run-ID in the current directory, which is
    /// removed when all jobs have been reported].
    #[arg(
        long,
        value_name = "DIR",
        value_hint = ValueHint::DirPath,
        hide_short_help = true,
        help_heading = "Running on a cluster"
    )]
    pub(crate) run_dir: Option<PathBuf>,

    /// Submit the jobs, print the directory of the run, and exit
    ///
    /// Needs jobs whose number is known, not a stream. `prun --follow` reports them.
    #[arg(long, hide_short_help = true, help_heading = "Running on a cluster")]
    pub(crate) detach: bool,

    /// Follow the run in DIR: one that was detached, or whose prun has ended
    ///
    /// Reports it from its beginning, with any option that reports. Jobs that were lost since are
    /// submitted again.
    #[arg(
        long,
        value_name = "DIR",
        conflicts_with_all = ["commands", "file", "arg_files", "on", "chunk", "run_dir", "detach", "replay", "dry_run", "resume", "log_dir", "shuf", "only", "skip", "pipe", "tty"],
        value_hint = ValueHint::DirPath,
        hide_short_help = true,
        help_heading = "Running on a cluster"
    )]
    pub(crate) follow: Option<PathBuf>,
}

fn parse_chunk(text: &str) -> Result<NonZeroU64, &'static str> {
    text.parse().map_err(|_| "a number of jobs is 1, 2, …")
}
