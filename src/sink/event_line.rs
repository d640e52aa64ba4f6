//! The events as JSON, one flat object a line.

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::json_records::{Record, Texts, seconds};
use crate::event::{Event, JobEnd, JobRetry, JobStart, NumberedJob, Stream};

/// What a later run must know to read the log.
pub(super) const VERSION: u64 = 1;

/// One line.
pub(super) struct Line<'a> {
    pub(super) at: SystemTime,
    pub(super) fact: Fact<'a>,
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
        head(&mut map, kind, self.at)?;
        match &self.fact {
            Fact::RunStart => {
                map.serialize_entry("v", &VERSION)?;
                map.serialize_entry("pid", &std::process::id())?;
            }
            Fact::JobStart(start) => {
                identify(&mut map, &start.job)?;
                map.serialize_entry("attempt", &start.attempt)?;
                map.serialize_entry("slot", &start.slot)?;
                map.serialize_entry("pid", &start.pid)?;
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
                identify(&mut map, &retry.job)?;
                map.serialize_entry("attempt", &retry.attempt.number)?;
                map.serialize_entry("status", retry.attempt.status().as_str())?;
            }
            Fact::JobEnd(end) => Record::new(end, Texts::None).serialize_into(&mut map)?,
            Fact::RunEnd(elapsed) => map.serialize_entry("wall_s", &seconds(*elapsed))?,
        }
        map.end()
    }
}

fn identify<M: SerializeMap>(map: &mut M, job: &NumberedJob) -> Result<(), M::Error> {
    map.serialize_entry("seq", &job.seq)?;
    map.serialize_entry("name", &job.job.name)
}

/// What every line begins with, here and in the job log.
pub(super) fn head<M: SerializeMap>(
    map: &mut M,
    kind: &str,
    at: SystemTime,
) -> Result<(), M::Error> {
    map.serialize_entry("type", kind)?;
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    map.serialize_entry("t_unix_s", &seconds(since))
}
