//! Opens the source of jobs that a command line of GNU parallel names.

use crate::cli::args::{GnuArgs, GnuValues};
use crate::plan::{RowJobsRules, RowRules, RowSource, ShellRule, Source, SourceError, ValueSource};

/// Returns the jobs, for so many slots.
pub(crate) fn open(gnu: GnuArgs, slots: usize, rule: &ShellRule) -> Result<Source, SourceError> {
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
    Ok(Source::rows(sources.collect(), rules, rule)?.0)
}
