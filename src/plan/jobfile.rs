//! Reads a job file as a stream: one record after the other, in one buffer.

use std::io::{self, BufRead, Read};
use std::sync::Arc;

use thiserror::Error;

use super::elements::{Elements, ElementsError, Step};
use super::intake::{BUFFER_BYTES, Found, Intake, LONGEST_RECORD, Opening};
use super::job::{Job, Origin};
use super::records::{self, RecordError};
use super::shell::ShellRule;
use super::words::WordsError;

/// What a job file gives.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Entry {
    /// A job.
    Job(Job),
    /// Something the person should know, with its place.
    Warning(String),
}

/// How a job file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// One command line a line.
    Lines,
    /// Command lines that end with NUL, and may hold newlines (`--null`).
    NullLines,
    /// One JSON object a line.
    JsonLines,
    /// One JSON array of objects.
    JsonArray,
}

/// Why a job file cannot be read on.
#[derive(Debug, Error)]
pub(crate) enum JobFileError {
    /// The system would not read.
    #[error("{0}: cannot read: {1}")]
    Read(Arc<str>, io::Error),
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
    intake: Intake,
    label: Arc<str>,
    format: Option<Format>,
    rule: ShellRule,
    /// The text of the record that is being read; its memory is used again.
    record: Vec<u8>,
    /// How many bytes a record may have.
    longest: usize,
    /// The records of a line format that were read.
    lines: u64,
    /// The place in a JSON array.
    elements: Elements,
    begun: bool,
    warned: bool,
    /// A job that waits behind a warning about it.
    waiting: Option<Job>,
    /// Nothing more is to be read: the end is known, or an error was told.
    ended: bool,
}

impl JobFile {
    /// A file that is called `label` in messages. Without a format the first bytes tell it. Nothing
    /// is read yet.
    pub(crate) fn new(
        label: Arc<str>,
        format: Option<Format>,
        input: Box<dyn Read + Send>,
        rule: ShellRule,
    ) -> Self {
        Self {
            intake: Intake::new(input),
            label,
            format,
            rule,
            record: Vec::new(),
            longest: LONGEST_RECORD,
            lines: 0,
            elements: Elements::new(),
            begun: false,
            warned: false,
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
            Some(_) if !self.begun => false,
            Some(Format::JsonArray) => {
                let mut ahead = self.elements.clone();
                let ends = |step| !matches!(step, Ok(Step::Outside | Step::Inside));
                let mut bytes = self.intake.at_hand().iter();
                bytes.any(|byte| ends(ahead.step(*byte)))
            }
            Some(format) => {
                let skips = |record: &[u8]| format.skips(record);
                self.intake.holds_record(format.terminator(), skips)
            }
        }
    }

    /// The next entry, or none at the end.
    fn entry(&mut self) -> Result<Option<Entry>, JobFileError> {
        match self.settled_format()? {
            Format::JsonArray => self.next_element(),
            format => self.next_line(format),
        }
    }

    /// The format, told by the first bytes where nobody else has.
    fn settled_format(&mut self) -> Result<Format, JobFileError> {
        if !self.begun {
            self.intake
                .skip_mark()
                .map_err(|error| self.unread(error))?;
            self.begun = true;
        }
        if let Some(format) = self.format {
            return Ok(format);
        }
        let opening = self.intake.opening().map_err(|error| self.unread(error))?;
        let format = match opening {
            Opening::Object => Format::JsonLines,
            Opening::Array => Format::JsonArray,
            Opening::Text => Format::Lines,
        };
        self.format = Some(format);
        Ok(format)
    }

    /// The next job of a format with one record a line.
    fn next_line(&mut self, format: Format) -> Result<Option<Entry>, JobFileError> {
        while self.read_record(format.terminator())? {
            if format.skips(&self.record) {
                continue;
            }
            return match format {
                Format::JsonLines => self
                    .json_job(self.lines, 1)
                    .map(|job| Some(Entry::Job(job))),
                _ => self.line_entry(format).map(Some),
            };
        }
        Ok(None)
    }

    /// Reads one record without its terminator; false at the end of the file.
    fn read_record(&mut self, terminator: u8) -> Result<bool, JobFileError> {
        if self.ended {
            return Ok(false);
        }
        let found = self
            .intake
            .read_record(terminator, self.longest, &mut self.record)
            .map_err(|error| self.unread(error))?;
        self.lines += 1;
        match found {
            Found::Record => Ok(true),
            Found::Last => {
                self.ended = true;
                Ok(true)
            }
            Found::End => Ok(false),
            Found::TooLong => Err(self.too_long(self.lines)),
        }
    }

