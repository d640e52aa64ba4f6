//! The record of a finished job.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::scalar::{Seconds, Str, as_text};
use super::scheduled::{ServiceEnd, one};
use super::text::Base64;
use crate::event::{CancelReason, Status};
use crate::plan::Key;
use crate::process::Signal;

/// The version of the records: a job log of another one cannot be continued or replayed.
pub(crate) const VERSION: u64 = 1;

/// A finished job, or in a job log an attempt that is followed by another one.
///
/// `T` is the type of output as text, and `B` that of its bytes in base64.
// Keys keep their order and are always present, unless they say otherwise.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(bound(
    serialize = "T: Serialize, B: Serialize + MaybeAbsent",
    deserialize = "T: Deserialize<'de>, B: Deserialize<'de>"
))]
#[schemars(
    rename = "job",
    deny_unknown_fields,
    extend("not" = {
        "properties": { "exit_code": { "type": "integer" }, "signal": { "type": "string" } }
    })
)]
pub(crate) struct JobRecord<'a, T, B> {
    /// Not with --json: when it happened, in seconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) t_unix_s: Option<Seconds>,
    /// job_retry only: the number of the attempt, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub(crate) attempt: Option<u32>,
    /// job_retry only: the time until the next attempt may start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) delay_s: Option<Seconds>,
    /// Job log only: identifies the job by its content, for --resume.
    #[serde(default, with = "as_text", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", regex(pattern = "^[0-9a-f]{32}$"))]
    pub(crate) key: Option<Key>,
    /// Job log only: when the last attempt started, from the start of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) begun_s: Option<Seconds>,
    /// Job log only: the time limit that the job exceeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) limit_s: Option<Seconds>,
    /// Job log only: that the job is a service, and how it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) service_end: Option<ServiceEnd>,
    /// Job log only: the name of the job that did not end well, if the reason is needs.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(super) failed_need: Option<Str<'a>>,
    /// Job log only: why the words of a command line could not be executed without a shell.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(super) exec_error: Option<Str<'a>>,
    /// Job log only: whether the process left a core dump.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) core_dumped: Option<bool>,
    /// Job log only: the bytes of stdout and of stderr that could not be kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) lost_bytes: Option<[u64; 2]>,
    /// The version of these records.
    #[schemars(extend("const" = 1))]
    pub(super) v: u64,
    /// The number of the job in the order of input, from 1.
    #[schemars(range(min = 1))]
    pub(crate) seq: u64,
    /// The name of the job, if it has one.
    #[serde(borrow)]
    pub(crate) name: Option<Str<'a>>,
    /// The command as it was written, or its words quoted for a shell.
    #[serde(borrow)]
    pub(super) cmd: Str<'a>,
    /// The program that was executed, or would have been, and its arguments.
    #[serde(borrow)]
    #[schemars(length(min = 1))]
    pub(super) argv: Vec<Str<'a>>,
    /// Whether argv runs a shell.
    pub(super) shell: bool,
    /// The input values from which the job was made.
    #[serde(borrow)]
    pub(super) args: Vec<Str<'a>>,
    /// The working directory.
    #[serde(borrow)]
    pub(super) cwd: Str<'a>,
    /// The names of the jobs that it needs.
    #[serde(borrow, default)]
    pub(super) needs: Vec<Str<'a>>,
    /// The pool that it belongs to.
    #[serde(borrow)]
    pub(super) pool: Option<Str<'a>>,
    /// How many slots it takes.
    #[serde(default = "one")]
    pub(super) weight: NonZeroU32,
    /// Whether its failure fails neither the run nor the jobs that need it.
    #[serde(default)]
    pub(super) allow_failure: bool,
    /// How the job ended: exactly one of these.
    pub(crate) status: Status,
    /// Why it was canceled, skipped or not run again, if the cause was outside of the job.
    pub(crate) reason: Option<CancelReason>,
    /// The exit code. Never set together with signal.
    #[schemars(range(min = 0))]
    pub(super) exit_code: Option<i32>,
    /// The name of the signal that ended the process.
    #[serde(default, with = "as_text")]
    #[schemars(with = "Option<String>", regex(pattern = "^SIG"))]
    pub(super) signal: Option<Signal>,
    /// Why it could not start, or why its exit status is unknown; or, if the reason is needs, which job
    /// did not end well, and how.
    #[serde(borrow)]
    pub(super) error: Option<Str<'a>>,
    /// The number of attempts; 0 if it was skipped, or done by an earlier run.
    pub(super) attempts: u32,
    /// The slot of the last attempt, from 1. The keys below are those of the last attempt as well.
    #[schemars(range(min = 1))]
    pub(super) slot: Option<u32>,
    /// With --on: the machine that ran it.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(super) host: Option<Str<'a>>,
    /// The ID of the process and of its process group.
    #[schemars(range(min = 1))]
    pub(super) pid: Option<u32>,
    /// When the process started, in seconds since the epoch.
    pub(super) start_unix_s: Option<Seconds>,
    /// The time from reading the job to its first start.
    pub(super) queued_s: Option<Seconds>,
    /// The elapsed time.
    pub(super) wall_s: Option<Seconds>,
    /// The CPU time of its processes in user mode.
    pub(super) user_s: Option<Seconds>,
    /// The CPU time of its processes in the kernel.
    pub(super) sys_s: Option<Seconds>,
    /// The peak resident memory of its largest process, as the kernel counts it.
    pub(super) max_rss_bytes: Option<u64>,
    /// Whether a process that it left behind still held its output when it ended.
    pub(super) leaked: bool,
    /// Whether output could not be kept.
    pub(crate) truncated: bool,
    /// Its standard output as valid UTF-8; null where the record does not hold it. A job log has the
    /// last 64 KiB of jobs that are not ok.
    pub(super) stdout: Option<T>,
    /// Its standard error in the same way.
    pub(super) stderr: Option<T>,
    /// The length of its standard output, kept or not.
    pub(super) stdout_bytes: u64,
    /// The length of its standard error, kept or not.
    pub(super) stderr_bytes: u64,
    /// The length of its own standard input: of its block, or of stdin in a job file.
    pub(super) stdin_bytes: Option<u64>,
    /// How much of that it did not read, which is no error.
    pub(super) stdin_unread_bytes: Option<u64>,
    /// The bytes of stdout, if they are not UTF-8.
    #[serde(skip_serializing_if = "is_absent")]
    #[schemars(extend("contentEncoding" = "base64"), regex(pattern = "^[A-Za-z0-9+/]*={0,2}$"))]
    pub(super) stdout_base64: Option<B>,
    /// The bytes of stderr, if they are not UTF-8.
    #[serde(skip_serializing_if = "is_absent")]
    #[schemars(extend("contentEncoding" = "base64"), regex(pattern = "^[A-Za-z0-9+/]*={0,2}$"))]
    pub(super) stderr_base64: Option<B>,
    /// Each word of argv in base64, if one is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) argv_base64: Option<Vec<String>>,
    /// Each of args in base64, if one is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) args_base64: Option<Vec<String>>,
    /// The bytes of cwd, if they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("contentEncoding" = "base64"), regex(pattern = "^[A-Za-z0-9+/]*={0,2}$"))]
    pub(super) cwd_base64: Option<String>,
    /// With --log-dir: the file that holds stdout, in place of the text.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(super) stdout_path: Option<Str<'a>>,
    /// With --log-dir: the file that holds stderr; null where both streams are in one file.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(super) stderr_path: Option<Option<Str<'a>>>,
    /// Job log only, and only false: its output had not been written when this line was. A
    /// job_delivered line follows when it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) delivered: Option<bool>,
}

/// A value that is omitted depending on what was written before it.
pub(super) trait MaybeAbsent {
    fn is_absent(&self) -> bool;
}

impl MaybeAbsent for Base64<'_> {
    /// The text of valid UTF-8 is enough.
    fn is_absent(&self) -> bool {
        !self.was_lossy.get()
    }
}

fn is_absent<B: MaybeAbsent>(value: &Option<B>) -> bool {
    value.as_ref().is_none_or(B::is_absent)
}
