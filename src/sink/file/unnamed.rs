//! A file without a name until it is complete: nothing is left behind, however prun ends.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, linkat};
use rustix::io::retry_on_intr;
use tempfile::{Builder, TempPath};

use crate::os::{Lock, folder, is_at, lock};

/// The prefix and the suffix around the random part of a name.
const NAME: (&str, &str) = (".prun-", ".draft");

/// How a file gets its name.
pub(crate) struct Unnamed {
    /// The temporary name, where the system has no unnamed files. The file is locked: an unlocked one was left
    /// by a killed run, and the next run removes it.
    name: Option<TempPath>,
}

impl Unnamed {
    /// Creates a file that can be given a name in this folder.
    pub(crate) fn create(folder: &Path) -> io::Result<(File, Self)> {
        remove_leftovers(folder);
        without_name(folder).or_else(|error| {
            with_name(folder).map_err(|second| match error.kind() {
                io::ErrorKind::Unsupported | io::ErrorKind::IsADirectory => second,
                _ => error,
            })
        })
    }

    /// Replaces the file at a path in the folder for which it was created.
    pub(crate) fn replace(self, file: &File, path: &Path) -> io::Result<()> {
        let name = match self.name {
            Some(name) => name,
            None => {
                let named = builder().make_in(folder(path), |name| link(file, name))?;
                named.into_temp_path()
            }
        };
        name.persist(path).map_err(|error| error.error)
    }
}

fn builder() -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(NAME.0).suffix(NAME.1);
    // The umask applies.
    builder.permissions(Permissions::from_mode(0o666));
    builder
}

/// Returns the path of an open file in `/proc`.
fn proc_path(file: &File) -> PathBuf {
    format!("/proc/self/fd/{}", file.as_raw_fd()).into()
}

fn link(file: &File, name: &Path) -> io::Result<()> {
    let linked = retry_on_intr(|| linkat(CWD, proc_path(file), CWD, name, AtFlags::SYMLINK_FOLLOW));
    Ok(linked?)
}

#[cfg(linux)]
fn without_name(folder: &Path) -> io::Result<(File, Unnamed)> {
    let mut options = File::options();
    options.read(true).write(true).mode(0o666);
    let file = options.custom_flags(libc::O_TMPFILE).open(folder)?;
    if fs::symlink_metadata(proc_path(&file)).is_err() {
        return Err(io::ErrorKind::Unsupported.into());
    }
    // For the moment in which it has a temporary name.
    lock(&file);
    Ok((file, Unnamed { name: None }))
}

#[cfg(not(linux))]
fn without_name(_folder: &Path) -> io::Result<(File, Unnamed)> {
    Err(io::ErrorKind::Unsupported.into())
}

fn with_name(folder: &Path) -> io::Result<(File, Unnamed)> {
    loop {
        let (file, name) = builder().tempfile_in(folder)?.into_parts();
        // Another run may have taken it for a leftover before it was locked.
        if !matches!(lock(&file), Lock::Taken) && is_at(&name, &file) {
            let name = Some(name);
            return Ok((file, Unnamed { name }));
        }
    }
}

/// Removes files that killed runs have left in the folder; errors are ignored.
fn remove_leftovers(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if !name.to_str().is_some_and(is_ours) {
            continue;
        }
        let mut options = File::options();
        options.read(true).write(true);
        options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY);
        let path = entry.path();
        let Ok(file) = options.open(&path) else {
            continue;
        };
        let is_file = file.metadata().is_ok_and(|meta| meta.is_file());
        if is_file && matches!(lock(&file), Lock::Ours) && is_at(&path, &file) {
            let _ = fs::remove_file(&path);
        }
    }
}

fn is_ours(name: &str) -> bool {
    let random = name
        .strip_prefix(NAME.0)
        .and_then(|rest| rest.strip_suffix(NAME.1));
    random.is_some_and(|random| {
        random.len() == 6 && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).unwrap().flatten();
        let mut names: Vec<String> = entries
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_has_its_name_only_when_it_is_complete() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("path");
        for make in [without_name, with_name] {
            fs::write(&path, "old").unwrap();
            let (file, unnamed) = make(dir.path()).unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"old");
            unnamed.replace(&file, &path).unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"");
            assert_eq!(names(dir.path()), ["path"]);
        }
    }

    #[test]
    fn only_leftovers_of_killed_runs_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let (running, unnamed) = with_name(dir.path()).unwrap();
        let kept = unnamed.name.as_ref().unwrap().file_name().unwrap();
        let kept = kept.to_str().unwrap().to_owned();
        for name in [".prun-abc123.draft", ".prun-config", ".prun-my-own.draft"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        Unnamed::create(dir.path()).unwrap();
        let mut expected = [".prun-config", ".prun-my-own.draft", kept.as_str()];
        expected.sort_unstable();
        assert_eq!(names(dir.path()), expected);
        drop((running, unnamed));
    }
}
