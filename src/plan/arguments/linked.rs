//! Sources of values that are combined one to one.

use std::ffi::OsString;
use std::fmt;

use thiserror::Error;

use super::values::{ValueError, Values};

/// What combines sources one to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LinkedBy {
    /// `--link`: all of them.
    Option,
    /// `:::+`: a list and the source before it.
    Marker,
}

/// Why there are no more values.
#[derive(Debug, Error)]
pub(crate) enum LinkError {
    /// A source is wrong.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// Sources of different lengths, known beforehand.
    #[error(
        "{0}: source {1} has {2} values, but source {3} has {4}: all must have the same number"
    )]
    Unequal(LinkedBy, usize, u64, usize, u64),
    /// The same, found while reading a stream.
    #[error(
        "{0}: source {1} ended after {2} values, but source {3} has more: all must have the same number"
    )]
    Ended(LinkedBy, usize, u64, usize),
}

/// One source, or several that are combined one to one: the first values of each, then the second, …
pub(crate) struct Linked {
    sources: Vec<Values>,
    by: LinkedBy,
    /// The number of the first source.
    number: usize,
    count: u64,
}

impl Linked {
    /// Combines sources of which the first has this number on the command line, from 1.
    pub(crate) fn new(
        sources: Vec<Values>,
        number: usize,
        by: LinkedBy,
    ) -> Result<Self, LinkError> {
        let known = |(index, values): (usize, &Values)| Some((number + index, values.total()?));
        let mut known = sources.iter().enumerate().filter_map(known);
        if let Some((first, count)) = known.next()
            && let Some((other, differs)) = known.find(|(_, other)| *other != count)
        {
            return Err(LinkError::Unequal(by, first, count, other, differs));
        }
        Ok(Self {
            sources,
            by,
            number,
            count: 0,
        })
    }

    /// Returns each warning about the values that were read, once.
    pub(crate) fn warning(&mut self) -> Option<String> {
        self.sources.iter_mut().find_map(Values::warning)
    }

    /// Returns the total number of values, if it is known beforehand.
    pub(crate) fn total(&self) -> Option<u64> {
        let mut totals = self.sources.iter().map(Values::total);
        let first = totals.next()?;
        totals.fold(first, |first, other| other.and(first))
    }

    /// Whether `next` may block.
    pub(crate) fn may_block(&self) -> bool {
        self.sources.iter().any(Values::may_block)
    }

    /// Whether the next values are buffered; false if in doubt.
    pub(crate) fn buffered(&self) -> bool {
        self.sources.iter().all(Values::buffered)
    }

    fn read(&mut self) -> Result<Option<Vec<OsString>>, LinkError> {
        if let [only] = self.sources.as_mut_slice() {
            return Ok(only.next().transpose()?);
        }
        let next: Vec<Option<Vec<OsString>>> = self
            .sources
            .iter_mut()
            .map(|source| source.next().transpose())
            .collect::<Result<_, _>>()?;
        let ended = next.iter().position(Option::is_none);
        let unfinished = next.iter().position(Option::is_some);
        if let (Some(ended), Some(unfinished)) = (ended, unfinished) {
            let (ended, unfinished) = (self.number + ended, self.number + unfinished);
            return Err(LinkError::Ended(self.by, ended, self.count, unfinished));
        }
        self.count += 1;
        Ok(unfinished.map(|_| next.into_iter().flatten().flatten().collect()))
    }
}

impl Iterator for Linked {
    type Item = Result<Vec<OsString>, LinkError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

impl fmt::Display for LinkedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Option => "--link",
            Self::Marker => "`:::+`",
        })
    }
}
