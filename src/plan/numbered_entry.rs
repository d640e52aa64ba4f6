//! A job that has its number already: it is one of another run, which gave it to this one.

use super::job::Job;
use super::key::Key;

/// A job with the number and the key that it has in its run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NumberedEntry {
    /// Its number, from 1.
    pub(crate) seq: u64,
    /// Its key in a job log, if there is one.
    pub(crate) key: Option<Key>,
    /// The job itself.
    pub(crate) job: Job,
}
