//! Starts the process of a job: which argv is executed, and its fallback to a shell.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::bash_function;
use super::command::{LaunchContext, changes_dir};
use super::log_dir::OpenLogs;
use crate::event::NumberedJob;
use crate::plan::{Argv, Invocation};
use crate::process::{
    Process, Shortage, SpawnError, SpawnErrorKind, SpawnStart, run_on_spawn_thread,
};
use crate::run::options::Options;

/// A started process and the executed argv.
pub(crate) struct Launch {
    pub(crate) argv: Vec<OsString>,
    pub(crate) shell: bool,
    /// Why the direct argv could not be executed, if a shell's was executed instead.
    pub(crate) exec_error: Option<String>,
    pub(crate) process: Result<Process, Refused>,
    /// The files for its output, if it goes to files.
    pub(crate) logs: Option<OpenLogs>,
}

impl Launch {
    fn of(argv: Vec<OsString>, shell: bool, process: Result<Process, SpawnError>) -> Self {
        Self {
            argv,
            shell,
            exec_error: None,
            process: process.map_err(|error| Refused::from(error.kind)),
            logs: None,
        }
    }
}

/// Why no process was started.
pub(crate) struct Refused {
    pub(crate) why: String,
    /// The shortage, if that is why.
    pub(crate) shortage: Option<Shortage>,
}

impl From<SpawnErrorKind> for Refused {
    fn from(kind: SpawnErrorKind) -> Self {
        let shortage = match kind {
            SpawnErrorKind::Resource(shortage) => Some(shortage),
            _ => None,
        };
        let why = kind.to_string();
        Self { why, shortage }
    }
}

/// Starts the process of an attempt, and sets `begun`. Does not block on files, so that it can be given
/// up at any time; leaves no process when dropped.
pub(crate) async fn launch(
    numbered: &Arc<NumberedJob>,
    attempt: u32,
    slot: u32,
    options: &Arc<Options>,
    begun: &SpawnStart,
) -> Launch {
    let (logs, pwd) = match prepare(numbered, attempt, options, begun).await {
        Ok(ready) => ready,
        Err(refused) => {
            return Launch {
                argv: Vec::new(),
                shell: false,
                exec_error: None,
                process: Err(refused),
                logs: None,
            };
        }
    };
    let context = LaunchContext { attempt, slot, pwd };
    let start = |argv: &[OsString]| {
        let command = context.command(argv, numbered, options, logs.as_ref());
        Arc::new(command).start(begun)
    };
    let invocation = &numbered.job.invocation;
    let mut launch = execute(invocation, numbered, options, slot, start).await;
    launch.logs = logs;
    if let Err(Refused {
        shortage: Some(_), ..
    }) = &launch.process
        && let Some(logs) = launch.logs.take()
    {
        // The next try creates the same files.
        let _ = run_on_spawn_thread(begun, move || logs.discard()).await;
    }
    launch
}

/// Prepares what an attempt needs from the file system: the files for its output, and the canonical path
/// of its working directory for PWD. A shell corrects PWD itself; without one it must be right as well.
async fn prepare(
    numbered: &Arc<NumberedJob>,
    attempt: u32,
    options: &Arc<Options>,
    begun: &SpawnStart,
) -> Result<(Option<OpenLogs>, Option<PathBuf>), Refused> {
    let has_pwd = options.environment.get("PWD").is_some();
    let is_set = options.env.iter().any(|change| change.name == "PWD");
    let needs_pwd = changes_dir(numbered, options) && has_pwd && !is_set;
    if !needs_pwd && options.log_dir.is_none() {
        return Ok((None, None));
    }
    let (job, options) = (Arc::clone(numbered), Arc::clone(options));
    let ready = run_on_spawn_thread(begun, move || {
        let logs = options.create_logs(&job, attempt).transpose()?;
        let pwd = needs_pwd.then(|| job.cwd.canonicalize().ok()).flatten();
        Ok((logs, pwd))
    });
    let ready = ready.await;
    let ready = ready.map_err(|error| SpawnErrorKind::Resource(error.shortage()))?;
    ready.map_err(|error: io::Error| Refused {
        why: error.to_string(),
        shortage: None,
    })
}

/// Executes the words of a job's command, or of another one of its, or lets a shell do it.
pub(crate) async fn execute<S>(
    invocation: &Invocation,
    numbered: &NumberedJob,
    options: &Options,
    slot: u32,
    start: impl Fn(&[OsString]) -> S,
) -> Launch
where
    S: Future<Output = Result<Process, SpawnError>>,
{
    let to = numbered.assignment(slot);
    let Argv { direct, shell } = invocation.argv(&numbered.job.args, to);
    let Some(direct) = direct else {
        let argv = shell.unwrap_or_default();
        let process = start(&argv).await;
        return Launch::of(argv, true, process);
    };
    let error = match start(&direct).await {
        Ok(process) => return Launch::of(direct, false, Ok(process)),
        Err(error) => error,
    };
    let function = match (&error.kind, invocation.allows_shell()) {
        (SpawnErrorKind::ProgramNotFound(_), true) => {
            bash_function::call(&direct, &options.environment)
        }
        _ => None,
    };
    let fallback = match function {
        Some(call) => Some((call, None)),
        None => fallback(shell, &direct, &error.kind),
    };
    let Some((fallback, exec_error)) = fallback else {
        return Launch::of(direct, false, Err(error));
    };
    match start(&fallback).await {
        // If there is no shell either, report the error of the direct argv.
        Err(second) if is_program_error(&second.kind) => Launch::of(direct, false, Err(error)),
        process => Launch {
            exec_error,
            ..Launch::of(fallback, true, process)
        },
    }
}

/// Returns what is executed in place of words that failed, and the error to report besides.
///
/// A shell reports a missing program with its own message and exit code, and runs a script without #!
/// itself; a command line must behave as if a shell had run it.
fn fallback(
    shell: Option<Vec<OsString>>,
    direct: &[OsString],
    kind: &SpawnErrorKind,
) -> Option<(Vec<OsString>, Option<String>)> {
    match (shell, kind) {
        (Some(shell), SpawnErrorKind::NoShebang(_)) => Some((shell, None)),
        (Some(shell), kind) if is_shell_error(kind) => Some((shell, Some(kind.to_string()))),
        (None, SpawnErrorKind::NoShebang(script)) => {
            let script = script.clone().into_os_string();
            let words = ["/bin/sh".into(), script].into_iter();
            let words = words.chain(direct.iter().skip(1).cloned());
            Some((words.collect(), None))
        }
        _ => None,
    }
}

/// Whether a shell would fail in the same way, with its own message and exit code.
fn is_shell_error(kind: &SpawnErrorKind) -> bool {
    is_program_error(kind) || matches!(kind, SpawnErrorKind::Os { .. })
}

/// Whether the program's file could not be executed.
fn is_program_error(kind: &SpawnErrorKind) -> bool {
    matches!(
        kind,
        SpawnErrorKind::ProgramNotFound(_)
            | SpawnErrorKind::BrokenLink(_)
            | SpawnErrorKind::NotExecutable { .. }
            | SpawnErrorKind::BadInterpreter { .. }
            | SpawnErrorKind::CrlfShebang(_)
            | SpawnErrorKind::MissingLoader { .. }
            | SpawnErrorKind::ForeignBinary(_)
            | SpawnErrorKind::NoShebang(_)
            | SpawnErrorKind::TextFileBusy(_)
    )
}
