//! One flat JSON object for each finished job, one line each.

use std::cell::Cell;
use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::console::Console;
use super::describe;
use super::human::TAIL;
use super::sink::{Interest, Sink};
use super::text::{Base64, Text};
use crate::event::{Event, JobEnd, Logs};
use crate::process::Spool;

/// Writes a record for each job when it ends.
pub(crate) struct JsonLines;

impl Sink for JsonLines {
    fn interest(&self) -> Interest {
        Interest {
            starts: false,
            silent_successes: true,
            silent_runs: false,
        }
    }

    fn handle(&mut self, event: &Event, _at: SystemTime, console: &mut Console) -> io::Result<()> {
        let Event::JobEnded(end) = event else {
            return Ok(());
        };
        let record = Record::new(end, Texts::Whole);
        serde_json::to_writer(console.out(), &record).map_err(io::Error::from)?;
        console.out().write_all(b"\n")?;
        record.error.take().map_or(Ok(()), Err)
    }
}

/// How much of a job's output its record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Texts {
    Whole,
    /// The end of each stream.
    Tail,
    /// Null in place of the texts.
    None,
}

/// A job's record. The keys keep their order and never come and go, but for `…_base64`, which are
/// added where bytes are not text.
pub(super) struct Record<'a> {
    end: &'a JobEnd,
    texts: Texts,
    /// Why a text is not whole.
    error: Cell<Option<io::Error>>,
}

impl<'a> Record<'a> {
    pub(super) fn new(end: &'a JobEnd, texts: Texts) -> Self {
        Self {
            end,
            texts,
            error: Cell::new(None),
        }
    }

    /// Adds the record's keys to a larger object.
    pub(super) fn serialize_into<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let end = self.end;
        let last = end.last.as_deref();
        let exit = last.and_then(|last| last.exit());
        let (argv, shell) = describe::argv(end);
        let args = end.job.job.args.as_slice();
        let empty = Spool::default();
        let (stdout, stderr) = last.map_or((&empty, &empty), |last| (&last.stdout, &last.stderr));
        map.serialize_entry("v", &1)?;
        map.serialize_entry("seq", &end.job.seq)?;
        map.serialize_entry("name", &end.job.job.name)?;
        map.serialize_entry("cmd", &describe::command(&end.job).to_string_lossy())?;
        let texts = |words: &[OsString]| {
            let texts = words.iter().map(|word| word.to_string_lossy().into_owned());
            texts.collect::<Vec<_>>()
        };
        map.serialize_entry("argv", &texts(&argv))?;
        map.serialize_entry("shell", &shell)?;
        map.serialize_entry("args", &texts(args))?;
        map.serialize_entry("cwd", &end.job.cwd.to_string_lossy())?;
        map.serialize_entry("status", end.status.as_str())?;
        map.serialize_entry("reason", &end.reason.map(|reason| reason.as_str()))?;
        map.serialize_entry("exit_code", &exit.and_then(|exit| exit.code))?;
        let signal = exit.and_then(|exit| exit.signal);
        map.serialize_entry("signal", &signal.map(|signal| signal.to_string()))?;
        map.serialize_entry("error", &last.and_then(|last| last.error()))?;
        map.serialize_entry("attempts", &end.attempts)?;
        map.serialize_entry("slot", &last.map(|last| last.slot))?;
        map.serialize_entry("pid", &last.and_then(|last| last.pid))?;
        let start = last.and_then(|last| last.started_at.duration_since(UNIX_EPOCH).ok());
        map.serialize_entry("start_unix_s", &start.map(seconds))?;
        map.serialize_entry("queued_s", &end.queued.map(seconds))?;
        map.serialize_entry("wall_s", &last.map(|last| seconds(last.wall)))?;
        map.serialize_entry("user_s", &exit.map(|exit| seconds(exit.usage.user)))?;
        map.serialize_entry("sys_s", &exit.map(|exit| seconds(exit.usage.system)))?;
        map.serialize_entry("max_rss_bytes", &exit.map(|exit| exit.usage.max_rss_bytes))?;
        map.serialize_entry("leaked", &last.is_some_and(|last| last.leaked))?;
        map.serialize_entry("truncated", &last.is_some_and(|last| last.is_truncated()))?;
        let logs = last.and_then(|last| last.logs.as_ref());
        let lossy = [Cell::new(false), Cell::new(false)];
        let from = |spool: &Spool| match self.texts {
            Texts::Tail => spool.len().saturating_sub(TAIL).max(spool.begin()),
            Texts::Whole | Texts::None => spool.begin(),
        };
        let text = |spool, was_lossy| {
            let whole = Text {
                spool,
                from: from(spool),
                was_lossy,
                error: &self.error,
            };
            // Of a run that is told again the text may not be there any more.
            let is_known = spool.begin() < spool.len() || spool.is_empty();
            let is_told = match self.texts {
                Texts::Whole => logs.is_none() && is_known,
                Texts::Tail => is_known,
                Texts::None => false,
            };
            is_told.then_some(whole)
        };
        map.serialize_entry("stdout", &text(stdout, &lossy[0]))?;
        map.serialize_entry("stderr", &text(stderr, &lossy[1]))?;
        map.serialize_entry("stdout_bytes", &(stdout.len() + stdout.lost()))?;
        map.serialize_entry("stderr_bytes", &(stderr.len() + stderr.lost()))?;
        let base64 = |spool| Base64 {
            spool,
            from: from(spool),
            error: &self.error,
        };
        if lossy[0].get() {
            map.serialize_entry("stdout_base64", &base64(stdout))?;
        }
        if lossy[1].get() {
            map.serialize_entry("stderr_base64", &base64(stderr))?;
        }
        for (key, words) in [("argv_base64", &*argv), ("args_base64", args)] {
            if words.iter().any(|word| word.to_str().is_none()) {
                map.serialize_entry(key, &words_base64(words))?;
            }
        }
        if end.job.cwd.to_str().is_none() {
            let cwd = end.job.cwd.as_os_str().as_bytes();
            map.serialize_entry("cwd_base64", &self::base64(cwd))?;
        }
        if let Some(Logs { stdout, stderr }) = logs {
            map.serialize_entry("stdout_path", &stdout.to_string_lossy())?;
            let stderr = stderr.as_ref().map(|path| path.to_string_lossy());
            map.serialize_entry("stderr_path", &stderr)?;
        }
        Ok(())
    }
}

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.serialize_into(&mut map)?;
        map.end()
    }
}

/// Every word in base64, in the words' order.
pub(super) fn words_base64(words: &[OsString]) -> Vec<String> {
    words.iter().map(|word| base64(word.as_bytes())).collect()
}

pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Seconds to the microsecond: what lies below is noise that makes records long.
pub(super) fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e6
}
