//! The file of jobs: all of it is read and checked before the first job starts.

use std::fs;
use std::path::Path;

use super::error::NotRun;
use crate::plan::{GivenEntries, NumberedEntry, Source, SourceError};
use crate::record::{GivenJob, WorkHeader, WorkLine};

/// Work that is whole.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) header: WorkHeader,
    jobs: Vec<u8>,
    total: u64,
}

/// Reads a file of jobs.
pub(crate) fn read(path: &Path) -> Result<Work, NotRun> {
    let bytes = fs::read(path).map_err(|source| NotRun::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    checked(path, bytes)
}

/// Checks every line.
fn checked(path: &Path, bytes: Vec<u8>) -> Result<Work, NotRun> {
    let (mut header, mut total, mut has_end) = (None, 0, false);
    for (line, text) in (1..).zip(bytes.split_inclusive(|byte| *byte == b'\n')) {
        let path = || path.to_owned();
        // A line that is cut may still be read: `{"type":"end"}`.
        if !text.ends_with(b"\n") {
            return Err(NotRun::NoEnd(path()));
        }
        match WorkLine::read(text) {
            Ok(WorkLine::Header(first)) if line == 1 => header = Some(first),
            Ok(WorkLine::Job(_)) if header.is_some() && !has_end => total += 1,
            Ok(WorkLine::End) if header.is_some() && !has_end => has_end = true,
            Ok(_) => return Err(NotRun::Order { path: path(), line }),
            Err(why) => {
                let path = path();
                return Err(NotRun::Line { path, line, why });
            }
        }
    }
    match header {
        Some(header) if has_end => Ok(Work {
            header,
            jobs: bytes,
            total,
        }),
        _ => Err(NotRun::NoEnd(path.to_owned())),
    }
}

impl Work {
    /// Returns its jobs.
    pub(crate) fn source(&mut self) -> Source {
        let jobs = Jobs {
            bytes: std::mem::take(&mut self.jobs),
            at: 0,
        };
        Source::given(GivenEntries {
            entries: Box::new(jobs),
            total: Some(self.total),
            may_block: false,
        })
    }
}

/// The jobs of the lines.
struct Jobs {
    bytes: Vec<u8>,
    at: usize,
}

impl Iterator for Jobs {
    type Item = Result<NumberedEntry, SourceError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let rest = &self.bytes[self.at..];
            let line = rest.split_inclusive(|byte| *byte == b'\n').next()?;
            self.at += line.len();
            match WorkLine::read(line) {
                Ok(WorkLine::Job(given)) => return Some(Ok(entry(*given))),
                Ok(WorkLine::Header(_) | WorkLine::End) => {}
                Err(why) => return Some(Err(SourceError::Work(why.to_string()))),
            }
        }
    }
}

/// Returns a job of the work as one of the plan.
pub(super) fn entry(given: GivenJob) -> NumberedEntry {
    NumberedEntry {
        seq: given.seq,
        key: given.key,
        job: given.job,
    }
}
