//! A stream of jobs from any source, read as needed and never collected into a list.

use std::ffi::OsString;

use super::arguments::Arguments;
use super::blocks::{Block, BlockJobs};
use super::jobfile::{Entry, JobFile};
use super::needs::{
    DependentJob, JobNames, NeedsFault, Selection, SelectionError, dependence, resolve,
};
use super::numbered_entry::NumberedEntry;
use super::rows::RowJobs;
use super::shuffled::Shuffled;

mod checked;
mod error;
mod opening;

use checked::check_name;
pub(crate) use error::SourceError;

/// A stream of jobs. It ends after its first error.
pub(crate) struct Source {
    supply: Supply,
    names: JobNames,
    /// How many jobs were read.
    count: u64,
    /// Whether a job that is known needs another.
    has_needs: bool,
    /// Whether a job that is known is a service.
    has_services: bool,
    /// The first job that is known and does not run apart from the others.
    dependent: Option<DependentJob>,
    /// Whether there may be such jobs.
    may_depend: bool,
    total: Option<u64>,
    ended: bool,
}

/// Where the jobs come from.
enum Supply {
    /// Jobs that are all known, and checked: commands of the command line, or those of a document.
    Listed(std::vec::IntoIter<Entry>),
    /// A regular file, whose reads do not block.
    Regular(JobFile),
    /// A pipe or a terminal, whose reads may block.
    Stream(JobFile),
    /// A template, once for each set of values.
    Inputs(Box<Arguments>),
    /// The jobs of a command line of GNU parallel.
    Rows(Box<RowJobs>),
    /// The jobs of another source in random order.
    Shuffled(Box<Shuffled<Source>>),
    /// A template, once for each block of an input.
    Blocks(Box<BlockJobs>),
    /// The jobs of another run.
    Given(GivenEntries),
}

/// The jobs of another run.
pub(crate) struct GivenEntries {
    pub(crate) entries: Box<dyn Iterator<Item = Result<NumberedEntry, SourceError>> + Send>,
    /// How many there are, if that is known.
    pub(crate) total: Option<u64>,
    /// Whether the next one may have to be waited for.
    pub(crate) may_block: bool,
}

impl Source {
    /// Returns a source from which nothing was read.
    fn new(supply: Supply, total: Option<u64>) -> Self {
        Self {
            supply,
            names: JobNames::default(),
            count: 0,
            has_needs: false,
            has_services: false,
            dependent: None,
            may_depend: true,
            total,
            ended: false,
        }
    }

    /// Returns a source of the same jobs in random order, the same for the same seed. They are read to
    /// the end before the first of them is returned, and kept in memory.
    pub(crate) fn shuffled(self, seed: u64) -> Self {
        let total = self.total;
        Self::new(Supply::Shuffled(Box::new(Shuffled::new(self, seed))), total)
    }

    /// Returns a source of some of the jobs. They are read to the end here, and kept in memory.
    pub(crate) fn selected(self, selection: &Selection) -> Result<Self, SourceError> {
        let Some(option) = selection.option() else {
            return Ok(self);
        };
        if !matches!(self.supply, Supply::Listed(_) | Supply::Regular(_)) {
            return Err(SelectionError::NoFile(option).into());
        }
        let (mut warnings, mut jobs) = (Vec::new(), Vec::new());
        for entry in self {
            match entry? {
                Entry::Job(job) => jobs.push(job),
                other => warnings.push(other),
            }
        }
        Ok(Self::known(warnings, selection.of(jobs)?))
    }

    /// Returns the same source if all of its jobs run apart from each other. Those that are not known yet
    /// are checked when they are read.
    pub(crate) fn independent(mut self) -> Result<Self, SourceError> {
        self.may_depend = false;
        match self.dependent.take() {
            Some(job) => Err(job.into()),
            None => Ok(self),
        }
    }

    /// Returns the names of the columns of a command line of GNU parallel, if they have names.
    pub(crate) fn names(&self) -> &[OsString] {
        match &self.supply {
            Supply::Rows(rows) => rows.names(),
            Supply::Shuffled(jobs) => jobs.source().map_or(&[], Self::names),
            _ => &[],
        }
    }

    /// Returns the total number of jobs, if it is known beforehand.
    pub(crate) fn total(&self) -> Option<u64> {
        self.total
    }

    /// Whether a job needs another, if all jobs are known; those of a document are when the first was read.
    pub(crate) fn has_needs(&self) -> bool {
        match &self.supply {
            Supply::Stream(file) => file.has_needs(),
            Supply::Shuffled(jobs) => jobs.has_needs(),
            _ => self.has_needs,
        }
    }

