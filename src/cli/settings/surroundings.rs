//! What prun finds when it starts: streams, limits, working directory, environment.

use std::ffi::OsString;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, IsTerminal};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use crate::os::EnvChange;
use crate::process::TerminalSize;
use crate::run::{self, OuterJobserverError, Tokens};
use crate::sink::Console;

/// What the settings depend on besides the command line.
pub(crate) struct Surroundings {
    pub(crate) stdin_is_terminal: bool,
    pub(crate) stdout_is_terminal: bool,
    pub(crate) stdout_is_pipe: bool,
    pub(crate) stderr_is_terminal: bool,
    /// Whether standard output and standard error are the same file.
    pub(crate) one_place: bool,
    /// Whether standard output is that of the parent, not redirected; called only if needed.
    pub(crate) is_stdout_of_parent: fn() -> bool,
    /// The size of the terminal at standard error, if it reports one.
    pub(crate) terminal_size: fn() -> Option<TerminalSize>,
    /// The number of CPUs; called only if needed, as it reads several files.
    pub(crate) cpus: fn() -> NonZeroUsize,
    /// The maximum of jobs by the limit of open files; called once, as it counts the open ones.
    pub(crate) most_jobs: fn() -> Option<NonZeroUsize>,
    /// The space in a job's argument list, with these changes to the environment.
    pub(crate) argument_bytes: fn(&[EnvChange]) -> usize,
    pub(crate) cwd: PathBuf,
    /// Returns an environment variable.
    pub(crate) variable: fn(&str) -> Option<OsString>,
    /// Returns all environment variables; called once.
    pub(crate) variables: fn() -> Vec<(OsString, OsString)>,
    /// The jobserver that the environment names, if it names one.
    pub(crate) outer_jobserver: Option<Result<Tokens, OuterJobserverError>>,
    /// Returns a unique ID for the run.
    pub(crate) run_id: fn() -> String,
}

impl Surroundings {
    /// Returns the surroundings of this process.
    pub(crate) fn look() -> io::Result<Self> {
        let variable = |name: &str| std::env::var_os(name);
        Ok(Self {
            // First, since a descriptor that make has closed could be ours after the next open.
            outer_jobserver: run::outer_jobserver(variable),
            stdin_is_terminal: io::stdin().is_terminal(),
            stdout_is_terminal: Console::stdout_is_terminal(),
            stdout_is_pipe: Console::stdout_is_pipe(),
            stderr_is_terminal: Console::stderr_is_terminal(),
            is_stdout_of_parent: Console::is_stdout_of_parent,
            one_place: Console::is_one_place(),
            terminal_size: Console::size,
            cpus: run::cpus,
            most_jobs: run::most_jobs,
            argument_bytes: run::argument_bytes,
            cwd: working_directory()?,
            variable,
            variables: || std::env::vars_os().collect(),
            run_id,
        })
    }
}

/// Returns 128 random bits, which the standard library gets from the system for its hash tables.
fn run_id() -> String {
    let [high, low] = [(), ()].map(|()| RandomState::new().build_hasher().finish());
    format!("{high:016x}{low:016x}")
}

/// Returns the working directory. If it has been removed, falls back to its former path: jobs can still run
/// there, and whatever needs the directory itself reports its own error.
fn working_directory() -> io::Result<PathBuf> {
    std::env::current_dir().or_else(|error| {
        let former = std::env::var_os("PWD").map(PathBuf::from);
        former.filter(|path| path.is_absolute()).ok_or(error)
    })
}
