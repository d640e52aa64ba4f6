//! The events as JSON, one flat object a line: for a job log, and live on standard output.

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::json::{Record, Texts, seconds};
use super::past;
use crate::event::{Event, JobEnd, JobRetry, JobStart, NumberedJob, Status, Stream};

/// One line.
pub(super) struct Line<'a> {
    pub(super) at: SystemTime,
    pub(super) fact: Fact<'a>,
    pub(super) form: Form,
}

/// Where the line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// In a job log: with what later runs need.
    Log,
    /// On standard output.
    Live,
}

pub(super) enum Fact<'a> {
    RunStart,
    JobStart(&'a JobStart),
    Output(Output<'a>),
    JobRetry(&'a JobRetry),
    JobEnd(&'a JobEnd),
    RunEnd(Duration),
}

/// What a running job printed.
pub(super) struct Output<'a> {
    pub(super) seq: u64,
    pub(super) attempt: u32,
    pub(super) stream: Stream,
    pub(super) bytes: &'a [u8],
}

impl<'a> Fact<'a> {
    /// What is written of an event by itself.
    pub(super) fn of(event: &'a Event) -> Option<Self> {
        Some(match event {
            Event::JobStarted(start) => Self::JobStart(start),
            Event::JobRetried(retry) => Self::JobRetry(retry),
            Event::JobEnded(end) => Self::JobEnd(end),
            Event::RunEnded { elapsed, .. } => Self::RunEnd(*elapsed),
            _ => return None,
        })
    }
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let kind = match self.fact {
            Fact::RunStart => "run_start",
            Fact::JobStart(_) => "job_start",
            Fact::Output(_) => "output",
            Fact::JobRetry(_) => "job_retry",
            Fact::JobEnd(_) => "job_end",
            Fact::RunEnd(_) => "run_end",
        };
        map.serialize_entry("type", kind)?;
        let since = self.at.duration_since(UNIX_EPOCH).unwrap_or_default();
        map.serialize_entry("t_unix_s", &seconds(since))?;
        let is_log = self.form == Form::Log;
        match &self.fact {
            Fact::RunStart => {
                map.serialize_entry("v", &1)?;
                map.serialize_entry("pid", &std::process::id())?;
                if is_log {
                    map.serialize_entry("boot_id", &past::boot_id())?;
                }
            }
            Fact::JobStart(start) => {
                self.identify(&mut map, &start.job)?;
                map.serialize_entry("attempt", &start.attempt)?;
                map.serialize_entry("slot", &start.slot)?;
                map.serialize_entry("pid", &start.pid)?;
                if is_log {
                    // Since the system's boot: with that, a name that no other process ever has.
                    map.serialize_entry("pid_start_ticks", &past::start_ticks(start.pid))?;
                }
            }
            Fact::Output(output) => {
                map.serialize_entry("seq", &output.seq)?;
                map.serialize_entry("attempt", &output.attempt)?;
                let stream = match output.stream {
                    Stream::Stdout => "stdout",
                    Stream::Stderr => "stderr",
                };
                map.serialize_entry("stream", stream)?;
                let text = String::from_utf8_lossy(output.bytes);
                map.serialize_entry("text", &text)?;
                if let Cow::Owned(_) = text {
                    map.serialize_entry("text_base64", &STANDARD.encode(output.bytes))?;
                }
            }
            Fact::JobRetry(retry) => {
                self.identify(&mut map, &retry.job)?;
                map.serialize_entry("attempt", &retry.attempt.number)?;
                map.serialize_entry("status", retry.attempt.status().as_str())?;
            }
            Fact::JobEnd(end) => {
                if is_log {
                    map.serialize_entry("key", &end.job.key.map(|key| key.to_string()))?;
                }
                let texts = match end.status {
                    Status::Ok => Texts::None,
                    _ if is_log => Texts::Tail,
                    _ => Texts::None,
                };
                Record::new(end, texts).serialize_into(&mut map)?;
            }
            Fact::RunEnd(elapsed) => map.serialize_entry("wall_s", &seconds(*elapsed))?,
        }
        map.end()
    }
}

impl Line<'_> {
    fn identify<M: SerializeMap>(&self, map: &mut M, job: &NumberedJob) -> Result<(), M::Error> {
        if self.form == Form::Log {
            map.serialize_entry("key", &job.key.map(|key| key.to_string()))?;
        }
        map.serialize_entry("seq", &job.seq)?;
        map.serialize_entry("name", &job.job.name)
    }
}
