//! Makes jobs from a template and its values.

use std::ffi::OsString;
use std::sync::Arc;

use thiserror::Error;

use super::combine::{ArgumentSpace, Combine};
use super::linked::{LinkError, Linked, LinkedBy};
use super::values::{ValueError, ValueSource, Values};
use crate::plan::columns::{Columns, duplicate};
use crate::plan::command::ShellRule;
use crate::plan::input::Separator;
use crate::plan::invocation::Invocation;
use crate::plan::job::{Job, Origin};
use crate::plan::jobfile::Entry;
use crate::plan::template::{
    ForeignSyntaxError, JobName, JobNameError, KnownSlots, PlaceholderScope, Template,
    TemplateError, Width, check_foreign_syntax,
};

/// The words after the options, divided at each `:::`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TypedCommands {
    /// The words before the first `:::`.
    pub(crate) words: Vec<OsString>,
    /// The list after each `:::` or `:::+`.
    pub(crate) lists: Vec<TypedList>,
}

/// The words after a `:::`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TypedList {
    pub(crate) values: Vec<OsString>,
    /// After `:::+`: combined one to one with the source before it.
    pub(crate) is_joined: bool,
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
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    /// What separates the values of a file.
    pub(crate) separator: Separator,
    /// Which fields each of them has.
    pub(crate) columns: Columns,
    /// Whether sources are linked, instead of making every combination.
    pub(crate) link: bool,
    /// Several values per job.
    pub(crate) batch: Option<BatchSize>,
    /// The limit for a program's arguments in bytes; used for several values per job.
    pub(crate) argument_bytes: usize,
    /// The number of slots over which the values are spread.
    pub(crate) slots: usize,
    /// What a template may say of the slot of a job.
    pub(crate) known_slots: KnownSlots,
    /// The template of the jobs' names.
    pub(crate) name: Option<OsString>,
}

