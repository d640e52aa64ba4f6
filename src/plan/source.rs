//! A stream of jobs from any source, read as needed and never collected into a list.

use std::ffi::OsString;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use thiserror::Error;

use super::arguments::{Arguments, ArgumentsError, Rules, ValueSource};
use super::blocks::{Block, BlockError, BlockInput, BlockJobs, BlockRules};
use super::command::ShellRule;
use super::input::{OpenError, Opened, Separator, open};
use super::job::{Job, Origin};
use super::jobfile::{Entry, Foreign, Format, JobFile, JobFileError, by_name};
use super::rows::{RowJobs, RowJobsError, RowJobsRules, RowSource};
use super::shuffled::Shuffled;
use super::typed_commands;
use super::typed_commands::TypedCommandsError;
use super::unique_names::UniqueNames;

/// A stream of jobs. It ends after its first error.
pub(crate) struct Source {
    supply: Supply,
    names: UniqueNames,
    total: Option<u64>,
    ended: bool,
}

/// Where the jobs come from.
enum Supply {
    /// Commands of the command line.
    Typed(std::vec::IntoIter<Job>),
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
}

/// Why there are no more jobs.
#[derive(Debug, Error)]
pub(crate) enum SourceError {
    /// A command of the command line is wrong.
    #[error(transparent)]
    Typed(#[from] TypedCommandsError),
    /// The job file cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// By its name the file is not a job file.
    #[error("{0}: {1}")]
    Foreign(Arc<str>, Foreign),
    /// A template or its values are wrong.
    #[error(transparent)]
    Inputs(#[from] ArgumentsError),
    /// A command line of GNU parallel is wrong, or its arguments are.
    #[error(transparent)]
    Rows(#[from] RowJobsError),
    /// An input cannot be cut into blocks.
    #[error(transparent)]
    Blocks(#[from] BlockError),
    /// The job file cannot be read any further.
    #[error(transparent)]
    JobFile(#[from] JobFileError),
    /// Two jobs have the same name.
    #[error("{0}: the name `{name}` is taken by an earlier job: every name must be unique", name = .1.escape_debug())]
    Name(Origin, String),
}

impl Source {
    /// Returns a source of the commands of the command line, all checked here. `is_option` recognizes
    /// prun's own long options (`--json`), for the hint that they go before the commands.
    pub(crate) fn commands(
        commands: Vec<OsString>,
        rule: &ShellRule,
        is_option: impl Fn(&str) -> bool,
    ) -> Result<Self, SourceError> {
        Self::typed(typed_commands::jobs(&commands, rule, is_option)?)
    }

    /// Returns a source of commands given as arguments (`prun ::: 'a' 'b'`), as in a job file.
    pub(crate) fn listed(lines: &[OsString], rule: &ShellRule) -> Result<Self, SourceError> {
        Self::typed(typed_commands::listed(lines, rule)?)
    }

    fn typed(jobs: Vec<Job>) -> Result<Self, SourceError> {
        let mut names = UniqueNames::default();
        for job in &jobs {
            check_name(&mut names, job)?;
        }
        let total = Some(jobs.len() as u64);
        Ok(Self::new(Supply::Typed(jobs.into_iter()), total))
    }

    /// Returns a source that runs a template, one word or several, once for each set of values.
    pub(crate) fn inputs(
        template: &[OsString],
        sources: Vec<ValueSource>,
        rules: Rules,
        rule: &ShellRule,
    ) -> Result<Self, SourceError> {
        let inputs = Arguments::new(template, sources, &rules, rule)?;
        let total = inputs.total();
        Ok(Self::new(Supply::Inputs(Box::new(inputs)), total))
    }

    /// Returns the jobs of a command line of GNU parallel.
    pub(crate) fn rows(
        sources: Vec<RowSource>,
        rules: RowJobsRules,
        rule: &ShellRule,
    ) -> Result<Self, SourceError> {
        let jobs = RowJobs::new(sources, rules, rule)?;
        let total = jobs.total();
        Ok(Self::new(Supply::Rows(Box::new(jobs)), total))
    }

    /// Returns a source that runs a template, one word or several, once for each block of an input.
    pub(crate) fn blocks(
        template: &[OsString],
        input: &BlockInput,
        rules: BlockRules,
        rule: &ShellRule,
    ) -> Result<Self, SourceError> {
        let jobs = BlockJobs::open(template, input, rules, rule)?;
        Ok(Self::new(Supply::Blocks(Box::new(jobs)), None))
    }

    /// Opens a job file, whose format is detected from its extension or its first bytes.
    ///
    /// A regular file is read through once before, so that a bad line is an error before anything
    /// starts; only an error in a line that is appended later is reported when that line is reached.
    /// Anything else (a FIFO, `/dev/stdin`) is a stream; opening it may wait for a writer.
    pub(crate) fn file(
        path: &Path,
        separator: Separator,
        rule: &ShellRule,
    ) -> Result<Self, SourceError> {
        let label: Arc<str> = path.display().to_string().into();
        let opened = open::open(path, "job file")?;
        let named = named(path, &label)?;
        let read = |input| JobFile::new(Arc::clone(&label), named, separator, input, rule.clone());
        let file = match opened {
            Opened::Regular(file) => file,
            Opened::Stream(file) => {
                let file = read(Box::new(file));
                return Ok(Self::new(Supply::Stream(file), None));
            }
        };
        let mut names = UniqueNames::default();
        let total = checked(read(Box::new(file.clone())), &mut names)?;
        names.clear();
        let mut source = Self::new(Supply::Regular(read(Box::new(file))), Some(total));
        source.names = names;
        Ok(source)
    }

    /// Reads standard input as a job file. If it is a file, the format is detected from that file's name.
    pub(crate) fn stdin(separator: Separator, rule: &ShellRule) -> Result<Self, SourceError> {
        let named = named(Path::new("/dev/stdin"), &"stdin".into())?;
        let input = open::stdin("job file")?;
        Ok(Self::stream(named, Box::new(input), separator, rule))
    }

    /// Returns a source of an open stream, named `stdin` in messages; `named` is its format if known.
    pub(crate) fn stream(
        named: Option<Format>,
        input: Box<dyn Read + Send>,
        separator: Separator,
        rule: &ShellRule,
    ) -> Self {
        let file = JobFile::new("stdin".into(), named, separator, input, rule.clone());
        Self::new(Supply::Stream(file), None)
    }

    /// Returns a source of the same jobs in random order, the same for the same seed. They are read to
    /// the end before the first of them is returned, and kept in memory.
    pub(crate) fn shuffled(self, seed: u64) -> Self {
        let total = self.total;
        Self::new(Supply::Shuffled(Box::new(Shuffled::new(self, seed))), total)
    }

    /// Returns a source from which nothing was read.
    fn new(supply: Supply, total: Option<u64>) -> Self {
        Self {
            supply,
            names: UniqueNames::default(),
            total,
            ended: false,
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

    /// Whether `next` may block, so that it needs a thread of its own.
    pub(crate) fn may_block(&self) -> bool {
        match &self.supply {
            // A block of a file is found by reading it, too.
            Supply::Stream(_) | Supply::Blocks(_) => true,
            Supply::Inputs(inputs) => inputs.may_block(),
            Supply::Rows(rows) => rows.may_block(),
            Supply::Shuffled(jobs) => jobs.source().is_some_and(Self::may_block),
            Supply::Typed(_) | Supply::Regular(_) => false,
        }
    }

    /// Whether the next entry is buffered, so that `next` does not block; false if in doubt.
    pub(crate) fn buffered(&self) -> bool {
        match &self.supply {
            Supply::Stream(file) => self.ended || file.buffered(),
            Supply::Inputs(inputs) => self.ended || inputs.buffered(),
            Supply::Rows(rows) => self.ended || rows.buffered(),
            Supply::Shuffled(jobs) => self.ended || jobs.source().is_none(),
            Supply::Typed(_) | Supply::Regular(_) => true,
            Supply::Blocks(_) => self.ended,
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
            Supply::Typed(jobs) => jobs.next().map(|job| Ok(Entry::Job(job))),
            Supply::Shuffled(jobs) => jobs.next(),
            Supply::Inputs(jobs) => jobs.next().map(|entry| entry.map_err(SourceError::from)),
            Supply::Rows(jobs) => jobs.next().map(|entry| entry.map_err(SourceError::from)),
            Supply::Blocks(jobs) => {
                let job = jobs.next_job().map_err(SourceError::from).transpose();
                job.map(|job| job.map(Entry::Job))
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
            // The names of a template are as unique as its values.
            Supply::Inputs(_) => entry,
            _ => with_name(&mut self.names, entry),
        });
        self.ended = !matches!(entry, Some(Ok(_)));
        entry
    }
}

/// Reads a whole file and counts its jobs; returns the first error.
fn checked(file: JobFile, names: &mut UniqueNames) -> Result<u64, SourceError> {
    let mut jobs = 0;
    for entry in file {
        let entry = entry.map_err(SourceError::from);
        if let Entry::Job(_) = with_name(names, entry)? {
            jobs += 1;
        }
    }
    Ok(jobs)
}

/// Returns the entry if its name is unique.
fn with_name(
    names: &mut UniqueNames,
    entry: Result<Entry, SourceError>,
) -> Result<Entry, SourceError> {
    let entry = entry?;
    if let Entry::Job(job) = &entry {
        check_name(names, job)?;
    }
    Ok(entry)
}

/// Rejects a name that an earlier job has.
fn check_name(names: &mut UniqueNames, job: &Job) -> Result<(), SourceError> {
    match &job.name {
        Some(name) if !names.take(name) => Err(SourceError::Name(job.origin.clone(), name.clone())),
        _ => Ok(()),
    }
}

/// Returns the format that the name of a file implies, if any.
fn named(path: &Path, label: &Arc<str>) -> Result<Option<Format>, SourceError> {
    let name = open::name(path);
    let foreign = |foreign| SourceError::Foreign(Arc::clone(label), foreign);
    name.map_or(Ok(None), |name| by_name(&name).map_err(foreign))
}

#[cfg(test)]
mod tests;
