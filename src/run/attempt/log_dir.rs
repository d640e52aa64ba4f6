//! A directory with a file for each stream of each attempt, which its process writes itself.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::event::{Logs, NumberedJob};
use crate::os::{Lock, lock};
use crate::process::join;

/// The longest stem of a file name in bytes; a longer one is cut and ends with a hash of the whole.
const MAX_STEM_BYTES: usize = 200;

/// The directory.
#[derive(Clone, Debug)]
pub(crate) struct LogDir {
    dir: Arc<Path>,
    /// Whether it may contain the files of earlier runs, which this one continues.
    is_continued: bool,
    /// Holds the lock until the run ends.
    _lock: Option<Arc<File>>,
}

/// Why a directory cannot be used. No job was started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogDirError {
    #[error("--log-dir {}: {source}", dir.display())]
    Unusable { dir: PathBuf, source: io::Error },
    #[error("--log-dir {}: {} is left from another run: use another directory, remove the file, or continue that run with --resume", dir.display(), name.display())]
    Used { dir: PathBuf, name: PathBuf },
    #[error("--log-dir {}: another prun is writing there: wait until it exits, or use another directory", .0.display())]
    Locked(PathBuf),
}

/// The open files of one attempt.
pub(crate) struct OpenLogs {
    pub(crate) stdout: Arc<File>,
    /// None if both streams go to `stdout`.
    pub(crate) stderr: Option<Arc<File>>,
    pub(crate) paths: Logs,
}

impl LogDir {
    /// Returns its path.
    pub(crate) fn path(&self) -> &Path {
        &self.dir
    }

    /// Creates the directory, unless it exists. Fails if it contains files of another run, unless this
    /// run continues that one; or if another run is writing there now. Returns a warning if the latter
    /// cannot be checked.
    pub(crate) fn open(
        dir: &Path,
        own: &Path,
        is_continued: bool,
    ) -> Result<(Self, Option<String>), LogDirError> {
        let failed = |source| LogDirError::Unusable {
            dir: dir.to_owned(),
            source,
        };
        fs::create_dir_all(dir).map_err(failed)?;
        let directory = File::open(dir).map_err(failed)?;
        let warning = match lock(&directory) {
            Lock::Ours => None,
            Lock::Taken => return Err(LogDirError::Locked(dir.to_owned())),
            Lock::Refused(error) => Some(format!(
                "--log-dir {}: cannot be locked ({error}): make sure that no other prun writes there",
                dir.display()
            )),
        };
        // Check now that files can be created there, and not with the first job.
        drop(tempfile::tempfile_in(dir).map_err(failed)?);
        for entry in fs::read_dir(dir).map_err(failed)? {
            let name = PathBuf::from(entry.map_err(failed)?.file_name());
            if is_log(&name) && !is_continued {
                let dir = dir.to_owned();
                return Err(LogDirError::Used { dir, name });
            }
        }
        let log_dir = Self {
            dir: own.join(dir).into(),
            is_continued,
            _lock: Some(Arc::new(directory)),
        };
        Ok((log_dir, warning))
    }

    /// The directory of a run to which this one belongs: that run has locked it, and others that belong
    /// to it may have left files of the same jobs there.
    pub(crate) fn given(dir: &Path) -> Self {
        Self {
            dir: dir.into(),
            is_continued: true,
            _lock: None,
        }
    }

    /// Whether a file of a job may have this name.
    pub(crate) fn has(name: &Path) -> bool {
        is_log(name)
    }

    /// Creates the files of an attempt. Never overwrites a file or follows a symbolic link: if earlier
    /// runs have left files, the attempts are numbered from there.
    pub(crate) fn create(
        &self,
        job: &NumberedJob,
        attempt: u32,
        together: bool,
    ) -> io::Result<OpenLogs> {
        let title = title(job);
        let mut number = attempt;
        loop {
            let stem = self.dir.join(stem(job.seq, &title, number));
            match OpenLogs::create(&stem, together) {
                Err(error) if self.is_continued && error.kind() == io::ErrorKind::AlreadyExists => {
                    number += 1;
                }
                created => return created,
            }
        }
    }
}

