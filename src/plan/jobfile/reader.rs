//! Reads a job file as a stream: one job after the other, in one buffer.

use std::collections::HashMap;
use std::io::{BufRead, Read};
use std::sync::Arc;

use super::format::{Format, Opening, by_first_bytes};
use super::job_file_error::JobFileError;
use super::json_array::{ElementByte, Elements, ElementsError};
use super::json_job;
use super::json_job_error::JsonJobError;
use crate::plan::command::ShellRule;
use crate::plan::document::{self, Spelling};
use crate::plan::input::{BUFFER_BYTES, InputLines, Separator};
use crate::plan::job::Job;
use crate::plan::numbered_entry::NumberedEntry;
use crate::plan::scheduling::Pool;
use crate::plan::suggestion::excerpt;

/// An entry of a job file.
#[expect(
    clippy::large_enum_variant,
    reason = "almost every entry is a job, and a box would cost each of them an allocation"
)]
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Entry {
    /// A job.
    Job(Job),
    /// A job of another run.
    Given(Box<NumberedEntry>),
    /// A warning for the user, with its origin.
    Warning(String),
}

/// A job file that is being read.
pub(crate) struct JobFile {
    lines: InputLines,
    /// The format that the name of the file implies.
    named: Option<Format>,
    /// The format, once it was detected from the first bytes too.
    format: Option<Format>,
    rule: ShellRule,
    /// The text of the job that is being read; a reused buffer.
    item: Vec<u8>,
    /// The position in a JSON array.
    elements: Elements,
    /// The jobs that are read and come next: one that follows a warning about it, or those of a document.
    waiting: std::vec::IntoIter<Job>,
    /// Whether a job of a document needs another.
    has_needs: bool,
    /// The pools of the jobs so far.
    pools: HashMap<Arc<str>, Arc<Pool>>,
    /// Nothing more is to be read: the end was reached, or an error was returned.
    ended: bool,
}

impl JobFile {
    /// Returns a reader of a file named `label` in messages, with the format `named` if its name
    /// implies one. Reads nothing yet.
    pub(crate) fn new(
        label: Arc<str>,
        named: Option<Format>,
        separator: Separator,
        input: Box<dyn Read + Send>,
        rule: ShellRule,
    ) -> Self {
        Self {
            lines: InputLines::new(label, separator, input),
            named,
            format: None,
            rule,
            item: Vec::new(),
            elements: Elements::new(),
            waiting: Vec::new().into_iter(),
            has_needs: false,
            pools: HashMap::new(),
            ended: false,
        }
    }

    /// Whether the next entry is completely buffered, so that `next` does not block; false if in
    /// doubt, as before the first entry.
    pub(crate) fn buffered(&self) -> bool {
        if self.waiting.len() > 0 || self.ended {
            return true;
        }
        match self.format {
            None | Some(Format::Document(_)) => false,
            Some(Format::JsonArray) => {
                let mut ahead = self.elements.clone();
                let ends = |step| !matches!(step, Ok(ElementByte::Outside | ElementByte::Inside));
                let mut bytes = self.lines.lookahead.buffered().iter();
                bytes.any(|byte| ends(ahead.step(*byte)))
            }
            Some(format) => self.lines.buffered(|item| format.skips(item)),
        }
    }

    /// Whether a job of a document needs another, once it is read.
    pub(crate) fn has_needs(&self) -> bool {
        self.has_needs
    }

    /// Returns the next entry, or `None` at the end.
    fn entry(&mut self) -> Result<Option<Entry>, JobFileError> {
        match self.detect_format()? {
            Format::JsonArray => self.next_element(),
            Format::Document(spelling) => self.next_of_document(spelling),
            format => self.next_line(format),
        }
    }

