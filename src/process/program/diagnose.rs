//! Determines which part of a command was at fault.
//!
//! The system uses one error number for many causes (`ENOENT` for a missing program, a missing
//! interpreter, a missing directory), so after a failure the file system is examined. Only causes found
//! there are reported; if none is found, the system's error is.
//! Successful spawns do not pay for this, and the answer is as of the time of the examination.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::elf;
use super::path_lookup::{find_program, has_slash, seen_from_here};
use crate::os::EnvChange;
use crate::os::child::Step;
use crate::process::command::{Attributes, Command, Group};
use crate::process::error::{InvalidFd, Shortage, SpawnError, SpawnErrorKind};
use crate::process::spawn::StartError;

/// The most pages of one argument or variable on Linux, including its NUL.
const MAX_ARG_PAGES: usize = 32;

/// The most nested interpreters that are followed: more than Linux follows.
const MAX_INTERPRETERS: usize = 8;

/// Finds faults for which the system would not name the part.
pub(crate) fn check(command: &Command) -> Result<(), SpawnErrorKind> {
    if command.program.is_empty() {
        return Err(SpawnErrorKind::EmptyProgram);
    }
    let nul = |word: &OsString| word.as_bytes().contains(&0);
    let mut words = std::iter::once(&command.program).chain(&command.args);
    if let Some(index) = words.position(nul) {
        return Err(SpawnErrorKind::NulInArg { index });
    }
    for change in &command.env {
        let EnvChange { name, value } = change;
        if name.is_empty()
            || nul(name)
            || name.as_bytes().contains(&b'=')
            || value.as_ref().is_some_and(nul)
        {
            return Err(SpawnErrorKind::BadEnv(name.clone()));
        }
    }
    check_numbers(&command.changes)
}

fn check_numbers(changes: &Attributes) -> Result<(), SpawnErrorKind> {
    if let Group::Join(group) = changes.group
        && (group == 0 || i32::try_from(group).is_err())
    {
        return Err(SpawnErrorKind::InvalidGroup(group));
    }
    let mut known = HashSet::new();
    for (_, number) in &changes.pass_fds {
        let why = match number {
            ..0 => InvalidFd::Negative(*number),
            0..=2 => InvalidFd::Standard(*number),
            _ if !known.insert(*number) => InvalidFd::Twice(*number),
            _ => continue,
        };
        return Err(SpawnErrorKind::InvalidFd(why));
    }
    Ok(())
}

impl SpawnError {
    pub(crate) fn new(kind: SpawnErrorKind, command: &Command) -> Self {
        Self {
            kind,
            program: command.program.clone(),
            source: None,
        }
    }

    /// Determines which part of `command` caused `error`.
    pub(crate) fn of(command: &Command, error: StartError) -> Self {
        let (kind, source) = match error {
            StartError::Kind(kind) => return Self::new(kind, command),
            StartError::Setup(what, source) => (setup(what, &source), source),
            StartError::Exec(source) => (diagnose(command, &source), source),
            StartError::Step(failed) => {
                let source = failed.error();
                (step(command, failed.step, &source), source)
            }
        };
        Self {
            kind,
            program: command.program.clone(),
            source: Some(source),
        }
    }
}

/// The error for a resource that could not be set up.
pub(crate) fn setup(what: String, error: &io::Error) -> SpawnErrorKind {
    match shortage(error) {
        Some(lack) => SpawnErrorKind::Resource(lack),
        None => SpawnErrorKind::Setup {
            what,
            why: error.to_string(),
        },
    }
}

/// The error for a step of the new process.
pub(crate) fn step(command: &Command, step: Step, error: &io::Error) -> SpawnErrorKind {
    let what = match step {
        #[cfg(linux)]
        Step::Birth => return diagnose(command, error),
        Step::Exec => return diagnose(command, error),
        Step::Cwd => {
            return SpawnErrorKind::BadCwd {
                path: command.cwd.clone().unwrap_or_default(),
                why: dir_fault(error),
            };
        }
        Step::Session => "a session".into(),
        Step::Group => match command.changes.group {
            Group::Join(group) => format!("process group {group}"),
            Group::Inherit | Group::New => "a process group".into(),
        },
        Step::Descriptor(number) => name_of(number),
        Step::Groups => "the groups".into(),
        Step::Gid => format!("group id {}", command.changes.gid.unwrap_or_default()),
        Step::Uid => format!("user id {}", command.changes.uid.unwrap_or_default()),
        Step::Signals => "the signals".into(),
        Step::Hook => "pre_exec".into(),
    };
    setup(what, error)
}

