//! The form of a command line, determined by its syntax alone, and the source of jobs that it names.

use std::ffi::OsString;
use std::num::{NonZeroU64, NonZeroUsize};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::blocks;
use super::blocks::BlocksError;
use crate::cli::args::{Args, ColumnArgs, GnuArgs, is_option};
use crate::cli::gnu;
use crate::cli::misunderstanding::Misunderstanding;
use crate::plan::{
    ArgumentsError, BlockInput, ColumnFormat, Columns, KnownSlots, Rules, Selection, Separator,
    ShellRule, Source, SourceError, TypedCommands, TypedList, ValueSource, divide, has_placeholder,
};

/// The input that a command line names.
pub(crate) enum Input {
    /// Command lines.
    Commands(Vec<OsString>),
    /// Command lines after `:::`.
    Listed(Vec<OsString>),
    /// A job file.
    File(PathBuf),
    /// Standard input as a job file.
    Stdin,
    /// A command, and the sources of its arguments.
    Template(Vec<OsString>, Vec<ValueOrigin>),
    /// A command, once for each block of an input.
    Blocks(Vec<OsString>, BlockInput),
    /// A command with a placeholder, and no source: once for each line of standard input.
    Lines(Vec<OsString>),
    /// A command line of GNU parallel.
    Gnu(Box<GnuArgs>),
}

/// A source of arguments.
pub(crate) enum ValueOrigin {
    List(TypedList),
    File(PathBuf),
    Stdin,
}

