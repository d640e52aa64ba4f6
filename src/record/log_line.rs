//! A line of a job log.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::VERSION;
use super::event_line::EndLine;
use super::job::{JobRecord, MaybeAbsent};
use super::scalar::{Seconds, Str, as_text};
use crate::event::End;
use crate::plan::Key;
use crate::process::Signal;

/// A line of a job log.
#[derive(Serialize, JsonSchema)]
#[serde(
    tag = "type",
    rename_all = "snake_case",
    bound(serialize = "T: Serialize, B: Serialize + MaybeAbsent")
)]
#[schemars(rename = "log")]
pub(crate) enum LogLine<'a, T, B> {
    /// A run begins.
    RunStart(LogStart<'a>),
    /// The process of an attempt has started.
    JobStart(LoggedStart<'a>),
    /// An attempt ended, and another one will follow.
    JobRetry(JobRecord<'a, T, B>),
    /// A job ended.
    JobEnd(JobRecord<'a, T, B>),
    /// The output of a job was written after its job_end line.
    JobDelivered(DeliveredLine),
    /// The run ends before its time.
    Stop(StopLine),
    /// A warning of prun.
    Warning(TextLine<'a>),
    /// The input could not be read on.
    InputFailed(TextLine<'a>),
    /// Output of prun could not be written.
    OutputFailed(LossLine),
    /// The run ended.
    RunEnd(EndLine),
}

/// The start of a run.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct LogStart<'a> {
    /// When it happened, in seconds since the epoch.
    pub(crate) t_unix_s: Seconds,
    /// The version of these records.
    #[schemars(extend("const" = 1))]
    pub(crate) v: u64,
    /// Identifies the run: its jobs have it in PRUN_RUN_ID.
    #[serde(borrow)]
    #[schemars(regex(pattern = "^[0-9a-f]+$"))]
    pub(crate) run_id: Option<Str<'a>>,
    /// The process ID of prun.
    #[schemars(range(min = 1))]
    pub(crate) pid: Option<u32>,
    /// Identifies the boot of the system.
    #[serde(borrow)]
    pub(crate) boot_id: Option<Str<'a>>,
    /// Identifies the namespace of process IDs.
    pub(crate) pid_namespace: Option<u64>,
    /// With --work: the name of the machine.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(crate) host: Option<Str<'a>>,
    /// With --work: what the engine calls this task, such as the number of a Slurm job.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(crate) engine_job: Option<Str<'a>>,
    /// With --work: the version of prun.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(crate) prun: Option<Str<'a>>,
}

/// The start of an attempt.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct LoggedStart<'a> {
    /// When it happened, in seconds since the epoch.
    pub(super) t_unix_s: Seconds,
    /// Identifies the job by its content, for --resume.
    #[serde(default, with = "as_text")]
    #[schemars(with = "Option<String>", regex(pattern = "^[0-9a-f]{32}$"))]
    pub(crate) key: Option<Key>,
    /// The number of the job in the order of input, from 1.
    #[schemars(range(min = 1))]
    pub(crate) seq: u64,
    /// The name of the job, if it has one.
    #[serde(borrow)]
    pub(crate) name: Option<Str<'a>>,
    /// The number of the attempt, from 1.
    #[schemars(range(min = 1))]
    pub(super) attempt: u32,
    /// The slot of the attempt, from 1.
    #[schemars(range(min = 1))]
    pub(super) slot: u32,
    /// With --on: the machine that runs it.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(crate) host: Option<Str<'a>>,
    /// The ID of the process and of its process group.
    #[schemars(range(min = 1))]
    pub(crate) pid: u32,
    /// When the process started, in clock ticks since the boot, where the system says so.
    pub(crate) pid_start_ticks: Option<u64>,
    /// The command line of the job.
    #[serde(borrow)]
    pub(super) command: Str<'a>,
    /// When it started, from the start of the run.
    pub(super) begun_s: Option<Seconds>,
}

/// The output of a job has been written.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct DeliveredLine {
    /// When it happened, in seconds since the epoch.
    pub(super) t_unix_s: Seconds,
    /// The number of the job in the order of input, from 1.
    #[schemars(range(min = 1))]
    pub(crate) seq: u64,
}

/// The end of a run before its time.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct StopLine {
    /// When it happened, in seconds since the epoch.
    pub(super) t_unix_s: Seconds,
    /// Why the run ends.
    pub(super) cause: CauseWord,
    /// The signal that prun got.
    #[serde(default, with = "as_text")]
    #[schemars(with = "Option<String>", regex(pattern = "^SIG"))]
    pub(super) signal: Option<Signal>,
    /// The exit code of the job that decided a race.
    pub(super) exit_code: Option<u8>,
    /// What becomes of the running jobs.
    pub(super) end: End,
    /// The number of running jobs.
    pub(super) running: usize,
    /// How long running jobs may take to end.
    pub(super) grace_s: Seconds,
}

/// Why a run ends before its time.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(super) enum CauseWord {
    Signal,
    FailFast,
    Deadline,
    Race,
}

