//! Opens the source of jobs that a command line of GNU parallel names.

use std::ffi::OsString;
use std::path::Path;

use crate::cli::args::{GnuArgs, GnuPipe, GnuResume, GnuSource, GnuValues};
use crate::plan::{
    BlockInput, BlockLimit, BlockRules, ReplacementCommand, ReplacementError, RowJobsRules,
    RowRules, RowSource, ShellRule, Source, SourceError, ValueSource,
};
use crate::sink::{LoggedJobs, ParallelLogError};

/// The size of a block.
const DEFAULT_BLOCK: u64 = 1024 * 1024;

/// Why there are no jobs.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GnuSourceError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Log(#[from] ParallelLogError),
    #[error(transparent)]
    Command(#[from] ReplacementError),
}

/// Returns the jobs, for so many slots.
pub(crate) fn open(gnu: GnuArgs, slots: usize, rule: &ShellRule) -> Result<Source, GnuSourceError> {
    let mut gnu = gnu;
    if let (Some(GnuResume::LoggedFailures), Some(path)) = (gnu.resume, &gnu.joblog) {
        gnu.sources = vec![GnuSource {
            values: GnuValues::List(failed_commands(path)?),
            is_linked: false,
        }];
        gnu.command.clear();
    }
    if let Some(pipe) = gnu.pipe.take() {
        return blocks(gnu, pipe, slots, rule);
    }
    let sources = gnu.sources.into_iter().map(|source| RowSource {
        values: match source.values {
            GnuValues::List(list) => ValueSource::List(list),
            GnuValues::File(path) => ValueSource::File(path),
            GnuValues::Stdin => ValueSource::Stdin,
        },
        is_linked: source.is_linked,
    });
    let rules = RowJobsRules {
        command: gnu.command,
        is_quoted: gnu.is_quoted,
        strings: gnu.strings,
        rows: RowRules {
            separator: gnu.separator,
            reading: gnu.reading,
            columns: gnu.columns,
            link: gnu.link,
            has_header: gnu.has_header,
        },
        batch: gnu.batch,
        context: gnu.context,
        max_chars: gnu.max_chars,
        spread: gnu.spreads.then_some(slots),
    };
    Ok(Source::rows(sources.collect(), rules, rule)?)
}

/// Returns a job for each block of the input.
fn blocks(
    gnu: GnuArgs,
    pipe: GnuPipe,
    slots: usize,
    rule: &ShellRule,
) -> Result<Source, GnuSourceError> {
    let (command, strings) = (&gnu.command, &gnu.strings);
    let line = ReplacementCommand::without_arguments(command, strings, gnu.is_quoted)?;
    let input = match gnu.sources.into_iter().next().map(|source| source.values) {
        Some(GnuValues::File(path)) => BlockInput::File(path),
        _ => BlockInput::Stdin,
    };
    // Without a beginning of records they end with a newline.
    let end = pipe.end.unwrap_or_else(|| match pipe.start.is_empty() {
        true => b"\n".to_vec(),
        false => Vec::new(),
    });
    let rules = BlockRules {
        start: pipe.start,
        end,
        limit: match pipe.records {
            Some(records) => BlockLimit::Records(records),
            None => BlockLimit::Bytes(pipe.block_bytes.unwrap_or(DEFAULT_BLOCK)),
        },
        header_records: pipe.header_lines,
        has_digests: false,
        has_slot_values: false,
        shared_by: pipe.is_round_robin.then_some(slots),
    };
    Ok(Source::blocks(&[line], &input, rules, rule)?)
}

/// Returns the commands of a job log that have failed, each at the place of its number.
fn failed_commands(path: &Path) -> Result<Vec<OsString>, ParallelLogError> {
    let failed = LoggedJobs::read(path)?.failed;
    let last = failed.keys().next_back().copied().unwrap_or(0);
    let command = |seq| failed.get(&seq).cloned().unwrap_or_default();
    Ok((1..=last).map(command).collect())
}
