//! Makes jobs from a template and its values.

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
use crate::plan::template::{PlaceholderScope, Template, TemplateError, Width};

/// The words after the options, divided at each `:::`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TypedCommands {
    /// The words before the first `:::`.
    pub(crate) words: Vec<OsString>,
    /// The list after each `:::`.
    pub(crate) lists: Vec<Vec<OsString>>,
}

/// How many values each job gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BatchSize {
    /// A fixed number.
    Number(usize),
    /// As many as the system's limits allow.
    Most,
}

/// How values become jobs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// What separates the values of a file.
    pub(crate) separator: Separator,
    /// Whether sources are linked, instead of making every combination.
    pub(crate) link: bool,
    /// Several values per job.
    pub(crate) batch: Option<BatchSize>,
    /// The limit for a program's arguments in bytes; used for several values per job.
    pub(crate) argument_bytes: usize,
    /// The number of slots over which the values are spread.
    pub(crate) slots: usize,
    /// Whether the slots have values, which `{slot}` inserts.
    pub(crate) has_slot_values: bool,
}

/// Why the arguments make no jobs.
#[derive(Debug, Error)]
pub(crate) enum ArgumentsError {
    /// The template is wrong.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// A source of values is wrong.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// The sources cannot be linked.
    #[error(transparent)]
    Combine(#[from] CombineError),
    /// A marker of GNU parallel.
    #[error("`{0}`: {1}")]
    Marker(String, &'static str),
    /// Batches of combinations.
    #[error(
        "-N needs exactly one source of values, but there are {0}: remove -N, or merge the sources"
    )]
    BatchOfSeveral(usize),
}

/// Divides the words at each `:::`; without `:::` there are no lists.
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
    /// A job that follows warnings about its values.
    pending: Option<Job>,
}

impl Arguments {
    /// Returns the jobs of `template`, one for each set of values. Errors in a list or a regular file
    /// are returned here.
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
        let scope = PlaceholderScope {
            width,
            names: &[],
            has_slot_values: rules.has_slot_values,
        };
        let template = Template::new(template, scope, rule)?;
        let mut opened = Vec::with_capacity(sources.len());
        for source in sources {
            opened.push(Values::open(source, rules.separator)?);
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
            pending: None,
        })
    }

    /// Returns the total number of jobs, if it is known beforehand.
    pub(crate) fn total(&self) -> Option<u64> {
        self.combine.total()
    }

    /// Whether `next` may block.
    pub(crate) fn may_block(&self) -> bool {
        self.combine.may_block()
    }

    /// Whether the next job is buffered, so that `next` does not block; false if in doubt.
    pub(crate) fn buffered(&self) -> bool {
        self.pending.is_some() || self.combine.buffered()
    }

    /// Returns the job of the next values.
    fn job(&mut self, args: Vec<OsString>) -> Job {
        self.count += 1;
        let origin = Origin {
            source: Arc::clone(&self.label),
            line: self.count,
        };
        let invocation = Invocation::Template(Arc::clone(&self.template));
        Job {
            args,
            ..Job::new(origin, None, invocation)
        }
    }
}

impl Iterator for Arguments {
    type Item = Result<Entry, ArgumentsError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.pending.is_none() {
            self.pending = match self.combine.next() {
                Some(Ok(args)) => Some(self.job(args)),
                Some(Err(error)) => return Some(Err(error.into())),
                None => None,
            };
        }
        let warning = self.combine.warning().map(Entry::Warning);
        let entry = warning.or_else(|| self.pending.take().map(Entry::Job));
        entry.map(Ok)
    }
}
