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
use super::needs::{
    Graph, JobNames, NeedsError, NeedsFault, Selection, SelectionError, resolve,
};
use super::rows::{RowJobs, RowJobsError, RowJobsRules, RowSource};
use super::shuffled::Shuffled;
use super::suggestion::nearest;
use super::typed_commands;
use super::typed_commands::TypedCommandsError;

/// A stream of jobs. It ends after its first error.
pub(crate) struct Source {
    supply: Supply,
    names: JobNames,
    /// How many jobs were read.
    count: u64,
    /// Whether a job that is known needs another.
    has_needs: bool,
    total: Option<u64>,
    ended: bool,
}

/// Where the jobs come from.
enum Supply {
    /// Jobs that are all known, and checked: commands of the command line, or those of a document.
    Listed(std::vec::IntoIter<Job>),
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
    /// A job needs one that it cannot need.
    #[error(transparent)]
    Needs(#[from] NeedsError),
    /// There would be nobody to serve.
    #[error("{0}: all jobs are services, which end when all other jobs have ended: write a job that is none")]
    OnlyServices(Arc<str>),
    /// Jobs cannot be selected.
    #[error(transparent)]
    Selection(#[from] SelectionError),
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
        let mut names = JobNames::default();
        for (seq, job) in (1..).zip(&jobs) {
            check_name(&mut names, job, seq)?;
        }
        Ok(Self::known(jobs))
    }

    /// Returns a source of jobs that are checked.
    fn known(jobs: Vec<Job>) -> Self {
        let has_needs = jobs.iter().any(|job| !job.needs().is_empty());
        let total = Some(jobs.len() as u64);
        let mut source = Self::new(Supply::Listed(jobs.into_iter()), total);
        source.has_needs = has_needs;
        source
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
        let mut first = read(Box::new(file.clone()));
        if let Some(jobs) = first.document()? {
            return Ok(Self::known(jobs));
        }
        let mut checked = Checked::default();
        if let Err(error) = checked.read(first, &label) {
            return Err(suggest(error, || read(Box::new(file))));
        }
        let mut source = Self::new(Supply::Regular(read(Box::new(file))), Some(checked.jobs));
        source.has_needs = !checked.graph.is_empty();
        source.names = checked.names;
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

    /// Returns a source of some of the jobs. They are read to the end here, and kept in memory.
    pub(crate) fn selected(self, selection: &Selection) -> Result<Self, SourceError> {
        let Some(option) = selection.option() else {
            return Ok(self);
        };
        if !matches!(self.supply, Supply::Listed(_) | Supply::Regular(_)) {
            return Err(SelectionError::NoFile(option).into());
        }
        let mut jobs = Vec::new();
        for entry in self {
            // Its only warning is about line endings.
            if let Entry::Job(job) = entry? {
                jobs.push(job);
            }
        }
        Ok(Self::known(selection.of(jobs)?))
    }

    /// Returns a source from which nothing was read.
    fn new(supply: Supply, total: Option<u64>) -> Self {
        Self {
            supply,
            names: JobNames::default(),
            count: 0,
            has_needs: false,
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

    /// Whether a job needs another, if all jobs are known; those of a document are when the first was read.
    pub(crate) fn has_needs(&self) -> bool {
        match &self.supply {
            Supply::Stream(file) => file.has_needs(),
            Supply::Shuffled(jobs) => jobs.has_needs(),
            _ => self.has_needs,
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
            Supply::Listed(jobs) => jobs.next().map(|job| Ok(Entry::Job(job))),
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
            // The names of a template are as unique as its values. Others were checked before.
            Supply::Inputs(_) | Supply::Listed(_) | Supply::Shuffled(_) => entry,
            _ => self.checked(entry?),
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

/// What is known of a job file that was read once.
#[derive(Default)]
struct Checked {
    jobs: u64,
    services: u64,
    names: JobNames,
    graph: Graph,
}

impl Checked {
    /// Reads a whole file; returns the first error.
    fn read(&mut self, file: JobFile, label: &Arc<str>) -> Result<(), SourceError> {
        for entry in file {
            if let Entry::Job(job) = entry? {
                self.jobs += 1;
                self.services += u64::from(job.service().is_some());
                check_name(&mut self.names, &job, self.jobs)?;
                self.graph.add(&job, self.jobs);
            }
        }
        self.graph.check(&self.names)?;
        match self.jobs > 0 && self.services == self.jobs {
            true => Err(SourceError::OnlyServices(Arc::clone(label))),
            false => Ok(()),
        }
    }
}

/// Adds to the error for an unknown name the nearest name of the file, which is read again for it.
fn suggest(mut error: SourceError, file: impl FnOnce() -> JobFile) -> SourceError {
    if let SourceError::Needs(NeedsError {
        fault: NeedsFault::Unknown(name, near),
        ..
    }) = &mut error
    {
        let names: Vec<String> = file()
            .filter_map(|entry| match entry {
                Ok(Entry::Job(job)) => job.name,
                _ => None,
            })
            .collect();
        *near = nearest(name, names.iter().map(String::as_str)).map(str::to_owned);
    }
    error
}

/// Rejects a name that another job has.
fn check_name(names: &mut JobNames, job: &Job, seq: u64) -> Result<(), SourceError> {
    match &job.name {
        Some(name) if !names.take(name, seq) => {
            Err(SourceError::Name(job.origin.clone(), name.clone()))
        }
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
