//! A folder with a file for each stream of each attempt, which its process writes itself.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::event::{Logs, NumberedJob};
use crate::os::{Lock, lock};
use crate::process::join;

/// So many bytes of a name are kept; a longer one ends with a hash of the whole.
const LONGEST: usize = 200;

/// The folder.
#[derive(Clone, Debug)]
pub(crate) struct LogDir {
    dir: Arc<Path>,
    /// Whether it may hold the files of earlier runs, which this one goes on from.
    is_continued: bool,
    /// Locked for as long as the run lasts.
    _lock: Arc<File>,
}

/// A folder that cannot be used. Nothing was started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogDirError {
    #[error("--log-dir {}: {source}", dir.display())]
    Unusable { dir: PathBuf, source: io::Error },
    #[error("--log-dir {}: {} is left from another run: use another directory, remove the file, or continue that run with --resume", dir.display(), name.display())]
    Used { dir: PathBuf, name: PathBuf },
    #[error("--log-dir {}: another prun is writing there: wait until it exits, or use another directory", .0.display())]
    Locked(PathBuf),
}

/// The files of one attempt, open.
pub(crate) struct OpenLogs {
    pub(crate) stdout: Arc<File>,
    /// None where both streams go to the other one.
    pub(crate) stderr: Option<Arc<File>>,
    pub(crate) paths: Logs,
}

impl LogDir {
    /// Makes the folder, unless it is there. One with files of another run is refused, unless this
    /// run goes on from that one; and so is one in which another run writes now. Says what is missing
    /// where that cannot be known.
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
        let folder = File::open(dir).map_err(failed)?;
        let warning = match lock(&folder) {
            Lock::Ours => None,
            Lock::Taken => return Err(LogDirError::Locked(dir.to_owned())),
            Lock::Refused(error) => Some(format!(
                "--log-dir {}: cannot be locked ({error}): make sure that no other prun writes there",
                dir.display()
            )),
        };
        // Whether files can be made there is found out now, and not by the first job.
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
            _lock: Arc::new(folder),
        };
        Ok((log_dir, warning))
    }

    /// Whether the files of jobs have such names.
    pub(crate) fn has(name: &Path) -> bool {
        is_log(name)
    }

    /// Makes the files of an attempt. None that is there is overwritten or followed elsewhere: where
    /// earlier runs have left theirs, the number of the attempt goes on from those.
    pub(crate) fn begin(
        &self,
        job: &NumberedJob,
        attempt: u32,
        together: bool,
    ) -> io::Result<OpenLogs> {
        let title = title(job);
        let mut number = attempt;
        loop {
            let stem = self.dir.join(stem(job.seq, &title, number));
            match OpenLogs::make(&stem, together) {
                Err(error) if self.is_continued && error.kind() == io::ErrorKind::AlreadyExists => {
                    number += 1;
                }
                made => return made,
            }
        }
    }
}

impl OpenLogs {
    /// Makes those whose paths begin so.
    fn make(stem: &Path, together: bool) -> io::Result<Self> {
        let make = |kind: &str| -> io::Result<(Arc<File>, Arc<Path>)> {
            let mut path = stem.as_os_str().to_owned();
            path.push(kind);
            let path = PathBuf::from(path);
            let mut options = File::options();
            // What a job left behind may write as well, and nothing may be lost by that.
            let file = options.read(true).append(true).create_new(true).open(&path);
            let told = |error: io::Error| {
                let text = format!("cannot create {}: {error}", path.display());
                io::Error::new(error.kind(), text)
            };
            Ok((Arc::new(file.map_err(told)?), path.as_path().into()))
        };
        let (stdout, stdout_path) = make(".out")?;
        let mut logs = Self {
            stdout,
            stderr: None,
            paths: Logs {
                stdout: stdout_path,
                stderr: None,
            },
        };
        if !together {
            let (stderr, stderr_path) = make(".err").inspect_err(|_| logs.discard())?;
            (logs.stderr, logs.paths.stderr) = (Some(stderr), Some(stderr_path));
        }
        Ok(logs)
    }
}

impl OpenLogs {
    /// Removes the files of an attempt that was not really made.
    pub(crate) fn discard(&self) {
        let paths = [Some(&self.paths.stdout), self.paths.stderr.as_ref()];
        for path in paths.into_iter().flatten() {
            // One that stays is in the way of the next attempt, which says so.
            let _ = fs::remove_file(path);
        }
    }
}

/// What names a job's files: its name, or its command with its values.
fn title(job: &NumberedJob) -> String {
    if let Some(name) = &job.job.name {
        return name.clone();
    }
    let work = &job.job.work;
    let words = match work.line() {
        Some(line) => {
            let mut line = line.to_owned();
            if !job.job.args.is_empty() {
                line.push(" ");
                line.push(join(&job.job.args));
            }
            line
        }
        None => join(
            work.argv(&job.job.args, job.seq, 1)
                .direct
                .unwrap_or_default(),
        ),
    };
    words.to_string_lossy().into_owned()
}

/// The name of a file without its ending. The number in front makes it unlike every other job's, also
/// where upper and lower case are one; what is left of the title is for people.
fn stem(seq: u64, title: &str, attempt: u32) -> String {
    let mut stem = format!("{seq:04}-");
    for c in title.chars() {
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '.' => stem.push(c),
            _ if stem.ends_with('_') => {}
            _ => stem.push('_'),
        }
    }
    if stem.len() > LONGEST {
        let digest = Sha256::digest(title);
        let hash: String = digest[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        stem.truncate(LONGEST - 1 - hash.len());
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
    let has_ending = name.ends_with(".out") || name.ends_with(".err");
    digits >= 4 && name[digits..].starts_with('-') && has_ending
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_says_what_the_job_is() {
        assert_eq!(stem(1, "lint", 1), "0001-lint");
        assert_eq!(
            stem(12345, "cargo test -p api", 2),
            "12345-cargo_test_-p_api.2"
        );
        assert_eq!(stem(3, "../../etc/passwd", 1), "0003-.._.._etc_passwd");
        assert_eq!(stem(4, "", 1), "0004-");
        let long = stem(5, &"x".repeat(1000), 1);
        assert_eq!(long.len(), LONGEST);
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
        fn no_two_names_are_alike_whatever_the_case(
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