/// A text of prun.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct TextLine<'a> {
    /// When it happened, in seconds since the epoch.
    pub(super) t_unix_s: Seconds,
    /// The message.
    #[serde(borrow)]
    pub(super) text: Str<'a>,
}

/// Output of prun that could not be written.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct LossLine {
    /// When it happened, in seconds since the epoch.
    pub(super) t_unix_s: Seconds,
    /// What went wrong.
    pub(super) text: LossWord,
}

/// How output was lost.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum LossWord {
    /// The reader closed its end.
    ReaderGone,
    /// It could not be written.
    NotWritten,
}

/// Why a line cannot be read.
#[derive(Debug)]
pub(crate) enum LineError {
    /// It begins a run of another version of prun.
    OtherVersion,
    /// For this reason.
    Damaged(String),
}

impl From<serde_json::Error> for LineError {
    fn from(error: serde_json::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}

impl From<String> for LineError {
    fn from(why: String) -> Self {
        Self::Damaged(why)
    }
}

/// The keys that say how a line is to be read.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    r#type: Str<'a>,
    v: Option<u64>,
}

/// The type of a line whose first key it is, as prun writes it; it has no escapes.
fn first_type(line: &str) -> Option<&str> {
    let rest = line.strip_prefix(r#"{"type":""#)?;
    rest.split_once('"').map(|(kind, _)| kind)
}

impl<'a, T: Deserialize<'a>, B: Deserialize<'a>> LogLine<'a, T, B> {
    /// Reads a line. Its type is read first, since serde would copy the whole line to do so.
    pub(crate) fn read(line: &'a [u8]) -> Result<Self, LineError> {
        // Once for the whole line, instead of for each text in it.
        let line = str::from_utf8(line).map_err(|error| error.to_string())?;
        match first_type(line) {
            Some(kind) => Self::read_as(kind, line),
            None => Self::read_as(&head(line)?.r#type.0, line),
        }
    }

    fn read_as(kind: &str, line: &'a str) -> Result<Self, LineError> {
        Ok(match kind {
            "run_start" if head(line)?.v != Some(VERSION) => return Err(LineError::OtherVersion),
            "run_start" => Self::RunStart(serde_json::from_str(line)?),
            "job_start" => Self::JobStart(serde_json::from_str(line)?),
            "job_retry" => Self::JobRetry(serde_json::from_str(line)?),
            "job_end" => Self::JobEnd(serde_json::from_str(line)?),
            "job_delivered" => Self::JobDelivered(serde_json::from_str(line)?),
            "stop" => Self::Stop(serde_json::from_str(line)?),
            "warning" => Self::Warning(serde_json::from_str(line)?),
            "input_failed" => Self::InputFailed(serde_json::from_str(line)?),
            "output_failed" => Self::OutputFailed(serde_json::from_str(line)?),
            "run_end" => Self::RunEnd(serde_json::from_str(line)?),
            other => {
                let why = format!("unknown type {other:?}, of a later version?");
                return Err(LineError::Damaged(why));
            }
        })
    }
}

impl<T, B> LogLine<'_, T, B> {
    /// The line without the texts of output, which stand in lines of their own.
    pub(crate) fn without_texts(mut self) -> Self {
        if let Self::JobRetry(record) | Self::JobEnd(record) = &mut self {
            (record.stdout, record.stderr) = (None, None);
        }
        self
    }
}

fn head(line: &str) -> Result<Head<'_>, LineError> {
    Ok(serde_json::from_str(line)?)
}
