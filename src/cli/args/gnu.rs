//! What a command line of GNU parallel asks for that prun's own options do not have.

use std::ffi::OsString;
use std::num::NonZeroU32;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use crate::plan::{BatchSize, ColumnSeparator, Insertion, Reading, ReplacementStrings, Separator};
use crate::run::{HaltAfter, HaltMode};

/// What only a command line of GNU parallel asks for.
#[derive(Clone, Debug)]
pub(crate) struct GnuArgs {
    /// The words of the command; without any, the arguments are command lines.
    pub(crate) command: Vec<OsString>,
    /// `--quote`: the words of the command are not parsed by a shell.
    pub(crate) is_quoted: bool,
    pub(crate) strings: ReplacementStrings,
    pub(crate) sources: Vec<GnuSource>,
    pub(crate) separator: Separator,
    pub(crate) reading: Reading,
    pub(crate) columns: Option<ColumnSeparator>,
    /// `--header :`: the first value of each source is its name.
    pub(crate) has_header: bool,
    /// Whether all sources are linked (`--link`).
    pub(crate) link: bool,
    /// Several arguments per job.
    pub(crate) batch: Option<BatchSize>,
    /// How they are inserted.
    pub(crate) context: Insertion,
    /// `--max-chars`: the length of a command line.
    pub(crate) max_chars: usize,
    /// Whether the last arguments are spread over the slots (`-m`, `-X`).
    pub(crate) spreads: bool,
    pub(crate) shell: OsString,
    /// Whether it runs every command, since its functions may have the names of programs.
    pub(crate) always_shell: bool,
    /// `--pipe`: blocks of standard input instead of arguments.
    pub(crate) pipe: Option<GnuPipe>,
    /// `-v` and `-t`: where the commands are printed.
    pub(crate) echo: Option<Echo>,
    /// `--shellquote`: the quoted arguments are printed, and nothing runs.
    pub(crate) shell_quote: bool,
    pub(crate) tag: Option<OsString>,
    pub(crate) joblog: Option<PathBuf>,
    pub(crate) resume: Option<GnuResume>,
    pub(crate) results: Option<PathBuf>,
    /// `--files`: output goes to files, whose names are printed.
    pub(crate) files: bool,
    /// `--tmpdir`: where these files are.
    pub(crate) tmpdir: PathBuf,
    pub(crate) halt: Option<Halt>,
    pub(crate) nice: Option<i32>,
}

/// How an input is cut into blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct GnuPipe {
    pub(crate) block_bytes: Option<u64>,
    pub(crate) records: Option<u64>,
    pub(crate) start: Vec<u8>,
    pub(crate) end: Option<Vec<u8>>,
    pub(crate) header_lines: u64,
    pub(crate) is_round_robin: bool,
}

/// A source of arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GnuSource {
    pub(crate) values: GnuValues,
    /// Whether it is linked to the source before it (`:::+`, `::::+`).
    pub(crate) is_linked: bool,
}

impl GnuSource {
    /// Divides the arguments of a list at a byte, as if they were read from a file.
    pub(crate) fn divide(&mut self, separator: u8) {
        let GnuValues::List(list) = &mut self.values else {
            return;
        };
        if list
            .iter()
            .any(|value| value.as_bytes().contains(&separator))
        {
            let parts = list
                .iter()
                .flat_map(|value| value.as_bytes().split(|byte| *byte == separator));
            *list = parts
                .map(|part| OsString::from_vec(part.to_vec()))
                .collect();
        }
    }
}

/// Where arguments come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GnuValues {
    List(Vec<OsString>),
    File(PathBuf),
    Stdin,
}

/// Where commands are printed before they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Echo {
    Stdout,
    Stderr,
}

/// Which jobs of the job log run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GnuResume {
    /// Those that are not in it.
    Unfinished,
    /// Those, and those that failed.
    Failed,
    /// Only those that failed, as the log has them.
    LoggedFailures,
}

/// `--halt`: when the run ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Halt {
    pub(crate) mode: HaltMode,
    pub(crate) after: HaltAfter,
    pub(crate) limit: HaltLimit,
}

/// How many, or which part of all jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HaltLimit {
    Number(NonZeroU32),
    Percent(u32),
}
