//! `--pipe`: the blocks of an input instead of arguments.

use std::num::NonZeroU64;

use crate::cli::args::{Args, Jobs, JsonMode};
use crate::plan::{BatchSize, BlockInput, BlockLimit, BlockRules, SeparatorError, parse_separator};

/// The size of a block.
const DEFAULT_SIZE: u64 = 1 << 20;

/// Options that do not go with blocks, or blocks without `--pipe`.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BlocksError {
    #[error("{0} needs --pipe, which cuts the input into blocks: prun --pipe {0} … COMMAND")]
    NoPipe(&'static str),
    #[error("--pipe needs a command that reads the blocks: … | prun --pipe 'sort | uniq -c'")]
    NoTemplate,
    #[error("--pipe cannot be used with `:::`: a job has a block as its input, and no arguments")]
    Arguments,
    #[error("--pipe cannot be used with -f: the jobs are the blocks of one input")]
    JobFile,
    #[error(
        "--pipe cannot be used with several -a: one input is cut into blocks: cat FILE... | prun --pipe"
    )]
    SeveralInputs,
    #[error("--pipe cannot be used with --link: it combines arguments, and a job has none")]
    Link,
    #[error("--pipe cannot be used with --csv, --tsv or --colsep: a block is passed on as it is")]
    Columns,
    #[error("--pipe cannot be used with --shuf: blocks are read one after the other")]
    Shuffled,
    #[error(
        "--pipe cannot be used with --tty: a job's standard input is its block, not the terminal"
    )]
    Tty,
    #[error(
        "--pipe cannot be used with -N max: say how many records a block has, or its size with --block"
    )]
    MostRecords,
    #[error("--recstart: {0}")]
    Start(SeparatorError),
    #[error("--recend: {0}")]
    End(SeparatorError),
    #[error("--round-robin cannot be used with --retries: a job cannot read its blocks again")]
    Retries,
    #[error(
        "--round-robin cannot be used with --resume: which job gets a block differs from run to run"
    )]
    Resume,
    #[error(
        "--round-robin cannot be used with -n --json: which job gets a block is known only when they run"
    )]
    DryRun,
    #[error("--round-robin needs a number of jobs: -j N")]
    NoLimit,
    #[error(
        "standard input is a terminal: pipe the records into prun --pipe, or name a file with -a FILE"
    )]
    Terminal,
}

/// Returns what is cut into blocks, or `None` without `--pipe`.
pub(crate) fn input(
    args: &Args,
    has_lists: bool,
    has_words: bool,
    stdin_is_terminal: bool,
) -> Result<Option<BlockInput>, BlocksError> {
    let blocks = &args.blocks;
    if !blocks.pipe {
        let named = [
            ("--block", blocks.block.is_some()),
            ("--recstart", blocks.recstart.is_some()),
            ("--recend", blocks.recend.is_some()),
            ("--round-robin", blocks.round_robin),
        ];
        let first = named.into_iter().find(|(_, is_given)| *is_given);
        return first.map_or(Ok(None), |(option, _)| Err(BlocksError::NoPipe(option)));
    }
    let columns = &args.columns;
    let wrong = [
        (args.file.is_some(), BlocksError::JobFile),
        (has_lists, BlocksError::Arguments),
        (args.link, BlocksError::Link),
        (
            columns.csv || columns.tsv || columns.colsep.is_some(),
            BlocksError::Columns,
        ),
        (args.shuf.is_some(), BlocksError::Shuffled),
        (args.tty, BlocksError::Tty),
        (args.arg_files.len() > 1, BlocksError::SeveralInputs),
        (
            args.max_args == Some(BatchSize::Most),
            BlocksError::MostRecords,
        ),
        (!has_words, BlocksError::NoTemplate),
        (blocks.round_robin && args.retries > 0, BlocksError::Retries),
        (blocks.round_robin && args.resume, BlocksError::Resume),
        (
            blocks.round_robin && args.dry_run && args.json == Some(JsonMode::Jobs),
            BlocksError::DryRun,
        ),
    ];
    if let Some((_, error)) = wrong.into_iter().find(|(is_wrong, _)| *is_wrong) {
        return Err(error);
    }
    match args.arg_files.first() {
        Some(file) if file.as_os_str() != "-" => Ok(Some(BlockInput::File(file.clone()))),
        _ if stdin_is_terminal => Err(BlocksError::Terminal),
        _ => Ok(Some(BlockInput::Stdin)),
    }
}

/// Returns how the input is cut. `jobs`: how many run at once.
pub(crate) fn rules(
    args: &Args,
    jobs: Option<usize>,
    has_slot_values: bool,
) -> Result<BlockRules, BlocksError> {
    let blocks = &args.blocks;
    let parsed = |text: &Option<_>| text.as_deref().map(parse_separator).transpose();
    let start = parsed(&blocks.recstart).map_err(BlocksError::Start)?;
    let end = match parsed(&blocks.recend).map_err(BlocksError::End)? {
        _ if args.null => b"\0".to_vec(),
        Some(end) => end,
        None if start.is_some() => Vec::new(),
        None => b"\n".to_vec(),
    };
    let shared_by = match blocks.round_robin {
        true if args.jobs == Some(Jobs::Number(0)) => return Err(BlocksError::NoLimit),
        true => Some(jobs.ok_or(BlocksError::NoLimit)?),
        false => None,
    };
    Ok(BlockRules {
        start: start.unwrap_or_default(),
        end,
        limit: match args.max_args {
            Some(BatchSize::Number(records)) => BlockLimit::Records(records as u64),
            Some(BatchSize::Most) | None => BlockLimit::Bytes(blocks.block.unwrap_or(DEFAULT_SIZE)),
        },
        header_records: args
            .columns
            .header
            .map_or(0, |records| records.map_or(1, NonZeroU64::get)),
        has_digests: args.joblog.is_some() && !args.blocks.round_robin,
        has_slot_values,
        shared_by,
    })
}
