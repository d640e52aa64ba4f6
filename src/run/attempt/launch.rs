//! From a job to its process: which words are executed, and what stands in for them.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::log_dir::OpenLogs;
use crate::event::NumberedJob;
use crate::plan::Argv;
use crate::process::{
    Command, Group, KillOnDrop, Process, Shortage, SpawnError, SpawnErrorKind, SpawnStart, Stdio,
    run_on_spawn_thread,
};
use crate::run::options::{JobOutput, Options};

/// A started process and what was executed.
pub(crate) struct Launch {
    pub(crate) argv: Vec<OsString>,
    pub(crate) shell: bool,
    /// Why the words could not be executed for which a shell's were then.
    pub(crate) exec_error: Option<String>,
    pub(crate) process: Result<Process, Refused>,
    /// Where its output goes, if it goes to files.
    pub(crate) logs: Option<OpenLogs>,
}

/// Why there is no process.
pub(crate) struct Refused {
    pub(crate) why: String,
    /// What the system is out of, if that is why.
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

/// Starts the process of an attempt, and says when that is begun. It waits for no file, so that it
/// can be given up at any time; dropped, it leaves no process.
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
    let at = Place {
        attempt,
        slot,
        pwd,
        begun,
    };
    let mut launch = execute(numbered, options, logs.as_ref(), &at).await;
    launch.logs = logs;
    if let Err(Refused {
        shortage: Some(_), ..
    }) = &launch.process
        && let Some(logs) = launch.logs.take()
    {
        // The next time it makes the same files.
        let _ = run_on_spawn_thread(begun, move || logs.discard()).await;
    }
    launch
}

/// Asks the file system for what an attempt needs: the files of its output, and the true path of the
/// directory where it runs. A shell corrects a PWD that it was given; without a shell it must be
/// right as well.
async fn prepare(
    numbered: &Arc<NumberedJob>,
    attempt: u32,
    options: &Arc<Options>,
    begun: &SpawnStart,
) -> Result<(Option<OpenLogs>, Option<PathBuf>), Refused> {
    let has_pwd = options.environment.get("PWD").is_some();
    let is_told = options.env.iter().any(|(name, _)| name == "PWD");
    let needs_pwd = moves(numbered, options) && has_pwd && !is_told;
    if !needs_pwd && options.log_dir.is_none() {
        return Ok((None, None));
    }
    let (job, options) = (Arc::clone(numbered), Arc::clone(options));
    let ready = run_on_spawn_thread(begun, move || {
        let logs = options.begin_logs(&job, attempt).transpose()?;
        let pwd = needs_pwd.then(|| job.cwd.canonicalize().ok()).flatten();
        Ok((logs, pwd))
    });
    let ready = ready.await;
    let ready = ready.map_err(|none| SpawnErrorKind::Resource(none.shortage()))?;
    ready.map_err(|error: io::Error| Refused {
        why: error.to_string(),
        shortage: None,
    })
}

/// Whether a job must change to another directory.
fn moves(numbered: &NumberedJob, options: &Options) -> bool {
    options.change_dir || numbered.job.cwd.is_some()
}

/// Which attempt it is, and what is known of where it runs.
struct Place<'a> {
    attempt: u32,
    slot: u32,
    pwd: Option<PathBuf>,
    begun: &'a SpawnStart,
}

