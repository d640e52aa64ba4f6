//! The jobs of a command line of GNU parallel: its command for the arguments of each, or the arguments
//! as command lines.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::sync::Arc;

use thiserror::Error;

use super::rows::{RowRules, RowSource, Rows};
use crate::plan::arguments::{BatchSize, ValueError};
use crate::plan::command::{ShellRule, WordsError};
use crate::plan::invocation::{Invocation, parse_line};
use crate::plan::job::{Job, Origin};
use crate::plan::jobfile::Entry;
use crate::plan::replacement::{
    Insertion, ReplacementCommand, ReplacementError, ReplacementStrings, quote_as_parallel,
};

/// What runs, for which arguments.
pub(crate) struct RowJobsRules {
    pub(crate) command: Vec<OsString>,
    /// Whether no shell parses the words of the command.
    pub(crate) is_quoted: bool,
    pub(crate) strings: ReplacementStrings,
    pub(crate) rows: RowRules,
    /// Several arguments per job.
    pub(crate) batch: Option<BatchSize>,
    pub(crate) context: Insertion,
    /// How long the command line of a job with several may be.
    pub(crate) max_chars: usize,
    /// Over how many slots the last arguments are spread.
    pub(crate) spread: Option<usize>,
}

/// Why there are no more jobs.
#[derive(Debug, Error)]
pub(crate) enum RowJobsError {
    #[error(transparent)]
    Replacement(#[from] ReplacementError),
    #[error(transparent)]
    Value(#[from] ValueError),
    #[error("{origin}: {source}")]
    Line { origin: Origin, source: WordsError },
    /// Batches of combinations.
    #[error(
        "several arguments per job need one source without columns, but there are {0} or it has columns: use --link, or {{1}} {{2}}"
    )]
    Batch(usize),
}

/// The jobs.
pub(crate) struct RowJobs {
    rows: Rows,
    /// `None` if the arguments are command lines.
    command: Option<ReplacementCommand>,
    rule: ShellRule,
    batch: Option<Batch>,
    label: Arc<str>,
    count: u64,
    /// A job that follows warnings about its values.
    pending: Option<Job>,
}

/// How many arguments a job has.
struct Batch {
    most: usize,
    /// How long its command line may be, without what is the same in all jobs.
    chars: usize,
    /// How often each argument occurs, and the bytes around it.
    times: usize,
    around: usize,
    spread: Option<usize>,
    /// Read, but not used yet.
    left: VecDeque<OsString>,
}

impl RowJobs {
    /// Returns the jobs. Errors in the command, a list or a regular file are returned here.
    pub(crate) fn new(
        sources: Vec<RowSource>,
        rules: RowJobsRules,
        rule: &ShellRule,
    ) -> Result<Self, RowJobsError> {
        let rows = Rows::open(sources, &rules.rows)?;
        if rules.batch.is_some() && !rows.is_single() {
            return Err(RowJobsError::Batch(rows.sources()));
        }
        let mut strings = rules.strings;
        strings.name(
            rows.names()
                .iter()
                .map(|name| name.as_bytes().to_vec())
                .collect(),
        );
        let (command, batch) = match rules.command.as_slice() {
            [] => (None, None),
            words => {
                let (quoted, context) = (rules.is_quoted, rules.context);
                let mut command = ReplacementCommand::new(words, &strings, quoted, context, rule)?;
                command.set_total(rows.total().filter(|_| rules.batch.is_none()));
                // Checked before the first job starts.
                command.filled(if rows.is_plain() { rows.sources() } else { 1 })?;
                let batch = rules.batch.map(|size| {
                    let (fixed, times, around) = command.cost();
                    Batch {
                        most: match size {
                            BatchSize::Number(number) => number,
                            BatchSize::Most => usize::MAX,
                        },
                        chars: rules.max_chars.saturating_sub(fixed),
                        times,
                        around,
                        spread: rules.spread,
                        left: VecDeque::new(),
                    }
                });
                if let Some(Batch {
                    most: most @ 2..=64,
                    ..
                }) = &batch
                {
                    command.filled(*most)?;
                }
                (Some(command), batch)
            }
        };
        Ok(Self {
            rows,
            command,
            rule: rule.clone(),
            batch,
            label: "arguments".into(),
            count: 0,
            pending: None,
        })
    }