/// The name of a process's descriptor.
pub(crate) fn name_of(number: RawFd) -> String {
    match number {
        0 => "standard input".into(),
        1 => "standard output".into(),
        2 => "standard error".into(),
        other => format!("descriptor {other}"),
    }
}

/// The error for a failed execution.
pub(crate) fn diagnose(command: &Command, error: &io::Error) -> SpawnErrorKind {
    match error.raw_os_error() {
        Some(libc::ENOENT | libc::ENOTDIR | libc::EACCES | libc::ELOOP | libc::ENAMETOOLONG) => {
            not_found(command, error)
        }
        Some(libc::ENOEXEC) => {
            let path = find_program(command).unwrap_or_else(|| PathBuf::from(&command.program));
            match File::open(&path).is_ok_and(|file| elf::is_elf(&file)) {
                true => SpawnErrorKind::ForeignBinary(path),
                false => SpawnErrorKind::NoShebang(path),
            }
        }
        Some(libc::E2BIG) => too_long(command),
        Some(libc::ETXTBSY) => SpawnErrorKind::TextFileBusy(command.program.clone()),
        // EAGAIN of a pipe would mean something else, but none is created here.
        Some(libc::EAGAIN) => SpawnErrorKind::Resource(Shortage::Processes),
        _ => shortage(error).map_or_else(|| other(command, error), SpawnErrorKind::Resource),
    }
}

/// The exhausted resource, whatever the system call was.
fn shortage(error: &io::Error) -> Option<Shortage> {
    match error.raw_os_error()? {
        libc::ENOMEM => Some(Shortage::Memory),
        libc::EMFILE => Some(Shortage::FileDescriptors),
        libc::ENFILE => Some(Shortage::SystemFileDescriptors),
        _ => None,
    }
}

fn other(command: &Command, error: &io::Error) -> SpawnErrorKind {
    SpawnErrorKind::Os {
        program: command.program.clone(),
        why: error.to_string(),
    }
}

/// The argument or variable that alone is too long for the system, if there is one.
fn too_long(command: &Command) -> SpawnErrorKind {
    let most = MAX_ARG_PAGES * rustix::param::page_size() - 1;
    let mut words = std::iter::once(&command.program).chain(&command.args);
    if let Some(index) = words.position(|word| word.len() > most) {
        let len = match index {
            0 => command.program.len(),
            index => command.args[index - 1].len(),
        };
        return SpawnErrorKind::ArgTooLong { index, len };
    }
    let variables = variables(command).into_iter();
    let mut lengths = variables.map(|(name, value)| (name.len() + "=".len() + value, name));
    match lengths.find(|(len, _)| *len > most) {
        Some((len, name)) => SpawnErrorKind::EnvTooLong { name, len },
        None => SpawnErrorKind::ArgvTooLong,
    }
}

/// The names of the process's variables, and the lengths of their values.
fn variables(command: &Command) -> Vec<(OsString, usize)> {
    let mut variables = Vec::new();
    let mut decided = HashSet::new();
    // The last change of a name counts.
    for change in command.env.iter().rev() {
        if decided.insert(change.name.clone())
            && let Some(value) = &change.value
        {
            variables.push((change.name.clone(), value.len()));
        }
    }
    let own: Vec<(OsString, usize)> = match &command.environment {
        Some(environment) => environment
            .variables()
            .map(|(name, value)| (name.to_owned(), value.len()))
            .collect(),
        None => std::env::vars_os()
            .map(|(name, value)| (name, value.len()))
            .collect(),
    };
    let is_kept = |(name, _): &(OsString, usize)| !decided.contains(name);
    variables.extend(own.into_iter().filter(is_kept));
    variables
}

