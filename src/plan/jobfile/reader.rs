//! Reads a job file as a stream: one record after the other, in one buffer.

use std::io::{self, BufRead, Read};
use std::sync::Arc;

use thiserror::Error;

use super::format::{Foreign, Format, Opening, by_first_bytes};
use super::json_array::{ElementByte, Elements, ElementsError};
use super::json_job;
use super::json_job::JsonJobError;
use crate::plan::command::ShellRule;
use crate::plan::command::WordsError;
use crate::plan::input::BUFFER_BYTES;
use crate::plan::input::{InputLines, InputLinesError, Separator};
use crate::plan::job::{Job, Origin};

/// What a job file gives.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Entry {
    /// A job.
    Job(Job),
    /// Something the person should know, with its place.
    Warning(String),
}

/// Why a job file cannot be read on.
#[derive(Debug, Error)]
pub(crate) enum JobFileError {
    /// The system would not read.
    #[error("{0}: cannot read: {1}")]
    Read(Arc<str>, io::Error),
    /// It is something else.
    #[error("{0}: {1}")]
    Foreign(Origin, Foreign),
    /// A NUL byte in a file of lines.
    #[error(
        "{0}: NUL byte in the command: no command can hold one (commands that end with NUL need -0)"
    )]
    Nul(Origin),
    /// A record that never seems to end.
    #[error("{0}: the record is longer than {1} bytes: is this a job file?")]
    TooLong(Origin, usize),
    /// A command line that cannot be run.
    #[error("{0}: {1}")]
    Words(Origin, WordsError),
    /// A record that is no job.
    #[error("{0}: {1}")]
    Record(Origin, String),
    /// Something in the JSON, at a line and a column.
    #[error("{0}:{1}: {2}")]
    Json(Origin, u64, String),
}

/// A job file that is being read.
pub(crate) struct JobFile {
    lines: InputLines,
    /// What the name of the file tells.
    named: Option<Format>,
    /// What its first bytes tell too, once they were seen.
    format: Option<Format>,
    rule: ShellRule,
    /// The text of the record that is being read; its memory is used again.
    record: Vec<u8>,
    /// The place in a JSON array.
    elements: Elements,
    /// A job that waits behind a warning about it.
    waiting: Option<Job>,
    /// Nothing more is to be read: the end is known, or an error was told.
    ended: bool,
}

impl JobFile {
    /// A file that is called `label` in messages, of the format that its name tells if it tells one.
    /// Nothing is read yet.
    pub(crate) fn new(
        label: Arc<str>,
        named: Option<Format>,
        records: Separator,
        input: Box<dyn Read + Send>,
        rule: ShellRule,
    ) -> Self {
        Self {
            lines: InputLines::new(label, records, input),
            named,
            format: None,
            rule,
            record: Vec::new(),
            elements: Elements::new(),
            waiting: None,
            ended: false,
        }
    }

    /// Whether the next entry is wholly at hand, so that `next` will not wait for input. In doubt,
    /// as before the first entry, the answer is no.
    pub(crate) fn buffered(&self) -> bool {
        if self.waiting.is_some() || self.ended {
            return true;
        }
        match self.format {
            None => false,
            Some(Format::JsonArray) => {
                let mut ahead = self.elements.clone();
                let ends = |step| !matches!(step, Ok(ElementByte::Outside | ElementByte::Inside));
                let mut bytes = self.lines.lookahead.at_hand().iter();
                bytes.any(|byte| ends(ahead.step(*byte)))
            }
            Some(format) => self.lines.buffered(|record| format.skips(record)),
        }
    }

    /// The next entry, or none at the end.
    fn entry(&mut self) -> Result<Option<Entry>, JobFileError> {
        match self.settled_format()? {
            Format::JsonArray => self.next_element(),
            format => self.next_line(format),
        }
    }

    /// The format, told by the first bytes; what they say is something else is read no further.
    fn settled_format(&mut self) -> Result<Format, JobFileError> {
        if let Some(format) = self.format {
            return Ok(format);
        }
        self.lines.drop_mark()?;
        let (named, records) = (self.named, self.lines.records);
        let opening = |first: &[u8]| by_first_bytes(first, named, records);
        let first = self.lines.look(|first| opening(first) != Ok(None))?;
        let decided = opening(first);
        let nul = first.iter().position(|byte| *byte == 0);
        let nul_line =
            nul.map(|nul| 1 + first[..nul].iter().filter(|byte| **byte == b'\n').count());
        let decided =
            decided.map_err(|foreign| JobFileError::Foreign(self.lines.origin(1), foreign))?;
        let Opening { format, comment } = decided.unwrap_or(Opening {
            format: named.unwrap_or(Format::of(records)),
            comment: 0,
        });
        // The lines before it would run where the rest comes later.
        if let (Format::Lines, Some(line)) = (format, nul_line) {
            return Err(JobFileError::Nul(self.lines.origin(line as u64)));
        }
        if comment > 0 {
            self.lines.take_line(comment);
            self.elements.skip_line();
        }
        // JSON has a newline behind each record, whatever ends those of a text.
        if format != Format::NullLines {
            self.lines.records = Separator::Newline;
        }
        Ok(*self.format.insert(format))
    }