async fn execute(
    numbered: &NumberedJob,
    options: &Options,
    logs: Option<&OpenLogs>,
    Place {
        attempt,
        slot,
        pwd,
        begun,
    }: &Place<'_>,
) -> Launch {
    let job = &numbered.job;
    let moves = moves(numbered, options);
    let stdin = match &job.stdin {
        Some(_) => &Stdio::Pipe,
        None => &options.stdin,
    };
    let command = |argv: &[OsString]| {
        let (program, args) = argv
            .split_first()
            .map_or((OsStr::new(""), argv), |(p, a)| (p, a));
        let mut command = Command::exec(program);
        command
            .args(args)
            .process_group(Group::New)
            // A job gets what prun was given, as the pipes of make's job server.
            .close_fds(false)
            // An attempt that is dropped is one of a run that broke down.
            .kill_on_drop(KillOnDrop::Group)
            .environment(&options.environment)
            .stdin(stdin.clone());
        if moves {
            command.current_dir(&*numbered.cwd);
            if let Some(pwd) = pwd {
                command.env("PWD", pwd);
            }
        }
        for (name, value) in &job.env {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.envs(numbered.variables(*slot, *attempt));
        let capture = || match &options.terminal {
            Some(size) => Stdio::Terminal(options.spool.clone(), *size.borrow()),
            None => Stdio::Capture(options.spool.clone()),
        };
        let (stdout, stderr) = match (options.output, logs) {
            (JobOutput::Captured { .. }, Some(logs)) => (
                Stdio::File(Arc::clone(&logs.stdout)),
                logs.stderr.clone().map_or(Stdio::ToStdout, Stdio::File),
            ),
            (JobOutput::Captured { together: true, .. }, None) => (capture(), Stdio::ToStdout),
            (JobOutput::Captured { .. }, None) => (capture(), capture()),
            (JobOutput::Inherited, _) => (Stdio::Inherit, Stdio::Inherit),
            (JobOutput::Discarded, _) => (Stdio::Null, Stdio::Null),
        };
        command.stdout(stdout).stderr(stderr);
        command
    };
    let start = |argv: &[OsString]| Arc::new(command(argv)).start(begun);
    let refused = |error: SpawnError| Refused::from(error.kind);
    let Argv { direct, shell } = job.work.argv(&job.args, numbered.seq, *slot);
    let Some(direct) = direct else {
        let argv = shell.unwrap_or_default();
        let process = start(&argv).await.map_err(refused);
        return Launch {
            argv,
            shell: true,
            exec_error: None,
            process,
            logs: None,
        };
    };
    let by_itself = |argv, process: Result<Process, SpawnError>| Launch {
        argv,
        shell: false,
        exec_error: None,
        process: process.map_err(refused),
        logs: None,
    };
    let error = match start(&direct).await {
        Ok(process) => return by_itself(direct, Ok(process)),
        Err(error) => error,
    };
    // A shell that finds no such program says so in its own words and by its own code, and it
    // runs a script without #! by itself; a line must not show that no shell was there.
    let (stand_in, exec_error) = match (shell, &error.kind) {
        (Some(shell), SpawnErrorKind::NoShebang(_)) => (shell, None),
        (Some(shell), kind) if is_for_the_shell_to_tell(kind) => {
            let is_function = is_function(&direct, options);
            (shell, (!is_function).then(|| kind.to_string()))
        }
        (None, SpawnErrorKind::NoShebang(script)) => {
            let script = script.clone().into_os_string();
            let words = ["/bin/sh".into(), script].into_iter();
            let words = words.chain(direct.iter().skip(1).cloned());
            (words.collect(), None)
        }
        _ => return by_itself(direct, Err(error)),
    };
    match start(&stand_in).await {
        // Where there is no shell either, the words are what somebody asked for.
        Err(second) if is_of_the_program(&second.kind) => by_itself(direct, Err(error)),
        process => Launch {
            argv: stand_in,
            shell: true,
            exec_error,
            process: process.map_err(refused),
            logs: None,
        },
    }
}

/// Whether the first word may be a function that some shells take from the environment: then it
/// was found, and an exit code is its own.
fn is_function(words: &[OsString], options: &Options) -> bool {
    let mut name = OsString::from("BASH_FUNC_");
    name.push(words.first().map_or(OsStr::new(""), OsString::as_os_str));
    name.push("%%");
    options.environment.get(name).is_some()
}

/// Whether a shell would fail in the same way, with a message and an exit code of its own.
fn is_for_the_shell_to_tell(kind: &SpawnErrorKind) -> bool {
    is_of_the_program(kind) || matches!(kind, SpawnErrorKind::Os { .. })
}

/// Whether it was the program's file that could not be executed.
fn is_of_the_program(kind: &SpawnErrorKind) -> bool {
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
