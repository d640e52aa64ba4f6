//! Templates and their values: from what was typed to jobs.

use std::ffi::OsString;
use std::sync::Arc;

use thiserror::Error;

use super::combine::{ArgumentSpace, Combine, CombineError};
use super::values::{ValueError, ValueSource, Values};
use crate::plan::command::ShellRule;
use crate::plan::input::Separator;
use crate::plan::invocation::Invocation;
use crate::plan::job::{Job, Origin};
use crate::plan::jobfile::Entry;
use crate::plan::template::Width;
use crate::plan::template::{Template, TemplateError};

/// What was typed behind the options, divided.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TypedCommands {
    /// The words before the first `:::`.
    pub(crate) words: Vec<OsString>,
    /// The lists behind each `:::`.
    pub(crate) lists: Vec<Vec<OsString>>,
}

/// How many values each job has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BatchSize {
    /// So many.
    Number(usize),
    /// As many as the system's limits allow.
    Most,
}

/// How values become jobs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// How the records of a file end.
    pub(crate) records: Separator,
    /// Whether sources go together instead of being combined.
    pub(crate) link: bool,
    /// Several values a job.
    pub(crate) batch: Option<BatchSize>,
    /// How many bytes of arguments a program may be given; for several values a job.
    pub(crate) argument_bytes: usize,
    /// Over how many jobs at once values are spread.
    pub(crate) slots: usize,
}

/// Why the inputs make no jobs.
#[derive(Debug, Error)]
pub(crate) enum ArgumentsError {
    /// The command is at fault.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A source is at fault.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// The sources do not go together.
    #[error(transparent)]
    Combine(#[from] CombineError),
    /// A marker of GNU parallel.
    #[error("`{0}`: {1}")]
    Marker(String, &'static str),
    /// Batches of combinations.
    #[error(
        "-N takes the values of one source, but there are {0}: leave -N out, or join the sources"
    )]
    BatchOfSeveral(usize),
}

/// Divides the words at each `:::`; no list at all where there is no `:::`.
pub(crate) fn divide(typed: Vec<OsString>) -> Result<TypedCommands, ArgumentsError> {
    let mut divided = TypedCommands {
        words: Vec::new(),
        lists: Vec::new(),
    };
    for word in typed {
        let hint = match word.to_str() {
            Some("::::" | "::::+") => {
                "to read arguments from a file, write -a FILE before the command"
            }
            Some(":::+") => "to link sources, write --link before the command and `:::` here",
            Some(":::") => {
                divided.lists.push(Vec::new());
                continue;
            }
            _ => {
                divided
                    .lists
                    .last_mut()
                    .unwrap_or(&mut divided.words)
                    .push(word);
                continue;
            }
        };
        return Err(ArgumentsError::Marker(
            word.to_string_lossy().into_owned(),
            hint,
        ));
    }
    Ok(divided)
}

/// The jobs of a template.
pub(crate) struct Arguments {
    template: Arc<Template>,
    combine: Combine,
    label: Arc<str>,
    count: u64,
    /// A job that waits behind warnings about its values.
    waiting: Option<Job>,
}

impl Arguments {
    /// The jobs of `template`, one for each set of values. What is wrong with a list or a regular
    /// file is an error here.
    pub(crate) fn new(
        template: &[OsString],
        sources: Vec<ValueSource>,
        rules: Rules,
        rule: &ShellRule,
    ) -> Result<Self, ArgumentsError> {
        let width = match rules.batch {
            None => Width::Sources(sources.len()),
            Some(_) if sources.len() > 1 => {
                return Err(ArgumentsError::BatchOfSeveral(sources.len()));
            }
            Some(BatchSize::Number(number)) => Width::Batch(Some(number)),
            Some(BatchSize::Most) => Width::Batch(None),
        };
        let template = Template::new(template, width, rule)?;
        let mut opened = Vec::with_capacity(sources.len());
        for source in sources {
            opened.push(Values::open(source, rules.records)?);
        }
        let combine = match (width, opened.pop()) {
            (Width::Batch(size), Some(values)) => {
                let (fixed, times) = template.cost();
                let bytes = rules.argument_bytes.saturating_sub(fixed);
                Combine::batch(values, size, ArgumentSpace { bytes, times }, rules.slots)
            }
            (_, last) => {
                opened.extend(last);
                match rules.link {
                    true => Combine::link(opened)?,
                    false => Combine::product(opened),
                }
            }
        };
        Ok(Self {
            template: Arc::new(template),
            combine,
            label: "arguments".into(),
            count: 0,
            waiting: None,
        })
    }

    /// How many jobs there are in all, where that is known beforehand.
    pub(crate) fn total(&self) -> Option<u64> {
        self.combine.total()
    }

    /// Whether `next` may wait for somebody else.
    pub(crate) fn may_block(&self) -> bool {
        self.combine.may_block()
    }

    /// Whether the next job is at hand. In doubt the answer is no.
    pub(crate) fn buffered(&self) -> bool {
        self.waiting.is_some() || self.combine.buffered()
    }

    /// The job of the next values.
    fn job(&mut self, args: Vec<OsString>) -> Job {
        self.count += 1;
        let origin = Origin {
            source: Arc::clone(&self.label),
            line: self.count,
        };
        let work = Invocation::Template(Arc::clone(&self.template));
        Job {
            args,
            ..Job::new(origin, None, work)
        }
    }
}

impl Iterator for Arguments {
    type Item = Result<Entry, ArgumentsError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.waiting.is_none() {
            self.waiting = match self.combine.next() {
                Some(Ok(args)) => Some(self.job(args)),
                Some(Err(error)) => return Some(Err(error.into())),
                None => None,
            };
        }
        let warning = self.combine.warning().map(Entry::Warning);
        let entry = warning.or_else(|| self.waiting.take().map(Entry::Job));
        entry.map(Ok)
    }
}
