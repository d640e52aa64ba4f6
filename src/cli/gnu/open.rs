//! Opens the source of jobs that a command line of GNU parallel names.

use std::ffi::OsString;
use std::path::Path;

use crate::cli::args::{GnuArgs, GnuResume, GnuSource, GnuValues};
use crate::plan::{RowJobsRules, RowRules, RowSource, ShellRule, Source, SourceError, ValueSource};
use crate::sink::{LoggedJobs, ParallelLogError};

/// Why there are no jobs.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GnuSourceError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Log(#[from] ParallelLogError),
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

/// Returns the commands of a job log that have failed, each at the place of its number.
fn failed_commands(path: &Path) -> Result<Vec<OsString>, ParallelLogError> {
    let failed = LoggedJobs::read(path)?.failed;
    let last = failed.keys().next_back().copied().unwrap_or(0);
    let command = |seq| failed.get(&seq).cloned().unwrap_or_default();
    Ok((1..=last).map(command).collect())
}
