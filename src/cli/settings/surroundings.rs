//! What prun finds around it: streams, limits, folder, environment.

use std::ffi::OsString;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, IsTerminal};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use crate::os::EnvChange;
use crate::process::TerminalSize;
use crate::run;
use crate::sink::Console;

/// What a settlement depends on besides the command line.
pub(crate) struct Surroundings {
    pub(crate) stdin_is_terminal: bool,
    pub(crate) stdout_is_terminal: bool,
    pub(crate) stdout_is_pipe: bool,
    pub(crate) stderr_is_terminal: bool,
    /// Whether standard output and standard error lead to one place.
    pub(crate) one_place: bool,
    /// Whether nobody redirected standard output; asked only where it matters.
    pub(crate) is_stdout_of_parent: fn() -> bool,
    /// Of the one where standard error leads, if it tells.
    pub(crate) terminal_size: fn() -> Option<TerminalSize>,
    /// Asked only where it matters: it reads several files.
    pub(crate) cpus: fn() -> NonZeroUsize,
    /// By the limit of open files; asked once, as it counts those that are open.
    pub(crate) most_jobs: fn() -> Option<NonZeroUsize>,
    /// What fits into a job's argument list, with these changes to the environment.
    pub(crate) argument_bytes: fn(&[EnvChange]) -> usize,
    pub(crate) cwd: PathBuf,
    /// A variable of the environment.
    pub(crate) variable: fn(&str) -> Option<OsString>,
    /// All of them, names and values; asked once.
    pub(crate) variables: fn() -> Vec<(OsString, OsString)>,
    /// What names this run, unlike any other.
    pub(crate) run_id: fn() -> String,
}

impl Surroundings {
    /// Those of this process.
    pub(crate) fn look() -> io::Result<Self> {
        Ok(Self {
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
            cwd: here()?,
            variable: |name| std::env::var_os(name),
            variables: || std::env::vars_os().collect(),
            run_id,
        })
    }
}

/// 128 random bits. The standard library has them from the system, for its hash tables.
fn run_id() -> String {
    let [high, low] = [(), ()].map(|()| RandomState::new().build_hasher().finish());
    format!("{high:016x}{low:016x}")
}

/// The folder that we were started in. Where it was removed since, its former name has to do: jobs can
/// run there all the same, and what needs the folder itself fails by itself.
fn here() -> io::Result<PathBuf> {
    std::env::current_dir().or_else(|error| {
        let former = std::env::var_os("PWD").map(PathBuf::from);
        former.filter(|path| path.is_absolute()).ok_or(error)
    })
}