    /// Detects the format from the first bytes, once; fails if they are not of a job file.
    fn detect_format(&mut self) -> Result<Format, JobFileError> {
        if let Some(format) = self.format {
            return Ok(format);
        }
        self.lines.drop_byte_order_mark()?;
        let (named, separator) = (self.named, self.lines.separator);
        let opening = |first: &[u8]| by_first_bytes(first, named, separator);
        let first = self.lines.look(|first| opening(first) != Ok(None))?;
        let length = first.len();
        let decided = match opening(first) {
            // At the end of the file the last line ends as well.
            Ok(None) => opening(&[first, b"\n"].concat()),
            decided => decided,
        };
        let nul = first.iter().position(|byte| *byte == 0);
        let nul_line =
            nul.map(|nul| 1 + first[..nul].iter().filter(|byte| **byte == b'\n').count());
        let decided =
            decided.map_err(|foreign| JobFileError::Foreign(self.lines.origin(1), foreign))?;
        let Opening { format, comment } = decided.unwrap_or(Opening {
            format: named.unwrap_or(Format::of(separator)),
            comment: 0,
        });
        // Otherwise the lines before it would run, if the rest arrives later.
        if let (Format::Lines, Some(line)) = (format, nul_line) {
            return Err(JobFileError::Nul(self.lines.origin(line as u64)));
        }
        if comment > 0 {
            self.lines.take_line(comment.min(length));
            self.elements.skip_line();
        }
        // JSON Lines end with a newline, also with --null.
        if format != Format::NullLines {
            self.lines.separator = Separator::Newline;
        }
        Ok(*self.format.insert(format))
    }

    /// Returns the next job of a format with one job per line.
    fn next_line(&mut self, format: Format) -> Result<Option<Entry>, JobFileError> {
        if !self.lines.read(&mut self.item, |item| format.skips(item))? {
            return Ok(None);
        }
        let job = match format {
            Format::JsonLines => self.json_job(self.lines.here().line, 1)?,
            _ => self.line_job()?,
        };
        // In JSON a carriage return is a blank.
        Ok(Some(match self.lines.warning() {
            Some(warning) if format == Format::Lines => {
                self.waiting = vec![job].into_iter();
                Entry::Warning(warning)
            }
            _ => Entry::Job(job),
        }))
    }

    /// Parses the command line in `item`.
    fn line_job(&self) -> Result<Job, JobFileError> {
        let origin = self.lines.here();
        if self.item.contains(&0) {
            return Err(JobFileError::Nul(origin));
        }
        Job::from_line(origin.clone(), &self.item, &self.rule)
            .map_err(|error| JobFileError::Words(origin, error))
    }

    /// Returns the next job of a JSON array.
    fn next_element(&mut self) -> Result<Option<Entry>, JobFileError> {
        self.item.clear();
        self.item.shrink_to(BUFFER_BYTES);
        loop {
            let bytes = self.lines.peek()?;
            if bytes.is_empty() {
                return match self.elements.finish() {
                    Ok(()) => Ok(None),
                    Err(error) => Err(self.array_error(error)),
                };
            }
            let (taken, step) = split(&mut self.elements, bytes, &mut self.item);
            self.lines.lookahead.consume(taken);
            match step {
                Err(error) => return Err(self.array_error(error)),
                Ok(ElementByte::Complete) => {
                    let start = self.elements.start();
                    let job = self.json_job(start.line, start.column)?;
                    return Ok(Some(Entry::Job(job)));
                }
                Ok(_) if self.item.len() > self.lines.longest => {
                    let origin = self.lines.origin(self.elements.start().line);
                    return Err(JobFileError::TooLong(origin, self.lines.longest));
                }
                Ok(_) => {}
            }
        }
    }

    /// Returns the jobs of a document, all of which are read here; `None` if it is none.
    pub(crate) fn document(&mut self) -> Result<Option<Vec<Job>>, JobFileError> {
        match self.detect_format()? {
            Format::Document(spelling) => self.read_document(spelling).map(Some),
            _ => Ok(None),
        }
    }

    /// Returns the next job of a document, which is read as a whole before the first.
    fn next_of_document(&mut self, spelling: Spelling) -> Result<Option<Entry>, JobFileError> {
        if self.ended {
            return Ok(None);
        }
        self.waiting = self.read_document(spelling)?.into_iter();
        self.ended = true;
        self.has_needs = self
            .waiting
            .as_slice()
            .iter()
            .any(|job| !job.needs().is_empty());
        Ok(self.waiting.next().map(Entry::Job))
    }

