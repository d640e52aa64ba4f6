//! The first line of the work: what holds for all its jobs.

use std::ffi::OsString;
use std::num::NonZeroU32;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::error::WorkError;
use crate::record::scalar::{Seconds, Str, base64, decoded};

/// The version of the work: another one cannot be run.
pub(super) const WORK_VERSION: u64 = 1;

/// What holds for all jobs of the work.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WorkHeader {
    /// Identifies the run to which the jobs belong.
    pub(crate) run_id: String,
    /// The number of the chunk, from 0.
    pub(crate) chunk: u64,
    /// How many jobs run at once.
    pub(crate) jobs: NonZeroU32,
    /// The time limit of each attempt; `None` for no limit.
    pub(crate) timeout: Option<Duration>,
    /// The time from the first signal to SIGKILL.
    pub(crate) grace: Duration,
    /// The number of retries.
    pub(crate) retries: u32,
    /// The delay before the first retry.
    pub(crate) retry_delay: Duration,
    /// When output comes.
    pub(crate) output: WorkOutput,
    /// Whether both streams share one pipe, since they lead to one place in the end.
    pub(crate) together: bool,
    /// Whether no output of jobs that are ok is wanted.
    pub(crate) quiet: bool,
    /// The directory in which jobs write their output themselves.
    pub(crate) log_dir: Option<PathBuf>,
    /// When the first of its jobs was read.
    pub(crate) read_at: SystemTime,
}

/// When the output of jobs is written to the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WorkOutput {
    /// When an attempt has ended.
    Group,
    /// As it comes.
    Line,
    /// Never.
    None,
}

/// The line of a header.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderLine<'a> {
    #[serde(borrow)]
    r#type: Str<'a>,
    v: u64,
    #[serde(borrow)]
    run: Str<'a>,
    chunk: u64,
    jobs: NonZeroU32,
    timeout_s: Option<Seconds>,
    grace_s: Seconds,
    retries: u32,
    retry_delay_s: Seconds,
    output: WorkOutput,
    together: bool,
    quiet: bool,
    log_dir: Option<Str<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    log_dir_base64: Option<Str<'a>>,
    read_unix_s: Seconds,
}

impl WorkHeader {
    /// Returns its line.
    pub(crate) fn line(&self) -> Vec<u8> {
        let log_dir = self.log_dir.as_ref().map(|path| path.as_os_str());
        let is_text = log_dir.is_none_or(|path| path.to_str().is_some());
        let line = HeaderLine {
            r#type: "work".into(),
            v: WORK_VERSION,
            run: Str::from(&*self.run_id),
            chunk: self.chunk,
            jobs: self.jobs,
            timeout_s: self.timeout.map(Seconds::from),
            grace_s: self.grace.into(),
            retries: self.retries,
            retry_delay_s: self.retry_delay.into(),
            output: self.output,
            together: self.together,
            quiet: self.quiet,
            log_dir: log_dir.map(Str::lossy),
            log_dir_base64: log_dir
                .filter(|_| !is_text)
                .map(|path| Str(base64(path.as_bytes()).into())),
            read_unix_s: Seconds::since_epoch(self.read_at),
        };
        let mut line = serde_json::to_vec(&line).expect("text and numbers are JSON");
        line.push(b'\n');
        line
    }

    /// Reads its line.
    pub(super) fn read(line: &[u8]) -> Result<Self, WorkError> {
        let line: HeaderLine = serde_json::from_slice(line)?;
        let log_dir = match (line.log_dir, line.log_dir_base64) {
            (_, Some(base64)) => Some(OsString::from_vec(decoded(&base64.0)?)),
            (path, None) => path.map(|path| path.0.into_owned().into()),
        };
        Ok(Self {
            run_id: line.run.0.into_owned(),
            chunk: line.chunk,
            jobs: line.jobs,
            timeout: line.timeout_s.map(Seconds::duration).transpose()?,
            grace: line.grace_s.duration()?,
            retries: line.retries,
            retry_delay: line.retry_delay_s.duration()?,
            output: line.output,
            together: line.together,
            quiet: line.quiet,
            log_dir: log_dir.map(PathBuf::from),
            read_at: line.read_unix_s.moment()?,
        })
    }
}
