//! The definition of the options for columns.

use std::num::NonZeroU64;

use clap::Args as ClapArgs;

use crate::cli::args::values::parse_columns;
use crate::plan::ColumnFormat;

/// How an input is divided into columns.
#[derive(Debug, ClapArgs)]
pub(crate) struct ColumnArgs {
    /// Arguments are records of comma-separated values
    ///
    /// For -a and standard input, as RFC 4180 says: a field in quotes may hold commas, newlines and
    /// doubled quotes. {1} is the first field of a record, {2} the second; with --header they have
    /// names. Every record needs the same number of fields. Blank lines are skipped. The fields of
    /// several sources are counted on.
    #[arg(long, conflicts_with_all = ["tsv", "colsep", "null"], help_heading = "Input")]
    pub(crate) csv: bool,

    /// Arguments are records of tab-separated values
    ///
    /// As --csv, but without quotes: a field holds neither tabs nor newlines, and every quote is a
    /// part of it.
    #[arg(
        long,
        conflicts_with = "colsep",
        hide_short_help = true,
        help_heading = "Input"
    )]
    pub(crate) tsv: bool,

    /// Arguments are records whose fields are separated by STR
    ///
    /// As --tsv, with another separator, which is literal text, \t for a tab. One blank (' ') means
    /// runs of blanks and tabs, where those at both ends of a line count for nothing.
    #[arg(long, value_name = "STR", value_parser = parse_columns, allow_hyphen_values = true, hide_short_help = true, help_heading = "Input")]
    pub(crate) colsep: Option<ColumnFormat>,

    /// The first record has the names of the columns; with --pipe: N records go before every block
    ///
    /// {name} is a field of each record, in every form: {name/.}, {name%.gz}. All other {word} are
    /// an error, {{word}} is that text. Without --csv, --tsv or --colsep a line is one field; but an
    /// input in JSON Lines (by its name .jsonl or .ndjson, or by its first bytes) has an object on
    /// each line, whose keys are the names. After `:::`, the first argument is the name of the list.
    /// With --pipe, N is the number of records at the start that every block begins with [default: 1].
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, help_heading = "Input")]
    pub(crate) header: Option<Option<NonZeroU64>>,
}
