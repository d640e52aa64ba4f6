//! A line of the work, of any kind.

use serde::Deserialize;

use super::error::WorkError;
use super::given::GivenJob;
use super::header::{WORK_VERSION, WorkHeader};
use super::job_line;
use crate::record::scalar::Str;

/// The last line: without it the work is not whole.
pub(crate) const END_LINE: &[u8] = b"{\"type\":\"end\"}\n";

/// A line of the work.
#[derive(Debug)]
pub(crate) enum WorkLine {
    /// What holds for all jobs.
    Header(WorkHeader),
    /// A job.
    Job(Box<GivenJob>),
    /// There are no more jobs.
    End,
}

/// The keys that say how a line is to be read.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    r#type: Str<'a>,
    v: Option<u64>,
}

impl WorkLine {
    /// Reads a line, with or without its newline.
    pub(crate) fn read(line: &[u8]) -> Result<Self, WorkError> {
        if job_line::seq_of(line).is_some() {
            return job_line::read(line).map(|job| Self::Job(Box::new(job)));
        }
        let head: Head = serde_json::from_slice(line)?;
        match &*head.r#type.0 {
            "work" if head.v != Some(WORK_VERSION) => Err(WorkError::OtherVersion),
            "work" => WorkHeader::read(line).map(Self::Header),
            "end" => Ok(Self::End),
            other => Err(WorkError::Damaged(format!("unknown type {other:?}"))),
        }
    }
}
