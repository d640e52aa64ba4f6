//! A line of `--json=events`.

use schemars::JsonSchema;
use serde::Serialize;

use super::job::{JobRecord, MaybeAbsent};
use super::scalar::{Seconds, Str};
use crate::event::{Status, Stream};

/// A line of --json=events.
#[derive(Serialize, JsonSchema)]
#[serde(
    tag = "type",
    rename_all = "snake_case",
    bound(serialize = "T: Serialize, B: Serialize + MaybeAbsent")
)]
#[schemars(rename = "event")]
#[expect(
    clippy::large_enum_variant,
    reason = "a line is written as soon as it is made"
)]
pub(crate) enum EventLine<'a, T, B> {
    /// The first line.
    RunStart(RunLine),
    /// The process of an attempt has started.
    JobStart(StartLine<'a>),
    /// A running job printed something.
    Output(OutputLine<'a>),
    /// An attempt ended, and another one will follow.
    JobRetry(RetryLine<'a>),
    /// A job ended.
    JobEnd(JobRecord<'a, T, B>),
    /// The last line.
    RunEnd(EndLine),
}

/// The start of a run.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct RunLine {
    /// When it happened, in seconds since the epoch.
    pub(super) t_unix_s: Seconds,
    /// The version of these records.
    #[schemars(extend("const" = 1))]
    pub(super) v: u64,
    /// The process ID of prun.
    #[schemars(range(min = 1))]
    pub(super) pid: u32,
}

/// The start of an attempt.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct StartLine<'a> {
    /// When it happened, in seconds since the epoch.
    pub(super) t_unix_s: Seconds,
    /// The number of the job in the order of input, from 1.
    #[schemars(range(min = 1))]
    pub(super) seq: u64,
    /// The name of the job, if it has one.
    pub(super) name: Option<Str<'a>>,
    /// The number of the attempt, from 1.
    #[schemars(range(min = 1))]
    pub(super) attempt: u32,
    /// The slot of the attempt, from 1.
    #[schemars(range(min = 1))]
    pub(super) slot: u32,
    /// With --on: the machine that runs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) host: Option<Str<'a>>,
    /// The ID of the process and of its process group.
    #[schemars(range(min = 1))]
    pub(super) pid: u32,
}

/// A piece of the output of a running job.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct OutputLine<'a> {
    /// When it happened, in seconds since the epoch.
    pub(super) t_unix_s: Seconds,
    /// The number of the job in the order of input, from 1.
    #[schemars(range(min = 1))]
    pub(super) seq: u64,
    /// The number of the attempt, from 1.
    #[schemars(range(min = 1))]
    pub(super) attempt: u32,
    /// Where it was written.
    pub(super) stream: Stream,
    /// The output as valid UTF-8; characters are never cut.
    pub(super) text: Str<'a>,
    /// The bytes of text, if they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("contentEncoding" = "base64"), regex(pattern = "^[A-Za-z0-9+/]*={0,2}$"))]
    pub(super) text_base64: Option<String>,
}

/// The end of an attempt that is followed by another one.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct RetryLine<'a> {
    /// When it happened, in seconds since the epoch.
    pub(super) t_unix_s: Seconds,
    /// The number of the job in the order of input, from 1.
    #[schemars(range(min = 1))]
    pub(super) seq: u64,
    /// The name of the job, if it has one.
    pub(super) name: Option<Str<'a>>,
    /// The number of the attempt, from 1.
    #[schemars(range(min = 1))]
    pub(super) attempt: u32,
    /// How the attempt ended.
    pub(super) status: Status,
}

/// The end of a run.
#[derive(Serialize, serde::Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct EndLine {
    /// When it happened, in seconds since the epoch.
    pub(super) t_unix_s: Seconds,
    /// How long the run took.
    pub(super) wall_s: Seconds,
}
