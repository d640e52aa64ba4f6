//! The types of option values, and their parsers.

use std::ffi::OsString;
use std::num::NonZeroU32;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use clap::builder::TypedValueParser;

use crate::guard::Wanted;
use crate::plan::{
    BatchSize, ColumnFormat, ColumnFormatError, SizeError, parse_duration, parse_size,
};

/// How many jobs run at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Jobs {
    /// 0 is no limit.
    Number(usize),
    /// Percentage of the CPUs.
    Percent(u32),
    /// So many more than the CPUs, or fewer.
    Relative(isize),
    /// A file with one of these, read again before each start.
    File(PathBuf),
}

/// The values of the slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SlotList {
    Values(Vec<OsString>),
    /// One per line of a file.
    File(PathBuf),
}

/// Up to which load jobs start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum LoadLimit {
    Threads(f64),
    /// Percentage of the CPUs.
    Percent(f64),
}

/// Down to how much available memory jobs start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MemoryLimit {
    Bytes(u64),
    /// Percentage of all memory.
    Percent(u8),
}

/// How the jobs get to prun's own jobserver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum JobserverMode {
    /// By an inherited pipe
    Pipe,
    /// By a named pipe
    Fifo,
}

/// How the jobs' output is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputMode {
    /// In one piece when the job ends
    Group,
    /// Line by line as it arrives, prefixed with the job's name
    Line,
    /// Not captured; jobs write directly to prun's standard output and error
    Raw,
    /// Discarded
    None,
}

/// What is written as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum JsonMode {
    /// One record per finished job
    Jobs,
    /// All events, as they happen
    Events,
}

/// What a JSON Schema is printed of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaMode {
    Records,
    Jobs,
}

/// Whether `--fail-fast` terminates the running jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailFastMode {
    Now,
    Soon,
}

/// Which job decides a race.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RaceMode {
    End,
    Ok,
}

/// What is shown while jobs run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressMode {
    Auto,
    /// Completed jobs, running jobs, estimated time left
    Bar,
    /// One line per finished job
    Plain,
    None,
}

/// The CI system for whose log output is formatted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CiMode {
    Auto,
    Github,
    Gitlab,
    Azure,
    Buildkite,
    Teamcity,
    /// A log without folding
    Plain,
    /// Not a CI log
    Off,
}

/// When text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorMode {
    Auto,
    Always,
    Never,
}

/// When the guard process is started.
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
    let jobs = match text.strip_suffix('%') {
        Some(percent) => percent
            .parse()
            .ok()
            .filter(|percent| *percent > 0)
            .map(Jobs::Percent),
        None if text.starts_with('@') => {
            (text.len() > 1).then(|| Jobs::File(PathBuf::from(&text[1..])))
        }
        None if text.starts_with(['+', '-']) => text.parse().ok().map(Jobs::Relative),
        None => text.parse().ok().map(Jobs::Number),
    };
    jobs.ok_or(
        "a number of jobs is 4, 50% (of the CPUs), +2 or -1 (more or fewer than the CPUs), 0 for no limit, or @FILE with one of these",
    )
}

pub(crate) fn parse_load(text: &str) -> Result<LoadLimit, &'static str> {
    let is_load = |number: &f64| number.is_finite() && *number >= 0.0;
    let number = |text: &str| text.parse().ok().filter(is_load);
    let limit = match text.strip_suffix('%') {
        Some(percent) => number(percent).map(LoadLimit::Percent),
        None => number(text).map(LoadLimit::Threads),
    };
    limit.ok_or("a load is 4, 1.5 or 150% (of the CPUs)")
}

pub(crate) fn parse_memory(text: &str) -> Result<MemoryLimit, &'static str> {
    let limit = match text.strip_suffix('%') {
        Some(percent) => {
            let percent = percent.parse().ok();
            let percent = percent.filter(|percent| (1..100).contains(percent));
            percent.map(MemoryLimit::Percent)
        }
        None => parse_size(text).ok().map(MemoryLimit::Bytes),
    };
    limit.ok_or(
        "an amount of memory is 500M, 4G (K, M, G, T: times 1024; k, m, g, t: times 1000) or 10% (1 to 99)",
    )
}

pub(crate) fn parse_retries(text: &str) -> Result<u32, &'static str> {
    text.parse()
        .map_err(|_| "a number of retries is 0, 1, 2, …")
}

pub(crate) fn parse_slots(list: OsString) -> Result<SlotList, &'static str> {
    match list.as_bytes() {
        [b'@', path @ ..] if !path.is_empty() => Ok(SlotList::File(bytes(path).into())),
        list => {
            let values: Vec<OsString> = list.split(|byte| *byte == b',').map(bytes).collect();
            match values.iter().any(|value| value.is_empty()) {
                true => Err("slots are written A,B,C, or @FILE with a value per line"),
                false => Ok(SlotList::Values(values)),
            }
        }
    }
}

fn bytes(bytes: &[u8]) -> OsString {
    OsString::from_vec(bytes.to_vec())
}

pub(crate) fn parse_max_fail(text: &str) -> Result<NonZeroU32, &'static str> {
    text.parse().map_err(|_| "a number of failures is 1, 2, …")
}

/// Parses the separator of columns.
pub(super) fn parse_columns(text: &str) -> Result<ColumnFormat, ColumnFormatError> {
    ColumnFormat::separated_by(text)
}

pub(crate) fn parse_batch(text: &str) -> Result<BatchSize, &'static str> {
    match (text, text.parse()) {
        ("max", _) => Ok(BatchSize::Most),
        (_, Ok(number)) if number > 0 => Ok(BatchSize::Number(number)),
        _ => Err("a number of arguments is 1, 2, … or max"),
    }
}

pub(crate) fn parse_block(text: &str) -> Result<u64, SizeError> {
    parse_size(text)
}

pub(crate) fn duration() -> impl TypedValueParser<Value = Duration> {
    clap::builder::StringValueParser::new().try_map(|text| parse_duration(&text))
}

pub(crate) fn parse_env(pair: OsString) -> Result<(OsString, OsString), &'static str> {
    let pair = pair.as_bytes();
    match pair.iter().position(|byte| *byte == b'=') {
        None | Some(0) => Err("a variable is set as NAME=VALUE"),
        Some(at) => Ok((bytes(&pair[..at]), bytes(&pair[at + 1..]))),
    }
}
