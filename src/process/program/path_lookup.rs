//! Looking up a program in the `PATH` of the new process.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::process::command::{Command, Environment};

/// Where the system searches without a `PATH`.
const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// The file of the program, relative to this process; `None` if there is none.
pub(crate) fn find_program(command: &Command) -> Option<PathBuf> {
    let found = resolve(command)?;
    Some(seen_from_here(command, &found)).filter(|path| path.symlink_metadata().is_ok())
}

/// The files that the program may be, relative to the directory that the process starts in: a name with
/// `/` as it is, a bare one in each directory of `PATH`.
pub(crate) fn candidates(command: &Command) -> Vec<PathBuf> {
    let program = &command.program;
    if has_slash(program) {
        return vec![PathBuf::from(program)];
    }
    let path = child_path(command);
    let dirs = std::env::split_paths(&path);
    dirs.map(|dir| dir.join(program)).collect()
}

/// The file of the program, relative to the directory that the process starts in. For a bare name, a
/// file that may not be executed counts only if there is no executable one.
pub(crate) fn resolve(command: &Command) -> Option<PathBuf> {
    let mut files = candidates(command);
    if has_slash(&command.program) {
        return files.pop();
    }
    let mut refused = None;
    for file in files {
        match seen_from_here(command, &file).metadata() {
            Ok(meta) if meta.is_file() && meta.permissions().mode() & 0o111 != 0 => {
                return Some(file);
            }
            Ok(meta) if meta.is_file() => refused = refused.or(Some(file)),
            Ok(_) | Err(_) => {}
        }
    }
    refused
}

/// Whether the system's own lookup would use a `PATH` other than ours.
pub(crate) fn changes_path(command: &Command) -> bool {
    let is_other = |environment: &Environment| {
        environment.get("PATH").map(OsStr::to_owned) != std::env::var_os("PATH")
    };
    if command.environment.as_ref().is_some_and(is_other) {
        return true;
    }
    command.env.iter().any(|change| change.name == "PATH")
}

pub(crate) fn has_slash(program: &OsStr) -> bool {
    program.as_bytes().contains(&b'/')
}

/// Converts a path that is relative to where the command starts to one from here.
pub(crate) fn seen_from_here(command: &Command, file: &Path) -> PathBuf {
    command.cwd.as_deref().unwrap_or(Path::new("")).join(file)
}

/// The `PATH` of the new process.
fn child_path(command: &Command) -> OsString {
    let mut changes = command.env.iter().rev();
    let path = match changes.find(|change| change.name == "PATH") {
        Some(change) => change.value.clone(),
        None => match &command.environment {
            Some(environment) => environment.get("PATH").map(OsStr::to_owned),
            None => std::env::var_os("PATH"),
        },
    };
    path.unwrap_or_else(|| DEFAULT_PATH.into())
}
