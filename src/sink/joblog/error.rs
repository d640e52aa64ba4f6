//! Why a job log cannot be gone on with or told again.

use std::io;
use std::path::PathBuf;

/// A log that cannot be gone on with. Nothing was started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JobLogError {
    #[error("--joblog {}: {source}", path.display())]
    Open { path: PathBuf, source: io::Error },
    #[error("--joblog {}: {}", .0.display(), .1)]
    Refused(PathBuf, &'static str),
    #[error("--joblog {}: not a job log, judging by its first line: name a different file", .0.display())]
    NotALog(PathBuf),
    #[error("--joblog {}: another prun is writing to it: wait until it exits, or name a different file", .0.display())]
    Locked(PathBuf),
    #[error("{}:{line}: damaged job log: {why}; fix the line or remove it", path.display())]
    Damaged {
        path: PathBuf,
        line: u64,
        why: String,
    },
    #[error("{}:{}: the job log was written by another version of prun: name a different file", .0.display(), .1)]
    OtherVersion(PathBuf, u64),
    #[error(
        "{}: a job of an earlier run is still running: {job}, process {pid}; terminate it or wait for it",
        path.display()
    )]
    StillRunning {
        path: PathBuf,
        job: String,
        pid: u32,
    },
}