    /// The next job of a format with one record a line.
    fn next_line(&mut self, format: Format) -> Result<Option<Entry>, JobFileError> {
        if !self
            .lines
            .read(&mut self.record, |record| format.skips(record))?
        {
            return Ok(None);
        }
        let job = match format {
            Format::JsonLines => self.json_job(self.lines.here().line, 1)?,
            _ => self.line_job()?,
        };
        // JSON takes a carriage return for a blank.
        Ok(Some(match self.lines.warning() {
            Some(warning) if format == Format::Lines => {
                self.waiting = Some(job);
                Entry::Warning(warning)
            }
            _ => Entry::Job(job),
        }))
    }

    /// The job of the command line in the record.
    fn line_job(&self) -> Result<Job, JobFileError> {
        let origin = self.lines.here();
        if self.record.contains(&0) {
            return Err(JobFileError::Nul(origin));
        }
        Job::from_line(origin.clone(), &self.record, &self.rule)
            .map_err(|error| JobFileError::Words(origin, error))
    }

    /// The next job of a JSON array.
    fn next_element(&mut self) -> Result<Option<Entry>, JobFileError> {
        self.record.clear();
        self.record.shrink_to(BUFFER_BYTES);
        loop {
            let bytes = self.lines.peek()?;
            if bytes.is_empty() {
                return match self.elements.finish() {
                    Ok(()) => Ok(None),
                    Err(error) => Err(self.array_error(error)),
                };
            }
            let (taken, step) = cut(&mut self.elements, bytes, &mut self.record);
            self.lines.lookahead.consume(taken);
            match step {
                Err(error) => return Err(self.array_error(error)),
                Ok(ElementByte::Complete) => {
                    let start = self.elements.start();
                    let job = self.json_job(start.line, start.column)?;
                    return Ok(Some(Entry::Job(job)));
                }
                Ok(_) if self.record.len() > self.lines.longest => {
                    let origin = self.lines.origin(self.elements.start().line);
                    return Err(JobFileError::TooLong(origin, self.lines.longest));
                }
                Ok(_) => {}
            }
        }
    }

    /// The job of the JSON in the record, which begins at a line and a column of the file.
    fn json_job(&self, line: u64, column: u64) -> Result<Job, JobFileError> {
        let origin = self.lines.origin(line);
        json_job::job(&self.record, origin.clone(), &self.rule).map_err(|error| match error {
            JsonJobError::Json {
                message,
                line: below,
                column: along,
            } => {
                // serde_json counts from the start of the record, and from 0 where it saw nothing.
                let start = if below <= 1 { column - 1 } else { 0 };
                let origin = self.lines.origin(line + below.saturating_sub(1));
                JobFileError::Json(origin, start + along.max(1), message)
            }
            error => JobFileError::Record(origin, error.to_string()),
        })
    }

    /// The error of an array that cannot be cut.
    fn array_error(&self, error: ElementsError) -> JobFileError {
        let here = self.elements.here();
        JobFileError::Json(
            self.lines.origin(here.line),
            here.column.max(1),
            error.to_string(),
        )
    }
}

impl From<InputLinesError> for JobFileError {
    fn from(error: InputLinesError) -> Self {
        match error {
            InputLinesError::Read(label, error) => Self::Read(label, error),
            InputLinesError::TooLong(origin, longest) => Self::TooLong(origin, longest),
        }
    }
}

/// Takes the bytes up to the end of a record, if it is among them; those of the record are kept.
fn cut(
    elements: &mut Elements,
    bytes: &[u8],
    record: &mut Vec<u8>,
) -> (usize, Result<ElementByte, ElementsError>) {
    for (index, byte) in bytes.iter().enumerate() {
        match elements.step(*byte) {
            Ok(ElementByte::Outside) => {}
            Ok(ElementByte::Inside) => record.push(*byte),
            Ok(ElementByte::Complete) => {
                record.push(*byte);
                return (index + 1, Ok(ElementByte::Complete));
            }
            Err(error) => return (index + 1, Err(error)),
        }
    }
    (bytes.len(), Ok(ElementByte::Outside))
}

impl Format {
    /// Whether a record holds nothing to run. One that ends with NUL may hold more than a comment.
    fn skips(self, record: &[u8]) -> bool {
        match record.trim_ascii_start() {
            [] => true,
            [b'#', ..] if self == Self::NullLines => !record.contains(&b'\n'),
            [b'#', ..] => self == Self::Lines,
            _ => false,
        }
    }
}

impl Iterator for JobFile {
    type Item = Result<Entry, JobFileError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(job) = self.waiting.take() {
            return Some(Ok(Entry::Job(job)));
        }
        if self.ended {
            return None;
        }
        let entry = self.entry().transpose();
        if !matches!(entry, Some(Ok(_))) {
            self.ended = true;
        }
        entry
    }
}

#[cfg(test)]
mod tests;