/// Why the arguments make no jobs.
#[derive(Debug, Error)]
pub(crate) enum ArgumentsError {
    /// The template is wrong.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// Another program would read the template differently.
    #[error(transparent)]
    Foreign(#[from] ForeignSyntaxError),
    /// The template of the names is wrong.
    #[error(transparent)]
    Name(#[from] JobNameError),
    /// A source of values is wrong.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// The sources cannot be linked.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// A template that does not fit the columns of a file.
    #[error("{0}: {1}")]
    Columns(Origin, TemplateError),
    /// Two sources have columns of the same name.
    #[error("two sources have a column named `{0}`: every name must be unique")]
    SameName(String),
    /// Batches of records with columns.
    #[error("-N cannot be used with columns or --header: each job gets the fields of one record")]
    BatchOfColumns,
    /// No source before `:::+`.
    #[error("`:::+` combines a list with the source before it: write `:::` before the first list")]
    JoinsNothing,
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
            Some(marker @ (":::" | ":::+")) => {
                divided.lists.push(TypedList {
                    values: Vec::new(),
                    is_joined: marker == ":::+",
                });
                continue;
            }
            _ => {
                match divided.lists.last_mut() {
                    Some(list) => list.values.push(word),
                    None => divided.words.push(word),
                }
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
    /// `None` if a source without a record does not tell which columns there are: then there is no job.
    template: Option<Arc<Template>>,
    name: Option<JobName>,
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
        rules: &Rules,
        rule: &ShellRule,
    ) -> Result<Self, ArgumentsError> {
        let batch = match rules.batch {
            Some(_) if sources.len() > 1 => {
                return Err(ArgumentsError::BatchOfSeveral(sources.len()));
            }
            Some(_) if rules.columns != Columns::default() => {
                return Err(ArgumentsError::BatchOfColumns);
            }
            batch => batch,
        };
        let joined: Vec<bool> = sources.iter().map(ValueSource::is_joined).collect();
        let mut opened = Vec::with_capacity(sources.len());
        for source in sources {
            opened.push(Values::open(source, rules.separator, &rules.columns)?);
        }
        let width = match batch {
            None => opened
                .iter()
                .map(Values::width)
                .sum::<Option<usize>>()
                .map(Width::Sources),
            Some(BatchSize::Number(number)) => Some(Width::Batch(Some(number))),
            Some(BatchSize::Most) => Some(Width::Batch(None)),
        };
        let (template, name) = match width {
            Some(width) => {
                let (template, name) = parse(template, width, &opened, rules, rule)?;
                (Some(Arc::new(template)), name)
            }
            None => (None, None),
        };
        let combine = match (batch, &template, opened.pop()) {
            (Some(size), Some(template), Some(values)) => {
                let (fixed, times) = template.cost();
                let bytes = rules.argument_bytes.saturating_sub(fixed);
                let size = match size {
                    BatchSize::Number(number) => Some(number),
                    BatchSize::Most => None,
                };
                Combine::batch(values, size, ArgumentSpace { bytes, times }, rules.slots)
            }
            (_, _, last) => {
                opened.extend(last);
                Combine::product(linked(opened, &joined, rules.link)?)
            }
        };
        Ok(Self {
            template,
            name,
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
    fn job(&mut self, args: Vec<OsString>) -> Option<Job> {
        let template = self.template.as_ref()?;
        self.count += 1;
        let origin = Origin {
            source: Arc::clone(&self.label),
            line: self.count,
        };
        let invocation = Invocation::Template(Arc::clone(template));
        let name = self.name.as_ref();
        let name = name.and_then(|name| name.fill(&args, self.count));
        Some(Job {
            args,
            ..Job::new(origin, name, invocation)
        })
    }
}

/// Parses the template for values of these sources.
fn parse(
    template: &[OsString],
    width: Width,
    sources: &[Values],
    rules: &Rules,
    rule: &ShellRule,
) -> Result<(Template, Option<JobName>), ArgumentsError> {
    let names: Vec<OsString> = sources.iter().flat_map(Values::names).cloned().collect();
    if let Some(name) = duplicate(&names) {
        let name = name.to_string_lossy().escape_debug().to_string();
        return Err(ArgumentsError::SameName(name));
    }
    let scope = PlaceholderScope {
        width,
        names: &names,
        slots: rules.known_slots,
    };
    let has_columns = rules.columns != Columns::default();
    check_foreign_syntax(template, scope, rule)?;
    let name = rules.name.as_deref();
    let name = name.map(|name| JobName::parse(name, scope)).transpose()?;
    let template = Template::new(template, scope, rule).map_err(|error| {
        let is_placeholder = has_columns && matches!(error, TemplateError::Placeholder(_));
        match sources
            .iter()
            .find_map(Values::first)
            .filter(|_| is_placeholder)
        {
            Some(origin) => ArgumentsError::Columns(origin, error),
            None => error.into(),
        }
    });
    Ok((template?, name))
}

/// Groups sources: those that are combined one to one are one source of the product.
fn linked(
    sources: Vec<Values>,
    joined: &[bool],
    link_all: bool,
) -> Result<Vec<Linked>, ArgumentsError> {
    if link_all {
        return Ok(vec![Linked::new(sources, 1, LinkedBy::Option)?]);
    }
    let mut groups: Vec<(usize, Vec<Values>)> = Vec::new();
    for (index, (values, is_joined)) in sources.into_iter().zip(joined).enumerate() {
        match groups.last_mut() {
            Some((_, group)) if *is_joined => group.push(values),
            None if *is_joined => return Err(ArgumentsError::JoinsNothing),
            _ => groups.push((index + 1, vec![values])),
        }
    }
    let linked = |(number, group)| Ok(Linked::new(group, number, LinkedBy::Marker)?);
    groups.into_iter().map(linked).collect()
}

impl Iterator for Arguments {
    type Item = Result<Entry, ArgumentsError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.pending.is_none() {
            self.pending = match self.combine.next() {
                Some(Ok(args)) => self.job(args),
                Some(Err(error)) => return Some(Err(error.into())),
                None => None,
            };
        }
        let warning = self.combine.warning().map(Entry::Warning);
        let entry = warning.or_else(|| self.pending.take().map(Entry::Job));
        entry.map(Ok)
    }
}
