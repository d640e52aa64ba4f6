//! A line of a journal: what a prun that works for another one writes, as a job log with the output.

use std::borrow::Cow;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::event::Stream;
use crate::record::log_line::{LineError, LogLine};
use crate::record::scalar::{Seconds, Str, base64, decoded};

/// A line of a journal.
#[expect(
    clippy::large_enum_variant,
    reason = "a line is handled as soon as it is read"
)]
pub(crate) enum JournalLine<'a> {
    /// A piece of the output of an attempt.
    Output(JournalOutput<'a>),
    /// A line as in a job log; without the texts of output.
    Log(LogLine<'a, Str<'a>, Str<'a>>),
}

impl<'a> JournalLine<'a> {
    /// Reads a line.
    pub(crate) fn read(line: &'a [u8]) -> Result<Self, LineError> {
        match line.starts_with(br#"{"type":"output","#) {
            true => Ok(Self::Output(serde_json::from_slice(line)?)),
            false => Ok(Self::Log(LogLine::read(line)?)),
        }
    }
}

/// A piece of the output of an attempt. Its lines stand together, right before the end of the attempt, or
/// come as it prints.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename = "output")]
pub(crate) struct JournalOutput<'a> {
    t_unix_s: Seconds,
    pub(crate) seq: u64,
    pub(crate) attempt: u32,
    pub(crate) stream: Stream,
    /// The bytes, if they are UTF-8.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    text: Option<Str<'a>>,
    /// The bytes, if they are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
}

impl<'a> JournalOutput<'a> {
    /// Creates the line of a piece of the output of an attempt of a job.
    pub(crate) fn new(
        (seq, attempt, stream): (u64, u32, Stream),
        bytes: &'a [u8],
        at: SystemTime,
    ) -> Self {
        let text = str::from_utf8(bytes).ok();
        Self {
            t_unix_s: Seconds::since_epoch(at),
            seq,
            attempt,
            stream,
            text: text.map(Str::from),
            base64: text.is_none().then(|| base64(bytes)),
        }
    }

    /// The bytes.
    pub(crate) fn bytes(&self) -> Result<Cow<'_, [u8]>, String> {
        match (&self.text, &self.base64) {
            (Some(text), None) => Ok(Cow::Borrowed(text.0.as_bytes())),
            (None, Some(base64)) => Ok(Cow::Owned(decoded(base64)?)),
            _ => Err("it has no text or base64, or both".to_owned()),
        }
    }
}