/// A command line with conflicting or missing parts.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InputError {
    #[error("-f cannot be used with commands: put the commands into the file, or omit -f")]
    FileAndCommands,
    #[error("-f cannot be used with -a: -f names a file of commands, -a a file of arguments")]
    FileAndArguments,
    #[error("{0} needs arguments: add `::: ARG...` after the command or -a FILE before it")]
    NoArguments(&'static str),
    #[error(
        "{0} without a command: write the command before the first `:::`: prun gzip {{}} ::: *.log"
    )]
    NoTemplate(&'static str),
    #[error("`-a -` can be given only once: there is one standard input")]
    StdinTwice,
    #[error(
        "{0} is for files of arguments: add -a FILE before the command (`-a -` reads standard input)"
    )]
    ColumnsOfLists(&'static str),
    #[error("--header={0} needs --pipe: for columns --header has no number")]
    HeaderNumber(NonZeroU64),
    #[error("--header has no value: remove the `:`")]
    HeaderValue,
    #[error(transparent)]
    Gnu(#[from] gnu::GnuSourceError),
    #[error(transparent)]
    Blocks(#[from] BlocksError),
    #[error(transparent)]
    Inputs(#[from] ArgumentsError),
    #[error(transparent)]
    Source(#[from] SourceError),
}

impl Input {
    /// Returns the input, or `None` if there is none and standard input is a terminal.
    pub(crate) fn of(args: &Args, stdin_is_terminal: bool) -> Result<Option<Self>, InputError> {
        if let Some(gnu) = &args.gnu {
            return Ok(Some(Self::Gnu(gnu.clone())));
        }
        let first = args.commands.first().and_then(|word| word.to_str());
        if let Some(Some(number)) = args.columns.header
            && !args.blocks.pipe
        {
            return Err(InputError::HeaderNumber(number));
        }
        if args.columns.header.is_some() && first == Some(":") {
            return Err(InputError::HeaderValue);
        }
        let TypedCommands { words, lists } = divide(args.commands.clone())?;
        let (has_lists, has_words) = (!lists.is_empty(), !words.is_empty());
        if let Some(input) = blocks::input(args, has_lists, has_words, stdin_is_terminal)? {
            return Ok(Some(Self::Blocks(words, input)));
        }
        if let Some(file) = &args.file {
            return match (
                words.is_empty() && lists.is_empty(),
                args.arg_files.is_empty(),
            ) {
                (false, _) => Err(InputError::FileAndCommands),
                (_, false) => Err(InputError::FileAndArguments),
                _ => Self::only_jobs(args, Self::file(file)).map(Some),
            };
        }
        let files = args.arg_files.iter().map(|file| match is_stdin(file) {
            true => ValueOrigin::Stdin,
            false => ValueOrigin::File(file.clone()),
        });
        let mut sources: Vec<ValueOrigin> = files
            .chain(lists.into_iter().map(ValueOrigin::List))
            .collect();
        let is_stdin_source = |values: &&ValueOrigin| matches!(values, ValueOrigin::Stdin);
        if sources.iter().filter(is_stdin_source).count() > 1 {
            return Err(InputError::StdinTwice);
        }
        if let Some(option) = columns_by(args)
            && !sources.is_empty()
            && sources
                .iter()
                .all(|source| matches!(source, ValueOrigin::List(_)))
        {
            return Err(InputError::ColumnsOfLists(option));
        }
        match (words.is_empty(), sources.len()) {
            (false, 0) if !stdin_is_terminal && takes_lines(args, &words) => {
                Ok(Some(Self::Lines(words)))
            }
            (false, 0) => Self::only_jobs(args, Self::Commands(words)).map(Some),
            (false, _) => Ok(Some(Self::Template(words, sources))),
            (true, 0) if stdin_is_terminal => Ok(None),
            (true, 0) => Self::only_jobs(args, Self::Stdin).map(Some),
            (true, 1) => match combined_by(args).or(joined_by(&sources)) {
                Some(option) => Err(InputError::NoTemplate(option)),
                None => Ok(sources.pop().map(Self::without_template)),
            },
            (true, _) => Err(InputError::NoTemplate("several sources of arguments")),
        }
    }

    /// Returns the input of a run whose jobs were read by another prun.
    pub(crate) fn none() -> Self {
        Self::Listed(Vec::new())
    }

    fn file(file: &Path) -> Self {
        match is_stdin(file) {
            true => Self::Stdin,
            false => Self::File(file.to_owned()),
        }
    }

    /// Without a template, arguments are command lines.
    fn without_template(values: ValueOrigin) -> Self {
        match values {
            ValueOrigin::List(list) => Self::Listed(list.values),
            ValueOrigin::File(file) => Self::File(file),
            ValueOrigin::Stdin => Self::Stdin,
        }
    }

    /// Rejects options that apply to arguments only.
    fn only_jobs(args: &Args, input: Self) -> Result<Self, InputError> {
        match combined_by(args) {
            Some(option) => Err(InputError::NoArguments(option)),
            None => Ok(input),
        }
    }

    /// Whether the command lines are arguments of prun.
    pub(crate) fn is_typed(&self) -> bool {
        matches!(self, Self::Commands(_))
    }

    /// Returns what may have to be said about it after the run.
    pub(crate) fn misunderstanding(&self) -> Misunderstanding {
        match self {
            Self::Commands(words) => Misunderstanding::OfCommands(words.clone()),
            Self::Lines(_) => Misunderstanding::OfLines,
            Self::Listed(_)
            | Self::File(_)
            | Self::Stdin
            | Self::Template(..)
            | Self::Gnu(_)
            | Self::Blocks(..) => Misunderstanding::None,
        }
    }

    /// Opens the source of jobs.
    pub(crate) fn open(
        self,
        args: &Args,
        jobs: Option<NonZeroUsize>,
        rules: Rules,
        rule: &ShellRule,
    ) -> Result<Source, InputError> {
        let records = rules.separator;
        let source = match self {
            Self::Commands(commands) => Source::commands(commands, rule, is_option)?,
            Self::Listed(lines) => Source::listed(&lines, rule)?,
            Self::File(file) => Source::file(&file, records, rule)?,
            Self::Stdin => Source::stdin(records, rule)?,
            Self::Gnu(gnu) => gnu::open(*gnu, rules.slots, rule)?,
            Self::Template(template, values) => {
                let sources = values.into_iter().map(|values| match values {
                    ValueOrigin::List(list) => match list.is_joined {
                        true => ValueSource::Joined(list.values),
                        false => ValueSource::List(list.values),
                    },
                    ValueOrigin::File(file) => ValueSource::File(file),
                    ValueOrigin::Stdin => ValueSource::Stdin,
                });
                Source::inputs(&template, sources.collect(), rules, rule)?
            }
            Self::Blocks(template, input) => {
                let cut = blocks::rules(
                    args,
                    jobs.map(NonZeroUsize::get),
                    rules.known_slots == KnownSlots::Values,
                )?;
                Source::blocks(&template, &input, cut, rule)?
            }
            Self::Lines(template) => {
                Source::inputs(&template, vec![ValueSource::Stdin], rules, rule)?
            }
        };
        let selection = Selection {
            only: args.selection.only.clone(),
            skip: args.selection.skip.clone(),
        };
        Ok(source.selected(&selection)?)
    }
}

/// Returns what separates the items of an input file.
pub(crate) fn separator(args: &Args) -> Separator {
    match args.null {
        true => Separator::Null,
        false => Separator::Newline,
    }
}

/// Returns the option that combines arguments, if one is given.
fn combined_by(args: &Args) -> Option<&'static str> {
    match args {
        Args { link: true, .. } => Some("--link"),
        Args {
            max_args: Some(_), ..
        } => Some("-N"),
        _ if args.columns.header.is_some() => Some("--header"),
        Args {
            name: Some(name), ..
        } if !name.is_empty() => Some("--name"),
        _ => columns_by(args),
    }
}

/// Returns the option that gives arguments columns, if there is one.
fn columns_by(args: &Args) -> Option<&'static str> {
    match &args.columns {
        ColumnArgs { csv: true, .. } => Some("--csv"),
        ColumnArgs { tsv: true, .. } => Some("--tsv"),
        ColumnArgs {
            colsep: Some(_), ..
        } => Some("--colsep"),
        _ => None,
    }
}

/// Returns the marker that joins a source to another, if there is one.
fn joined_by(sources: &[ValueOrigin]) -> Option<&'static str> {
    let is_joined =
        |source: &ValueOrigin| matches!(source, ValueOrigin::List(list) if list.is_joined);
    sources.iter().any(is_joined).then_some("`:::+`")
}

/// Returns which fields each argument of a file has.
pub(crate) fn columns(args: &Args) -> Columns {
    let format = match (args.columns.csv, args.columns.tsv) {
        (true, _) => Some(ColumnFormat::Csv),
        (_, true) => Some(ColumnFormat::tsv()),
        _ => args.columns.colsep.clone(),
    };
    Columns {
        format,
        has_header: args.columns.header.is_some(),
    }
}

/// Whether words without a source of arguments are a command for the lines of standard input: one of
/// them has a placeholder, or -N is given. Several command lines are no such command.
fn takes_lines(args: &Args, words: &[OsString]) -> bool {
    let is_line = |word: &OsString| word.as_bytes().iter().any(|byte| b" \t\n".contains(byte));
    let are_lines = words.len() > 1 && words.first().is_some_and(is_line);
    let has_placeholder = || words.iter().any(|word| has_placeholder(word));
    let has_records = args.columns.header.is_some() || columns_by(args).is_some();
    !are_lines && (args.max_args.is_some() || has_records || has_placeholder())
}

fn is_stdin(file: &Path) -> bool {
    file.as_os_str() == "-"
}