/// The directory is examined first, as the system enters it first.
fn not_found(command: &Command, error: &io::Error) -> SpawnErrorKind {
    if let Some(cwd) = &command.cwd
        && let Err(why) = check_dir(cwd)
    {
        return SpawnErrorKind::BadCwd {
            path: cwd.clone(),
            why,
        };
    }
    let number = error.raw_os_error();
    let refused = |path: &Path, why| SpawnErrorKind::NotExecutable {
        path: path.to_owned(),
        why,
    };
    let Some(path) = find_program(command) else {
        // The path may lead through a directory that we may not search. For a bare name the system
        // reports this for any directory of `PATH`, which says nothing about the program.
        return match number {
            Some(libc::EACCES) if has_slash(&command.program) => refused(
                Path::new(&command.program),
                "permission denied for a directory in its path",
            ),
            Some(libc::ELOOP) => other(command, error),
            _ => SpawnErrorKind::ProgramNotFound(command.program.clone()),
        };
    };
    let meta = match path.metadata() {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return SpawnErrorKind::BrokenLink(path);
        }
        Err(_) => return other(command, error),
    };
    if meta.is_dir() {
        return refused(&path, "a directory");
    }
    if !meta.is_file() {
        return refused(&path, "not a regular file");
    }
    if meta.permissions().mode() & 0o111 == 0 {
        return refused(&path, "no execute permission; chmod +x sets it");
    }
    // The file exists and is executable by some user: its interpreter or loader may be at fault.
    match (interpreter_fault(command, &path), number) {
        (Some(kind), Some(libc::ENOENT | libc::EACCES)) => kind,
        (_, Some(libc::EACCES)) => refused(&path, "permission denied"),
        _ => other(command, error),
    }
}

fn check_dir(dir: &Path) -> Result<(), String> {
    match dir.metadata() {
        Err(error) => Err(dir_fault(&error)),
        Ok(meta) if !meta.is_dir() => Err("not a directory".into()),
        // Whether we may enter it is best tested by naming something inside.
        Ok(_) => match dir.join(".").metadata() {
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        },
    }
}

fn dir_fault(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such directory".into(),
        io::ErrorKind::NotADirectory => "not a directory".into(),
        _ => error.to_string(),
    }
}

/// The fault of the interpreter or loader that a program requests, if one is found.
fn interpreter_fault(command: &Command, program: &Path) -> Option<SpawnErrorKind> {
    let mut program = program.to_owned();
    for _ in 0..MAX_INTERPRETERS {
        let file = File::open(&program).ok()?;
        let Some(interpreter) = interpreter(&file) else {
            let loader = elf::loader(&file)?;
            let is_there = seen_from_here(command, &loader).symlink_metadata().is_ok();
            return (!is_there).then_some(SpawnErrorKind::MissingLoader { program, loader });
        };
        let seen = seen_from_here(command, &interpreter);
        let why = match seen.metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => "no such program",
            Err(_) => return None,
            Ok(meta) if !meta.is_file() => "not a regular file",
            Ok(meta) if meta.permissions().mode() & 0o111 == 0 => "no execute permission",
            // A script may be interpreted by a script.
            Ok(_) => {
                program = seen;
                continue;
            }
        };
        return Some(match interpreter.as_os_str().as_bytes() {
            [.., b'\r'] => SpawnErrorKind::CrlfShebang(program),
            _ => SpawnErrorKind::BadInterpreter {
                script: program,
                interpreter,
                why,
            },
        });
    }
    None
}

/// The interpreter named by a `#!` line, up to the blank or the end that Linux stops at.
fn interpreter(script: &File) -> Option<PathBuf> {
    let mut head = [0; 256];
    let len = script.read_at(&mut head, 0).ok()?;
    let line = head[..len].strip_prefix(b"#!")?;
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let begin = line.iter().position(|byte| !is_blank(byte))?;
    let is_end = |byte: &u8| is_blank(byte) || matches!(byte, b'\n' | 0);
    let word = line[begin..].split(is_end).next()?;
    (!word.is_empty()).then(|| PathBuf::from(OsStr::from_bytes(word)))
}