    /// Returns the names of the columns; none without a header.
    pub(crate) fn names(&self) -> &[OsString] {
        self.rows.names()
    }

    /// Returns the number of jobs, if it is known beforehand.
    pub(crate) fn total(&self) -> Option<u64> {
        let rows = self.rows.total()?;
        match &self.batch {
            None => Some(rows),
            Some(Batch {
                most: usize::MAX, ..
            }) => None,
            Some(Batch {
                spread: Some(_), ..
            }) => None,
            Some(batch) => Some(rows.div_ceil(batch.most as u64)),
        }
    }

    /// Whether `next` may block.
    pub(crate) fn may_block(&self) -> bool {
        self.rows.may_block()
    }

    /// Whether the next job is buffered, so that `next` does not block; false if in doubt.
    pub(crate) fn buffered(&self) -> bool {
        self.pending.is_some()
            || match &self.batch {
                None => self.rows.buffered(),
                Some(_) => !self.rows.may_block(),
            }
    }

    /// Returns the arguments of the next job.
    fn arguments(&mut self) -> Result<Option<Vec<OsString>>, RowJobsError> {
        match &mut self.batch {
            None => Ok(self.rows.next()?),
            Some(batch) => Ok(batch.next(&mut self.rows)?),
        }
    }

    fn job(&mut self) -> Result<Option<Job>, RowJobsError> {
        let Some(args) = self.arguments()? else {
            return Ok(None);
        };
        self.count += 1;
        let origin = Origin {
            source: Arc::clone(&self.label),
            line: self.count,
        };
        let invocation = match &mut self.command {
            Some(command) => Invocation::Replacement(command.filled(args.len())?),
            None => {
                let line = args.join(" ".as_ref()).into_vec();
                match line.trim_ascii() {
                    // A shell does nothing.
                    b"" => Invocation::Line {
                        line: OsString::new(),
                        direct: Some(vec!["true".into()]),
                        shell: None,
                    },
                    _ => parse_line(&line, &self.rule).map_err(|source| RowJobsError::Line {
                        origin: origin.clone(),
                        source,
                    })?,
                }
            }
        };
        Ok(Some(Job {
            args,
            ..Job::new(origin, None, invocation)
        }))
    }
}

impl Iterator for RowJobs {
    type Item = Result<Entry, RowJobsError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.pending.is_none() {
            match self.job() {
                Ok(job) => self.pending = job,
                Err(error) => return Some(Err(error)),
            }
        }
        let warning = self.rows.warning().map(Entry::Warning);
        let entry = warning.or_else(|| self.pending.take().map(Entry::Job));
        entry.map(Ok)
    }
}

impl Batch {
    fn next(&mut self, rows: &mut Rows) -> Result<Option<Vec<OsString>>, ValueError> {
        let mut batch = Vec::new();
        let mut chars = 0;
        while batch.len() < self.most {
            let value = match self.left.pop_front() {
                Some(value) => value,
                None => match rows.next()? {
                    Some(mut row) => row.swap_remove(0),
                    None => {
                        self.spread(&mut batch);
                        break;
                    }
                },
            };
            let quoted = quote_as_parallel(value.as_bytes()).len();
            chars += self.times * (quoted + 1) + self.around;
            // A single value is passed on even if it does not fit: its job reports the error.
            if chars > self.chars && !batch.is_empty() {
                self.left.push_front(value);
                break;
            }
            batch.push(value);
        }
        Ok((!batch.is_empty()).then_some(batch))
    }

    /// Spreads the last arguments evenly over the slots.
    fn spread(&mut self, batch: &mut Vec<OsString>) {
        if let Some(slots) = self.spread.take()
            && !batch.is_empty()
        {
            self.most = batch.len().div_ceil(slots.max(1));
            self.left.extend(batch.drain(self.most..));
        }
    }
}
