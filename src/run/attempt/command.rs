//! The command of an attempt: what its process gets.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::Arc;

use super::log_dir::OpenLogs;
use crate::event::NumberedJob;
use crate::process::{Command, Group, KillOnDrop, Stdio};
use crate::run::options::{JobOutput, Options};

/// The number, slot and PWD of an attempt.
pub(crate) struct LaunchContext {
    pub(crate) attempt: u32,
    pub(crate) slot: u32,
    pub(crate) pwd: Option<PathBuf>,
}

impl LaunchContext {
    /// Returns the command that executes `argv` for a job.
    pub(crate) fn command(
        &self,
        argv: &[OsString],
        numbered: &NumberedJob,
        options: &Options,
        logs: Option<&OpenLogs>,
    ) -> Command {
        let (stdout, stderr) = output(options, logs);
        let mut command = self.bare_command(argv, numbered, options);
        command
            .stdin(match &numbered.job.stdin {
                Some(_) => Stdio::Pipe,
                None => options.stdin.clone(),
            })
            .stdout(stdout)
            .stderr(stderr);
        command
    }

    /// Returns a command that executes `argv` where a job runs, but has no input and no output.
    pub(crate) fn silent_command(
        &self,
        argv: &[OsString],
        numbered: &NumberedJob,
        options: &Options,
    ) -> Command {
        let mut command = self.bare_command(argv, numbered, options);
        command
            .stdin(Stdio::Null)
            .stdout(Stdio::Null)
            .stderr(Stdio::Null);
        command
    }

    /// Returns a command that executes `argv` where a job runs, with prun's own input and output.
    fn bare_command(
        &self,
        argv: &[OsString],
        numbered: &NumberedJob,
        options: &Options,
    ) -> Command {
        let (program, args) = argv
            .split_first()
            .map_or((OsStr::new(""), argv), |(program, args)| (program, args));
        let mut command = Command::exec(program);
        command
            .args(args)
            .process_group(Group::New)
            // Jobs inherit prun's descriptors, such as the pipes of make's job server.
            .close_fds(false)
            // An attempt is dropped only if prun panics.
            .kill_on_drop(KillOnDrop::Group)
            .environment(&options.environment);
        if changes_dir(numbered, options) {
            command.current_dir(&*numbered.cwd);
            if let Some(pwd) = &self.pwd {
                command.env("PWD", pwd);
            }
        }
        let job = &numbered.job;
        let to = numbered.assignment(self.slot);
        command
            .env_changes(&job.invocation.variables(&job.args, to))
            .env_changes(&job.env)
            .envs(numbered.variables(self.slot, self.attempt));
        command
    }
}

/// Whether a job must change to another directory.
pub(crate) fn changes_dir(numbered: &NumberedJob, options: &Options) -> bool {
    options.change_dir || numbered.job.cwd.is_some()
}

/// Returns where standard output and standard error go.
fn output(options: &Options, logs: Option<&OpenLogs>) -> (Stdio, Stdio) {
    let capture = || match &options.terminal {
        Some(size) => Stdio::Terminal(options.spool.clone(), *size.borrow()),
        None => Stdio::Capture(options.spool.clone()),
    };
    match (options.output, logs) {
        (JobOutput::Captured { .. }, Some(logs)) => (
            Stdio::File(Arc::clone(&logs.stdout)),
            logs.stderr.clone().map_or(Stdio::ToStdout, Stdio::File),
        ),
        (JobOutput::Captured { together: true, .. }, None) => (capture(), Stdio::ToStdout),
        (JobOutput::Captured { .. }, None) => (capture(), capture()),
        (JobOutput::Inherited, _) => (Stdio::Inherit, Stdio::Inherit),
        (JobOutput::Discarded, _) => (Stdio::Null, Stdio::Null),
    }
}
