//! The definition of the options for columns.

use std::ffi::OsString;
use std::num::NonZeroU64;

use clap::Args as ClapArgs;

use super::option_names::takes_next_word;
use super::values::parse_columns;
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

/// Writes `--header N` as `--header=N`: only with `=` may the value be left out, so that the command may
/// follow the option.
pub(crate) fn join_header(mut argv: Vec<OsString>) -> Vec<OsString> {
    let is_number = |word: &OsString| {
        let word = word.as_encoded_bytes();
        !word.is_empty() && word.iter().all(u8::is_ascii_digit)
    };
    let mut at = 1;
    while let Some(word) = argv.get(at) {
        let next = argv.get(at + 1);
        match next.filter(|next| word == "--header" && is_number(next)) {
            Some(number) => {
                let mut joined = OsString::from("--header=");
                joined.push(number);
                argv.splice(at..at + 2, [joined]);
            }
            None if !may_be_option(word) => break,
            None => at += usize::from(takes_next_word(&word.to_string_lossy())),
        }
        at += 1;
    }
    argv
}

fn may_be_option(word: &OsString) -> bool {
    let word = word.as_encoded_bytes();
    word.len() > 1 && word.starts_with(b"-") && word != b"--"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(words: &[&str]) -> Vec<OsString> {
        let argv = ["prun"].iter().chain(words).map(OsString::from).collect();
        join_header(argv).split_off(1)
    }

    #[test]
    fn a_number_after_the_option_is_its_value() {
        let pipe = ["--pipe", "--header=2", "-k", "wc"];
        assert_eq!(joined(&["--pipe", "--header", "2", "-k", "wc"]), pipe);
        assert_eq!(
            joined(&["-j", "4", "--header", "2"]),
            ["-j", "4", "--header=2"]
        );
        assert_eq!(joined(&["-kj4", "--header", "2"]), ["-kj4", "--header=2"]);
    }

    #[test]
    fn any_other_word_is_the_command() {
        for words in [
            &["--header", "echo", "{a}"][..],
            &["tool", "--header", "1"],
            &["--", "--header", "1"],
            &["-a", "--header", "1"],
            &["--joblog", "--header", "1"],
            &["-kj", "--header", "1"],
        ] {
            assert_eq!(joined(words), words);
        }
    }
}