impl OpenLogs {
    /// Creates the files whose paths begin with `stem`.
    fn create(stem: &Path, together: bool) -> io::Result<Self> {
        let create = |extension: &str| -> io::Result<(Arc<File>, Arc<Path>)> {
            let mut path = stem.as_os_str().to_owned();
            path.push(extension);
            let path = PathBuf::from(path);
            let mut options = File::options();
            // Append: background processes of the job may write as well, and must not overwrite.
            let file = options.read(true).append(true).create_new(true).open(&path);
            let with_path = |error: io::Error| {
                let text = format!("cannot create {}: {error}", path.display());
                io::Error::new(error.kind(), text)
            };
            Ok((Arc::new(file.map_err(with_path)?), path.as_path().into()))
        };
        let (stdout, stdout_path) = create(".out")?;
        let mut logs = Self {
            stdout,
            stderr: None,
            paths: Logs {
                stdout: stdout_path,
                stderr: None,
            },
        };
        if !together {
            let (stderr, stderr_path) = create(".err").inspect_err(|_| logs.discard())?;
            (logs.stderr, logs.paths.stderr) = (Some(stderr), Some(stderr_path));
        }
        Ok(logs)
    }
}

impl OpenLogs {
    /// Removes the files of an attempt whose process was not started.
    pub(crate) fn discard(&self) {
        let paths = [Some(&self.paths.stdout), self.paths.stderr.as_ref()];
        for path in paths.into_iter().flatten() {
            // If removal fails, the next attempt reports it.
            let _ = fs::remove_file(path);
        }
    }
}

/// Returns the title of a job's files: its name, or its command with its values.
fn title(job: &NumberedJob) -> String {
    if let Some(name) = &job.job.name {
        return name.clone();
    }
    let invocation = &job.job.invocation;
    let words = match invocation.line() {
        Some(line) => {
            let mut line = line.to_owned();
            if !job.job.args.is_empty() {
                line.push(" ");
                line.push(join(&job.job.args));
            }
            line
        }
        None => join(
            invocation
                .argv(&job.job.args, job.assignment(1))
                .direct
                .unwrap_or_default(),
        ),
    };
    words.to_string_lossy().into_owned()
}

/// Returns the name of a file without its extension. The leading number makes it unique, also on
/// case-insensitive file systems; the title is for people.
fn stem(seq: u64, title: &str, attempt: u32) -> String {
    let mut stem = format!("{seq:04}-");
    for c in title.chars() {
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '.' => stem.push(c),
            _ if stem.ends_with('_') => {}
            _ => stem.push('_'),
        }
    }
    if stem.len() > MAX_STEM_BYTES {
        let digest = Sha256::digest(title);
        let hash: String = digest[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        stem.truncate(MAX_STEM_BYTES - 1 - hash.len());
        stem = format!("{stem}_{hash}");
    }
    match attempt {
        1 => stem,
        attempt => format!("{stem}.{attempt}"),
    }
}

/// Whether a file has such a name.
fn is_log(name: &Path) -> bool {
    let Some(name) = name.to_str() else {
        return false;
    };
    let digits = name.bytes().take_while(u8::is_ascii_digit).count();
    let has_extension = name.ends_with(".out") || name.ends_with(".err");
    digits >= 4 && name[digits..].starts_with('-') && has_extension
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_contains_the_title_of_the_job() {
        assert_eq!(stem(1, "lint", 1), "0001-lint");
        assert_eq!(
            stem(12345, "cargo test -p api", 2),
            "12345-cargo_test_-p_api.2"
        );
        assert_eq!(stem(3, "../../etc/passwd", 1), "0003-.._.._etc_passwd");
        assert_eq!(stem(4, "", 1), "0004-");
        let long = stem(5, &"x".repeat(1000), 1);
        assert_eq!(long.len(), MAX_STEM_BYTES);
        assert_ne!(long, stem(5, &"x".repeat(1001), 1));
    }

    proptest! {
        #[test]
        fn every_name_is_one_plain_file(seq in 1u64.., title in any::<String>(), attempt in 1u32..) {
            let name = format!("{}.out", stem(seq, &title, attempt));
            prop_assert_eq!(Path::new(&name).components().count(), 1);
            prop_assert_eq!(Path::new(&name).file_name(), Some(std::ffi::OsStr::new(&name)));
            prop_assert!(name.is_ascii() && !name.contains(|c: char| c == '/' || c.is_ascii_control()));
            prop_assert!(name.len() <= 255);
            prop_assert!(is_log(Path::new(&name)));
        }

        #[test]
        fn names_are_unique_in_any_case(
            a in (1u64..2000, "[aA.0-9_/-]{0,6}|\\PC{190,210}", 1u32..4),
            b in (1u64..2000, "[aA.0-9_/-]{0,6}|\\PC{190,210}", 1u32..4),
        ) {
            // A job has one title.
            prop_assume!(a.0 != b.0 || (a.1 == b.1 && a.2 != b.2));
            let [a, b] = [a, b].map(|(seq, title, attempt)| stem(seq, &title, attempt).to_lowercase());
            prop_assert_ne!(a, b);
        }
    }
}
