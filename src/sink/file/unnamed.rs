//! A file without a name until it is whole: nothing of it stays behind, whatever ends prun.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, linkat};
use rustix::io::retry_on_intr;
use tempfile::{Builder, TempPath};

use crate::os::{Lock, folder, is_at, lock};

/// What stands around the random part of a name.
const NAME: (&str, &str) = (".prun-", ".draft");

/// How a file gets its name.
pub(crate) struct Unnamed {
    /// The one that it has already, where the system makes no files without. The file is locked:
    /// one that nobody has locked was left by a run that was killed, and the next run removes it.
    name: Option<TempPath>,
}

impl Unnamed {
    /// Makes a file that can be named in this folder.
    pub(crate) fn make(folder: &Path) -> io::Result<(File, Self)> {
        sweep(folder);
        without_name(folder).or_else(|error| {
            with_name(folder).map_err(|second| match error.kind() {
                io::ErrorKind::Unsupported | io::ErrorKind::IsADirectory => second,
                _ => error,
            })
        })
    }

    /// Puts the file in the place of what is at the path, in the folder that it was made for.
    pub(crate) fn take_place(self, file: &File, path: &Path) -> io::Result<()> {
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
    // Less what the umask takes, as for every file that is made.
    builder.permissions(Permissions::from_mode(0o666));
    builder
}

/// Where the system shows a file of ours, named or not.
fn shown(file: &File) -> PathBuf {
    format!("/proc/self/fd/{}", file.as_raw_fd()).into()
}

fn link(file: &File, name: &Path) -> io::Result<()> {
    let linked = retry_on_intr(|| linkat(CWD, shown(file), CWD, name, AtFlags::SYMLINK_FOLLOW));
    Ok(linked?)
}

#[cfg(linux)]
fn without_name(folder: &Path) -> io::Result<(File, Unnamed)> {
    let mut options = File::options();
    options.read(true).write(true).mode(0o666);
    let file = options.custom_flags(libc::O_TMPFILE).open(folder)?;
    if fs::symlink_metadata(shown(&file)).is_err() {
        return Err(io::ErrorKind::Unsupported.into());
    }
    // For the moment in which it has a name that is not its own.
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
        // Another run may have taken it for one that was left, in the moment before.
        if !matches!(lock(&file), Lock::Taken) && is_at(&name, &file) {
            let name = Some(name);
            return Ok((file, Unnamed { name }));
        }
    }
}

/// Removes what killed runs have left in the folder. What cannot be removed does not matter.
fn sweep(folder: &Path) {
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
    fn a_file_has_its_name_when_it_is_whole_and_not_before() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("place");
        for make in [without_name, with_name] {
            fs::write(&place, "old").unwrap();
            let (file, unnamed) = make(dir.path()).unwrap();
            assert_eq!(fs::read(&place).unwrap(), b"old");
            unnamed.take_place(&file, &place).unwrap();
            assert_eq!(fs::read(&place).unwrap(), b"");
            assert_eq!(names(dir.path()), ["place"]);
        }
    }

    #[test]
    fn what_a_killed_run_left_is_removed_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let (running, unnamed) = with_name(dir.path()).unwrap();
        let kept = unnamed.name.as_ref().unwrap().file_name().unwrap();
        let kept = kept.to_str().unwrap().to_owned();
        for name in [".prun-abc123.draft", ".prun-config", ".prun-my-own.draft"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        Unnamed::make(dir.path()).unwrap();
        let mut expected = [".prun-config", ".prun-my-own.draft", kept.as_str()];
        expected.sort_unstable();
        assert_eq!(names(dir.path()), expected);
        drop((running, unnamed));
    }
}
