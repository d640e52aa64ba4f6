//! The options that do not go with the place where the jobs run.

use std::time::Duration;

use crate::cli::args::{Args, FailFastMode, GuardMode, OutputMode};

/// Options that exclude each other. The text is for the user.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RefusedOption {
    #[error("{0} cannot be used with --on slurm: {1}")]
    Cluster(&'static str, &'static str),
    #[error("{0} cannot be used with --detach: {1}")]
    Detached(&'static str, &'static str),
    #[error("{0} cannot be used with --follow: it was settled when the run began: omit it")]
    Follow(&'static str),
    #[error("{0} needs --on slurm: add it, or omit {0}")]
    NoCluster(&'static str),
}

/// Whether an option is given, its name, and what to do instead.
type Rule = (bool, &'static str, &'static str);

fn first(rules: &[Rule]) -> Option<(&'static str, &'static str)> {
    let given = rules.iter().find(|(is_given, ..)| *is_given);
    given.map(|(_, option, remedy)| (*option, *remedy))
}

/// Rejects options that jobs on other machines cannot have.
pub(super) fn check_cluster(args: &Args) -> Result<(), RefusedOption> {
    let here = "the machine is chosen by Slurm: omit it";
    let rules = [
        (args.tty, "--tty", "the jobs have no terminal: omit it"),
        (args.pty, "--pty", "the jobs have no terminal: omit it"),
        (
            args.output == OutputMode::Raw,
            "-o raw",
            "output comes by a file: write -o line, or omit it",
        ),
        (
            args.delay > Duration::ZERO,
            "--delay",
            "Slurm decides when a job starts: omit it",
        ),
        (
            args.slots.is_some(),
            "--slots",
            "slots have no values there: use $PRUN_SLOT and $SLURM_ARRAY_TASK_ID in the jobs",
        ),
        (
            args.blocks.pipe,
            "--pipe",
            "blocks are not sent to other machines: write them to files, and give their names as arguments",
        ),
        (args.limits.load.is_some(), "--load", here),
        (
            args.limits.memfree.is_some(),
            "--memfree",
            "write --on 'slurm:--mem=SIZE', which reserves memory",
        ),
        (
            args.limits.jobserver.is_some(),
            "--jobserver",
            "jobs on several machines cannot share tokens: omit it",
        ),
        (
            args.fail_fast == Some(FailFastMode::Soon),
            "--fail-fast=soon",
            "the other jobs of a task that runs cannot be held back: write --fail-fast, which ends them",
        ),
        (
            args.guard == GuardMode::Always,
            "--guard=always",
            "the jobs outlive a killed prun, and --follow finds them: omit it",
        ),
    ];
    let refused = first(&rules).map(|(option, remedy)| RefusedOption::Cluster(option, remedy));
    refused.map_or(Ok(()), Err)
}

/// Rejects what only a prun can do that stays.
pub(super) fn check_detached(args: &Args) -> Result<(), RefusedOption> {
    let decides = "only a prun that stays can end the run: omit one of them";
    let reports = "nothing is reported now: give it to --follow";
    let rules = [
        (args.deadline.is_some(), "--deadline", decides),
        (args.race.is_some(), "--race", decides),
        (args.fail_fast.is_some(), "--fail-fast", decides),
        (args.max_fail.is_some(), "--max-fail", decides),
        (args.joblog.is_some(), "--joblog", reports),
        (args.json.is_some(), "--json", reports),
        (args.junit.is_some(), "--junit", reports),
        (args.report.is_some(), "--report", reports),
        (args.trace.is_some(), "--trace", reports),
    ];
    let rules = match args.dry_run {
        // Nothing is submitted, and the form of the list is chosen by --json.
        true => &rules[..0],
        false => &rules[..],
    };
    let refused = first(rules).map(|(option, remedy)| RefusedOption::Detached(option, remedy));
    refused.map_or(Ok(()), Err)
}

/// Rejects options for a cluster without one.
pub(super) fn check_local(args: &Args) -> Result<(), RefusedOption> {
    let rules = [
        (args.cluster.chunk.is_some(), "--chunk", ""),
        (args.cluster.run_dir.is_some(), "--run-dir", ""),
        (args.cluster.detach, "--detach", ""),
    ];
    let refused = first(&rules).map(|(option, _)| RefusedOption::NoCluster(option));
    refused.map_or(Ok(()), Err)
}

/// Rejects options that say how jobs run which run already.
pub(super) fn check_follow(args: &Args) -> Result<(), RefusedOption> {
    let rules = [
        (args.jobs.is_some(), "-j", ""),
        (args.timeout.is_some(), "-t", ""),
        (args.retries > 0, "--retries", ""),
        (args.retry_delay > Duration::ZERO, "--retry-delay", ""),
        (args.delay > Duration::ZERO, "--delay", ""),
        (args.slots.is_some(), "--slots", ""),
        (args.limits.load.is_some(), "--load", ""),
        (args.limits.memfree.is_some(), "--memfree", ""),
        (args.limits.jobserver.is_some(), "--jobserver", ""),
        (args.guard == GuardMode::Always, "--guard=always", ""),
        (args.shell.is_some(), "--shell", ""),
        (args.exec, "--exec", ""),
        (args.cwd.is_some(), "-C", ""),
        (!args.env.is_empty(), "-e", ""),
        (!args.unset.is_empty(), "-u", ""),
        (args.name.is_some(), "--name", ""),
        (args.pty, "--pty", ""),
        (args.max_args.is_some(), "-N", ""),
        (args.link, "--link", ""),
        (args.output == OutputMode::Raw, "-o raw", ""),
    ];
    let refused = first(&rules).map(|(option, _)| RefusedOption::Follow(option));
    refused.map_or(Ok(()), Err)
}