    /// The job of the command line in the record, or a warning that goes before it.
    fn line_entry(&mut self, format: Format) -> Result<Entry, JobFileError> {
        let origin = self.origin(self.lines);
        // The last line has no newline, so that a carriage return at its end is its own.
        let crlf = format == Format::Lines && !self.ended && self.record.ends_with(b"\r");
        if crlf {
            self.record.pop();
        }
        if self.record.contains(&0) {
            return Err(JobFileError::Nul(origin));
        }
        let job = Job::from_line(origin.clone(), &self.record, &self.rule)
            .map_err(|error| JobFileError::Words(origin, error))?;
        if !crlf || self.warned {
            return Ok(Entry::Job(job));
        }
        self.warned = true;
        let warning = format!(
            "{}: lines end with CRLF: the carriage returns are dropped",
            job.origin
        );
        self.waiting = Some(job);
        Ok(Entry::Warning(warning))
    }

    /// The next job of a JSON array.
    fn next_element(&mut self) -> Result<Option<Entry>, JobFileError> {
        self.record.clear();
        self.record.shrink_to(BUFFER_BYTES);
        loop {
            let bytes = match self.intake.fill_buf() {
                Ok(bytes) => bytes,
                Err(error) => return Err(JobFileError::Read(Arc::clone(&self.label), error)),
            };
            if bytes.is_empty() {
                return match self.elements.finish() {
                    Ok(()) => Ok(None),
                    Err(error) => Err(self.array_error(error)),
                };
            }
            let (taken, step) = cut(&mut self.elements, bytes, &mut self.record);
            self.intake.consume(taken);
            match step {
                Err(error) => return Err(self.array_error(error)),
                Ok(Step::Complete) => {
                    let start = self.elements.start();
                    let job = self.json_job(start.line, start.column)?;
                    return Ok(Some(Entry::Job(job)));
                }
                Ok(_) if self.record.len() > self.longest => {
                    return Err(self.too_long(self.elements.start().line));
                }
                Ok(_) => {}
            }
        }
    }

    /// The job of the JSON in the record, which begins at a line and a column of the file.
    fn json_job(&self, line: u64, column: u64) -> Result<Job, JobFileError> {
        let origin = self.origin(line);
        records::job(&self.record, origin.clone(), &self.rule).map_err(|error| match error {
            RecordError::Json {
                message,
                line: below,
                column: along,
            } => {
                // serde_json counts from the start of the record, and from 0 where it saw nothing.
                let start = if below <= 1 { column - 1 } else { 0 };
                let origin = self.origin(line + below.saturating_sub(1));
                JobFileError::Json(origin, start + along.max(1), message)
            }
            error => JobFileError::Record(origin, error.to_string()),
        })
    }

    /// A line of this file.
    fn origin(&self, line: u64) -> Origin {
        Origin {
            source: Arc::clone(&self.label),
            line,
        }
    }

    /// The error of an array that cannot be cut.
    fn array_error(&self, error: ElementsError) -> JobFileError {
        let here = self.elements.here();
        JobFileError::Json(
            self.origin(here.line),
            here.column.max(1),
            error.to_string(),
        )
    }

    /// The error of a record without an end.
    fn too_long(&self, line: u64) -> JobFileError {
        JobFileError::TooLong(self.origin(line), self.longest)
    }

    /// The error of a file that cannot be read.
    fn unread(&self, error: io::Error) -> JobFileError {
        JobFileError::Read(Arc::clone(&self.label), error)
    }
}

/// Takes the bytes up to the end of a record, if it is among them; those of the record are kept.
fn cut(
    elements: &mut Elements,
    bytes: &[u8],
    record: &mut Vec<u8>,
) -> (usize, Result<Step, ElementsError>) {
    for (index, byte) in bytes.iter().enumerate() {
        match elements.step(*byte) {
            Ok(Step::Outside) => {}
            Ok(Step::Inside) => record.push(*byte),
            Ok(Step::Complete) => {
                record.push(*byte);
                return (index + 1, Ok(Step::Complete));
            }
            Err(error) => return (index + 1, Err(error)),
        }
    }
    (bytes.len(), Ok(Step::Outside))
}

impl Format {
    /// The byte that ends a record.
    fn terminator(self) -> u8 {
        if self == Self::NullLines { 0 } else { b'\n' }
    }

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
