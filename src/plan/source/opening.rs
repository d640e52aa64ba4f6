//! Opens sources: what the command line names becomes a [`Source`], checked as far as it can be.

use std::ffi::OsString;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use super::checked::{Checked, check_name, suggest};
use super::error::SourceError;
use super::{GivenEntries, Source, Supply};
use crate::plan::arguments::{Arguments, Rules, ValueSource};
use crate::plan::blocks::{BlockInput, BlockJobs, BlockRules};
use crate::plan::command::ShellRule;
use crate::plan::input::{Opened, Separator, open};
use crate::plan::job::Job;
use crate::plan::jobfile::{Entry, Format, JobFile, by_name};
use crate::plan::needs::{JobNames, dependence};
use crate::plan::rows::{RowJobs, RowJobsRules, RowSource};
use crate::plan::typed_commands;

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
        Ok(Self::known(Vec::new(), jobs))
    }

    /// Returns a source of jobs that are checked, after these warnings.
    pub(super) fn known(warnings: Vec<Entry>, jobs: Vec<Job>) -> Self {
        let has_needs = jobs.iter().any(|job| !job.needs().is_empty());
        let has_services = jobs.iter().any(|job| job.service().is_some());
        let dependent = jobs.iter().find_map(dependence);
        let total = Some(jobs.len() as u64);
        let mut entries = warnings;
        entries.extend(jobs.into_iter().map(Entry::Job));
        let mut source = Self::new(Supply::Listed(entries.into_iter()), total);
        source.has_needs = has_needs;
        source.has_services = has_services;
        source.dependent = dependent;
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

    /// Returns a source of the jobs of another run, which keep their numbers.
    pub(crate) fn given(entries: GivenEntries) -> Self {
        let total = entries.total;
        Self::new(Supply::Given(entries), total)
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
            return Ok(Self::known(Vec::new(), jobs));
        }
        let mut checked = Checked::default();
        if let Err(error) = checked.read(first, &label) {
            return Err(suggest(error, || read(Box::new(file))));
        }
        let mut source = Self::new(Supply::Regular(read(Box::new(file))), Some(checked.jobs));
        source.has_needs = !checked.graph.is_empty();
        source.has_services = checked.services > 0;
        source.names = checked.names;
        source.dependent = checked.dependent;
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
}

/// Returns the format that the name of a file implies, if any.
fn named(path: &Path, label: &Arc<str>) -> Result<Option<Format>, SourceError> {
    let name = open::name(path);
    let foreign = |foreign| SourceError::Foreign(Arc::clone(label), foreign);
    name.map_or(Ok(None), |name| by_name(&name).map_err(foreign))
}
