//! GNU parallel's command line (`prun --gnu`, or called as `parallel`), translated into prun's own.
//!
//! `options` has every option of that program and what becomes of it, `sources` divides the words after
//! them, and `translate` makes [`Args`](crate::cli::args::Args) of it all, with `blocks` for `--pipe`,
//! `script` for a `#!` line, and `answers` to options that only print something.
//! `surroundings` is what the translation depends on besides the command line.
//! `records` are the files that only that program writes, and `exit` its exit codes. It is pure: nothing is
//! opened before `open`, and behind it nothing knows where a setting came from.

mod answers;
mod blocks;
mod error;
mod exit;
mod open;
mod options;
mod records;
mod script;
mod sources;
mod surroundings;
mod translate;

pub(super) use exit::{exit_code, halt_limit};
pub(super) use open::{GnuSourceError, open};
pub(super) use records::{GnuRecords, GnuRecordsError, records};
pub(super) use surroundings::{GnuSurroundings, gnu_words};
pub(super) use translate::{Translated, translate};