    /// Whether a job is a service, as far as is known before the first job is read.
    pub(crate) fn has_services(&self) -> bool {
        match &self.supply {
            Supply::Shuffled(jobs) => jobs.source().is_some_and(Self::has_services),
            _ => self.has_services,
        }
    }

    /// Whether `next` may block, so that it needs a thread of its own.
    pub(crate) fn may_block(&self) -> bool {
        match &self.supply {
            // A block of a file is found by reading it, too.
            Supply::Stream(_) | Supply::Blocks(_) => true,
            Supply::Inputs(inputs) => inputs.may_block(),
            Supply::Rows(rows) => rows.may_block(),
            Supply::Shuffled(jobs) => jobs.source().is_some_and(Self::may_block),
            Supply::Given(given) => given.may_block,
            Supply::Listed(_) | Supply::Regular(_) => false,
        }
    }

    /// Whether the next entry is buffered, so that `next` does not block; false if in doubt.
    pub(crate) fn buffered(&self) -> bool {
        match &self.supply {
            Supply::Stream(file) => self.ended || file.buffered(),
            Supply::Inputs(inputs) => self.ended || inputs.buffered(),
            Supply::Rows(rows) => self.ended || rows.buffered(),
            Supply::Shuffled(jobs) => self.ended || jobs.source().is_none(),
            Supply::Listed(_) | Supply::Regular(_) => true,
            Supply::Blocks(_) => self.ended,
            Supply::Given(given) => self.ended || !given.may_block,
        }
    }

    /// Whether each job takes much memory, so that none is read before the one before it is taken.
    pub(crate) fn is_large(&self) -> bool {
        matches!(self.supply, Supply::Blocks(_))
    }

    /// Whether the jobs share the blocks that follow their first ones.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(&self.supply, Supply::Blocks(jobs) if jobs.is_shared())
    }

    /// Returns the next block that belongs to no job yet, where jobs share them. `None` at the end.
    pub(crate) fn next_block(&mut self) -> Option<Result<Block, SourceError>> {
        match &mut self.supply {
            Supply::Blocks(jobs) if jobs.is_shared() => {
                jobs.next_block().map_err(SourceError::from).transpose()
            }
            _ => None,
        }
    }

    /// Returns the next entry, whose name is not yet checked.
    fn supplied(&mut self) -> Option<Result<Entry, SourceError>> {
        match &mut self.supply {
            Supply::Listed(entries) => entries.next().map(Ok),
            Supply::Shuffled(jobs) => jobs.next(),
            Supply::Inputs(jobs) => jobs.next().map(|entry| entry.map_err(SourceError::from)),
            Supply::Rows(jobs) => jobs.next().map(|entry| entry.map_err(SourceError::from)),
            Supply::Blocks(jobs) => {
                let job = jobs.next_job().map_err(SourceError::from).transpose();
                job.map(|job| job.map(Entry::Job))
            }
            Supply::Given(given) => {
                let next = given.entries.next();
                next.map(|entry| entry.map(|entry| Entry::Given(Box::new(entry))))
            }
            Supply::Regular(file) | Supply::Stream(file) => {
                file.next().map(|entry| entry.map_err(SourceError::from))
            }
        }
    }
}

impl Iterator for Source {
    type Item = Result<Entry, SourceError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let entry = self.supplied().map(|entry| match self.supply {
            // The names of a template are as unique as its values. Others were checked before.
            Supply::Inputs(_) | Supply::Listed(_) | Supply::Shuffled(_) => entry,
            _ => self.checked(entry?),
        });
        let entry = entry.map(|entry| match entry {
            Ok(Entry::Job(job)) if !self.may_depend => match dependence(&job) {
                Some(dependent) => Err(dependent.into()),
                None => Ok(Entry::Job(job)),
            },
            entry => entry,
        });
        self.ended = !matches!(entry, Some(Ok(_)));
        entry
    }
}

impl Source {
    /// Checks the name of a job, and finds those that it needs.
    fn checked(&mut self, mut entry: Entry) -> Result<Entry, SourceError> {
        if let Entry::Job(job) = &mut entry {
            self.count += 1;
            check_name(&mut self.names, job, self.count)?;
            resolve(job, self.count, &self.names, NeedsFault::NotEarlier)?;
        }
        Ok(entry)
    }
}

#[cfg(test)]
mod tests;