    /// Reads a document.
    fn read_document(&mut self, spelling: Spelling) -> Result<Vec<Job>, JobFileError> {
        let mut text = std::mem::take(&mut self.item);
        text.clear();
        // A first line that was dropped counts.
        text.extend((0..self.lines.here().line).map(|_| b'\n'));
        loop {
            let bytes = self.lines.peek()?;
            if bytes.is_empty() {
                break;
            }
            text.extend_from_slice(bytes);
            let count = bytes.len();
            self.lines.lookahead.consume(count);
            if text.len() > self.lines.longest {
                let origin = self.lines.origin(1);
                return Err(JobFileError::TooLarge(origin, self.lines.longest));
            }
        }
        let origin = self.lines.origin(1);
        let text = match str::from_utf8(&text) {
            Ok(text) => text,
            Err(error) => {
                let before = &text[..error.valid_up_to()];
                let line = 1 + before.iter().filter(|byte| **byte == b'\n').count() as u64;
                return Err(JobFileError::NotUtf8(self.lines.origin(line)));
            }
        };
        let jobs = document::jobs(spelling, text, &origin.source, &self.rule);
        jobs.map_err(|error| {
            let origin = self.lines.origin(error.line);
            JobFileError::Json(origin, error.column, error.message)
        })
    }

    /// Gives a job the pool of an earlier one with the same name.
    fn share_pool(&mut self, job: &mut Job) -> Result<(), JobFileError> {
        let scheduling = job.scheduling.as_mut();
        let Some(pool) = scheduling.and_then(|scheduling| scheduling.pool.as_mut()) else {
            return Ok(());
        };
        let known = self.pools.entry(Arc::clone(&pool.name));
        let known = known.or_insert_with(|| Arc::clone(pool));
        if known.limit != pool.limit {
            let (name, limit) = (excerpt(&pool.name), known.limit);
            let message = format!(
                "the pool `{name}` has `pool_limit` {limit} in an earlier job: write the same here"
            );
            return Err(JobFileError::Job(job.origin.clone(), message));
        }
        *pool = Arc::clone(known);
        Ok(())
    }

    /// Parses the JSON in `item`, which begins at `line` and `column` of the file.
    fn json_job(&mut self, line: u64, column: u64) -> Result<Job, JobFileError> {
        let origin = self.lines.origin(line);
        let job = json_job::job(&self.item, origin.clone(), &self.rule);
        let mut job = job.map_err(|error| match error {
            JsonJobError::Json {
                message,
                line: below,
                column: along,
            } => {
                // serde_json counts from the start of the object, and from 0 if it read nothing.
                let start = if below <= 1 { column - 1 } else { 0 };
                let origin = self.lines.origin(line + below.saturating_sub(1));
                JobFileError::Json(origin, start + along.max(1), message)
            }
            error => JobFileError::Job(origin, error.to_string()),
        })?;
        self.share_pool(&mut job)?;
        Ok(job)
    }

    /// Returns the error of an array that cannot be split.
    fn array_error(&self, error: ElementsError) -> JobFileError {
        let here = self.elements.here();
        JobFileError::Json(
            self.lines.origin(here.line),
            here.column.max(1),
            error.to_string(),
        )
    }
}

/// Consumes bytes up to the end of an element, or all of them; appends those of the element to `item`.
fn split(
    elements: &mut Elements,
    bytes: &[u8],
    item: &mut Vec<u8>,
) -> (usize, Result<ElementByte, ElementsError>) {
    for (index, byte) in bytes.iter().enumerate() {
        match elements.step(*byte) {
            Ok(ElementByte::Outside) => {}
            Ok(ElementByte::Inside) => item.push(*byte),
            Ok(ElementByte::Complete) => {
                item.push(*byte);
                return (index + 1, Ok(ElementByte::Complete));
            }
            Err(error) => return (index + 1, Err(error)),
        }
    }
    (bytes.len(), Ok(ElementByte::Outside))
}

impl Format {
    /// Whether an item is blank or a comment. With NUL it may be a script that begins with a comment.
    fn skips(self, item: &[u8]) -> bool {
        match item.trim_ascii_start() {
            [] => true,
            [b'#', ..] if self == Self::NullLines => !item.contains(&b'\n'),
            [b'#', ..] => self == Self::Lines,
            _ => false,
        }
    }
}

impl Iterator for JobFile {
    type Item = Result<Entry, JobFileError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(job) = self.waiting.next() {
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
