//! Why a process could not be started: which of program, interpreter, directory or argument.
//!
//! The system gives one number for many reasons (`ENOENT` for a missing program, a missing
//! interpreter, a missing directory), so after a failure the file system is looked at again.
//! The successful spawn pays nothing for this, and the answer holds for the moment of the look.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::command::{Command, EnvChange};
use super::lookup::find_program;

/// One argument or variable may have this many bytes on Linux, with its NUL.
const MAX_ARG_STRLEN: usize = 128 * 1024;

/// A process that could not be started; nothing of it is left.
#[derive(Debug, thiserror::Error)]
#[error("{kind}")]
pub struct SpawnError {
    /// What was at fault.
    pub kind: SpawnErrorKind,
    /// The program as it was named.
    pub program: OsString,
    /// What the system said, if it was asked.
    pub source: Option<io::Error>,
}

/// Which part of a command was at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpawnErrorKind {
    /// No file of this name, or none in `PATH`.
    #[error("no such program: {}", .0.display())]
    ProgramNotFound(OsString),
    /// The file is there, but may not be executed.
    #[error("not executable: {} ({why})", path.display())]
    NotExecutable {
        /// The file.
        path: PathBuf,
        /// What forbids it.
        why: &'static str,
    },
    /// A script whose `#!` line names a program that is not there.
    #[error("{}: bad interpreter: no such program: {}", script.display(), interpreter.display())]
    BadInterpreter {
        /// The script.
        script: PathBuf,
        /// What its first line names.
        interpreter: PathBuf,
    },
    /// A binary whose dynamic loader is missing: made for another system or libc.
    #[error("{}: its program loader is not installed (made for another system?)", .0.display())]
    MissingLoader(PathBuf),
    /// An executable text file without a `#!` line, which only a shell can run.
    #[error("{}: neither a binary nor a script with #!", .0.display())]
    NoShebang(PathBuf),
    /// The directory to start in is missing, no directory, or closed to us.
    #[error("cannot start in {}: {why}", path.display())]
    BadCwd {
        /// The directory.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// One argument is longer than the system takes.
    #[error("argument {index} is too long for the system: {len} bytes")]
    ArgTooLong {
        /// Which, from 1; 0 is the program.
        index: usize,
        /// Its length in bytes.
        len: usize,
    },
    /// All arguments and variables together are longer than the system takes.
    #[error("the arguments and the environment together are too long for the system")]
    ArgvTooLong,
    /// An argument holds a NUL byte, which no system can pass on.
    #[error("argument {index} holds a NUL byte")]
    NulInArg {
        /// Which, from 1; 0 is the program.
        index: usize,
    },
    /// A variable's name is empty or holds `=` or NUL, or its value holds NUL.
    #[error("the environment variable {} cannot be passed on", .0.display())]
    BadEnv(OsString),
    /// The program's name is empty.
    #[error("the program's name is empty")]
    EmptyProgram,
    /// A stream was given a kind that it cannot have.
    #[error("{0}")]
    InvalidStdio(&'static str),
    /// Called outside a tokio runtime.
    #[error("no tokio runtime: call spawn within one")]
    NoRuntime,
    /// The system is out of processes, memory or descriptors; it may work later.
    #[error("out of {0}")]
    Resource(&'static str),
    /// Somebody has the program open for writing.
    #[error("{}: the file is being written", .0.display())]
    TextFileBusy(OsString),
    /// Anything else; the source has it.
    #[error("could not start {}: {why}", program.display())]
    Os {
        /// The program as it was named.
        program: OsString,
        /// What the system said.
        why: String,
    },
}

impl SpawnError {
    pub(super) fn new(kind: SpawnErrorKind, command: &Command) -> Self {
        Self {
            kind,
            program: command.program.clone(),
            source: None,
        }
    }

    /// Finds out what of `command` made the system say `source`.
    pub(super) fn diagnose(command: &Command, source: io::Error) -> Self {
        let kind = diagnose(command, &source);
        Self {
            kind,
            program: command.program.clone(),
            source: Some(source),
        }
    }

    /// The system's error number, if the system was asked.
    #[must_use]
    pub fn raw_os_error(&self) -> Option<i32> {
        self.source.as_ref()?.raw_os_error()
    }
}

/// Finds what the system would refuse without saying which part it was.
pub(super) fn check(command: &Command) -> Result<(), SpawnErrorKind> {
    if command.program.is_empty() {
        return Err(SpawnErrorKind::EmptyProgram);
    }
    let nul = |word: &OsString| word.as_bytes().contains(&0);
    let mut words = std::iter::once(&command.program).chain(&command.args);
    if let Some(index) = words.position(nul) {
        return Err(SpawnErrorKind::NulInArg { index });
    }
    for change in &command.env {
        let (name, value) = match change {
            EnvChange::Set(name, value) => (name, Some(value)),
            EnvChange::Remove(name) => (name, None),
            EnvChange::Clear => continue,
        };
        if name.is_empty() || nul(name) || name.as_bytes().contains(&b'=') || value.is_some_and(nul)
        {
            return Err(SpawnErrorKind::BadEnv(name.clone()));
        }
    }
    Ok(())
}

fn diagnose(command: &Command, error: &io::Error) -> SpawnErrorKind {
    match error.raw_os_error() {
        Some(libc::ENOENT | libc::ENOTDIR | libc::EACCES | libc::ELOOP | libc::ENAMETOOLONG) => {
            not_found(command, error)
        }
        Some(libc::ENOEXEC) => SpawnErrorKind::NoShebang(
            find_program(command).unwrap_or_else(|| PathBuf::from(&command.program)),
        ),
        Some(libc::E2BIG) => too_long(command),
        Some(libc::ETXTBSY) => SpawnErrorKind::TextFileBusy(command.program.clone()),
        Some(libc::EAGAIN) => SpawnErrorKind::Resource("processes (ulimit -u, pids.max)"),
        Some(libc::ENOMEM) => SpawnErrorKind::Resource("memory"),
        Some(libc::EMFILE) => SpawnErrorKind::Resource("file descriptors (ulimit -n)"),
        Some(libc::ENFILE) => SpawnErrorKind::Resource("file descriptors of the whole system"),
        _ => other(command, error),
    }
}

fn other(command: &Command, error: &io::Error) -> SpawnErrorKind {
    SpawnErrorKind::Os {
        program: command.program.clone(),
        why: error.to_string(),
    }
}

fn too_long(command: &Command) -> SpawnErrorKind {
    let mut words = std::iter::once(&command.program).chain(&command.args);
    match words.position(|word| word.len() >= MAX_ARG_STRLEN) {
        Some(0) => SpawnErrorKind::ArgTooLong {
            index: 0,
            len: command.program.len(),
        },
        Some(index) => SpawnErrorKind::ArgTooLong {
            index,
            len: command.args[index - 1].len(),
        },
        None => SpawnErrorKind::ArgvTooLong,
    }
}

/// The directory comes first, as the system changes to it first.
fn not_found(command: &Command, error: &io::Error) -> SpawnErrorKind {
    if let Some(cwd) = &command.cwd
        && let Err(why) = check_dir(cwd)
    {
        return SpawnErrorKind::BadCwd {
            path: cwd.clone(),
            why,
        };
    }
    let Some(path) = find_program(command) else {
        return SpawnErrorKind::ProgramNotFound(command.program.clone());
    };
    let Ok(meta) = path.metadata() else {
        return other(command, error);
    };
    let refused = |why| SpawnErrorKind::NotExecutable {
        path: path.clone(),
        why,
    };
    if meta.is_dir() {
        return refused("a directory");
    }
    if meta.permissions().mode() & 0o111 == 0 {
        return refused("no execute permission; chmod +x sets it");
    }
    if error.raw_os_error() == Some(libc::EACCES) {
        return refused("permission denied");
    }
    if error.raw_os_error() != Some(libc::ENOENT) {
        return other(command, error);
    }
    // The file is there and yet something was not found: what the file itself asks for.
    match interpreter(&path) {
        Some(interpreter) => SpawnErrorKind::BadInterpreter {
            script: path,
            interpreter,
        },
        None => SpawnErrorKind::MissingLoader(path),
    }
}

fn check_dir(dir: &Path) -> Result<(), String> {
    match dir.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err("no such directory".into()),
        Err(error) => Err(error.to_string()),
        Ok(meta) if !meta.is_dir() => Err("not a directory".into()),
        // Whether we may enter it is best asked by naming something inside.
        Ok(_) => match dir.join(".").metadata() {
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        },
    }
}

/// What a `#!` line names.
fn interpreter(script: &Path) -> Option<PathBuf> {
    let mut head = Vec::new();
    File::open(script)
        .ok()?
        .take(256)
        .read_to_end(&mut head)
        .ok()?;
    let line = head.strip_prefix(b"#!")?.split(|b| *b == b'\n').next()?;
    let word = line
        .split(|b| b.is_ascii_whitespace())
        .find(|word| !word.is_empty())?;
    Some(PathBuf::from(OsString::from_vec(
        OsStr::from_bytes(word).as_bytes().to_vec(),
    )))
}
