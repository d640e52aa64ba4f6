//! One line of the job log. `recall` reads them.

use std::time::{Duration, SystemTime};

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::survivors;
use crate::event::{Cause, End, JobEnd, JobStart, NumberedJob, Outcome, Status, Stop};
use crate::sink::describe;
use crate::sink::event_line;
use crate::sink::event_line::VERSION;
use crate::sink::json_records::{Record, Texts, seconds};

/// One line of the log.
pub(super) struct Line<'a> {
    pub(super) at: SystemTime,
    pub(super) fact: Fact<'a>,
}

pub(super) enum Fact<'a> {
    /// With what names the run.
    RunStart(&'a str),
    /// With when its process started, in the system's ticks since its boot: with the boot, a name
    /// that no other process ever has.
    JobStart(&'a JobStart, Option<u64>),
    JobRetry {
        /// The attempt, as if it had been the last one.
        tried: &'a JobEnd,
        delay: Duration,
    },
    JobEnd {
        end: &'a JobEnd,
        is_delivered: bool,
    },
    /// The output of the job with this number has arrived after its ending was written.
    JobDelivered(u64),
    Stop(&'a Stop),
    /// A type, and a text of its own.
    Words(&'static str, &'a str),
    RunEnd {
        elapsed: Duration,
    },
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let kind = match self.fact {
            Fact::RunStart(_) => "run_start",
            Fact::JobStart(..) => "job_start",
            Fact::JobRetry { .. } => "job_retry",
            Fact::JobEnd { .. } => "job_end",
            Fact::JobDelivered(_) => "job_delivered",
            Fact::Stop(_) => "stop",
            Fact::Words(kind, _) => kind,
            Fact::RunEnd { .. } => "run_end",
        };
        event_line::head(&mut map, kind, self.at)?;
        match &self.fact {
            Fact::RunStart(run_id) => {
                map.serialize_entry("v", &VERSION)?;
                map.serialize_entry("run_id", run_id)?;
                map.serialize_entry("pid", &std::process::id())?;
                map.serialize_entry("boot_id", &survivors::boot_id())?;
                map.serialize_entry("pid_namespace", &survivors::pid_namespace())?;
            }
            Fact::JobStart(start, ticks) => {
                identify(&mut map, &start.job)?;
                map.serialize_entry("attempt", &start.attempt)?;
                map.serialize_entry("slot", &start.slot)?;
                map.serialize_entry("pid", &start.pid)?;
                map.serialize_entry("pid_start_ticks", ticks)?;
                let command = describe::told_apart(&start.job);
                map.serialize_entry("command", &command.to_string_lossy())?;
                map.serialize_entry("begun_s", &seconds(start.begun))?;
            }
            Fact::JobRetry { tried, delay } => {
                map.serialize_entry("attempt", &tried.attempts)?;
                map.serialize_entry("delay_s", &seconds(*delay))?;
                ending(&mut map, tried)?;
            }
            Fact::JobEnd { end, is_delivered } => {
                ending(&mut map, end)?;
                if !is_delivered {
                    map.serialize_entry("delivered", &false)?;
                }
            }
            Fact::JobDelivered(seq) => map.serialize_entry("seq", seq)?,
            Fact::Stop(stop) => stopped(&mut map, stop)?,
            Fact::Words(_, text) => map.serialize_entry("text", text)?,
            Fact::RunEnd { elapsed } => map.serialize_entry("wall_s", &seconds(*elapsed))?,
        }
        map.end()
    }
}

/// An ending, with what its record does not tell.
fn ending<M: SerializeMap>(map: &mut M, end: &JobEnd) -> Result<(), M::Error> {
    map.serialize_entry("key", &end.job.key.map(|key| key.to_string()))?;
    if let Some(last) = &end.last {
        map.serialize_entry("begun_s", &seconds(last.begun))?;
        if let Outcome::TimedOut { limit, .. } | Outcome::NotStartedInTime { limit, .. } =
            &last.outcome
        {
            map.serialize_entry("limit_s", &seconds(*limit))?;
        }
        if let Some(why) = &last.exec_error {
            map.serialize_entry("exec_error", why)?;
        }
        if last.exit().is_some_and(|exit| exit.core_dumped) {
            map.serialize_entry("core_dumped", &true)?;
        }
        if last.is_truncated() {
            map.serialize_entry("lost_bytes", &[last.stdout.lost(), last.stderr.lost()])?;
        }
    }
    let texts = match end.status {
        Status::Ok => Texts::None,
        _ => Texts::Tail,
    };
    Record::new(end, texts).serialize_into(map)
}

fn stopped<M: SerializeMap>(map: &mut M, stop: &Stop) -> Result<(), M::Error> {
    let (signal, code) = match stop.cause {
        Cause::Signal(signal) => (Some(signal.to_string()), None),
        Cause::Race { code } => (None, Some(code)),
        Cause::FailFast | Cause::Deadline => (None, None),
    };
    map.serialize_entry("cause", cause(stop.cause))?;
    map.serialize_entry("signal", &signal)?;
    map.serialize_entry("exit_code", &code)?;
    map.serialize_entry("end", end(stop.end))?;
    map.serialize_entry("running", &stop.running)?;
    map.serialize_entry("grace_s", &seconds(stop.grace))
}

pub(super) fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Signal(_) => "signal",
        Cause::FailFast => "fail_fast",
        Cause::Deadline => "deadline",
        Cause::Race { .. } => "race",
    }
}

pub(super) fn end(end: End) -> &'static str {
    match end {
        End::Awaited => "awaited",
        End::Gentle => "gentle",
        End::Killed => "killed",
    }
}

fn identify<M: SerializeMap>(map: &mut M, job: &NumberedJob) -> Result<(), M::Error> {
    map.serialize_entry("key", &job.key.map(|key| key.to_string()))?;
    map.serialize_entry("seq", &job.seq)?;
    map.serialize_entry("name", &job.job.name)
}
