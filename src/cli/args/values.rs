//! What the values of the options are, and how they are written.

use std::ffi::OsString;
use std::num::NonZeroU32;
use std::time::Duration;

use clap::ValueEnum;
use clap::builder::TypedValueParser;

use crate::guard::Wanted;
use crate::plan::{BatchSize, parse_duration};

/// How many jobs run at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Jobs {
    /// 0 is no limit.
    Number(usize),
    /// Of the CPUs.
    Percent(u32),
}

/// What becomes of the jobs' output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputMode {
    /// Each job's in one piece when it ends
    Group,
    /// Lines as they come, each behind its job's name
    Line,
    /// Not captured: it goes where prun's own goes, as it comes
    Raw,
    /// Thrown away
    None,
}

/// What is written as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum JsonMode {
    /// A record for each finished job
    Jobs,
    /// What happens, as it happens
    Events,
}

/// How a run ends after failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailFastMode {
    Now,
    Soon,
}

/// What is shown while jobs run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressMode {
    Auto,
    /// How much is done, what runs, how long it may take
    Bar,
    /// A line for each finished job
    Plain,
    None,
}

/// Whose log it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CiMode {
    Auto,
    Github,
    Gitlab,
    Azure,
    Buildkite,
    Teamcity,
    /// A log that cannot be folded
    Plain,
    /// No log
    Off,
}

/// When text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorMode {
    Auto,
    Always,
    Never,
}

/// When a guard is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GuardMode {
    /// When a job has run for 50 ms
    Auto,
    /// Before the first job
    Always,
    Never,
}

impl From<GuardMode> for Wanted {
    fn from(mode: GuardMode) -> Self {
        match mode {
            GuardMode::Auto => Self::WhenNeeded,
            GuardMode::Always => Self::Always,
            GuardMode::Never => Self::Never,
        }
    }
}

pub(crate) fn parse_jobs(text: &str) -> Result<Jobs, &'static str> {
    let wrong = "a number of jobs is 4, 50% (of the CPUs), or 0 for no limit";
    match text.strip_suffix('%') {
        Some(percent) => match percent.parse() {
            Ok(0) | Err(_) => Err(wrong),
            Ok(percent) => Ok(Jobs::Percent(percent)),
        },
        None => text.parse().map(Jobs::Number).map_err(|_| wrong),
    }
}

pub(crate) fn parse_max_fail(text: &str) -> Result<NonZeroU32, &'static str> {
    text.parse().map_err(|_| "a number of failures is 1, 2, …")
}

pub(crate) fn parse_batch(text: &str) -> Result<BatchSize, &'static str> {
    match (text, text.parse()) {
        ("max", _) => Ok(BatchSize::Most),
        (_, Ok(number)) if number > 0 => Ok(BatchSize::Number(number)),
        _ => Err("a number of arguments is 1, 2, … or max"),
    }
}

pub(crate) fn duration() -> impl TypedValueParser<Value = Duration> {
    clap::builder::StringValueParser::new().try_map(|text| parse_duration(&text))
}

pub(crate) fn parse_env(pair: OsString) -> Result<(OsString, OsString), &'static str> {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let bytes = pair.as_bytes();
    match bytes.iter().position(|byte| *byte == b'=') {
        None | Some(0) => Err("a variable is set as NAME=VALUE"),
        Some(at) => {
            let part = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
            Ok((part(&bytes[..at]), part(&bytes[at + 1..])))
        }
    }
}
