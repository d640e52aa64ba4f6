//! Short options, each with one answer for all programs that have it.

use super::gnu_parallel::{
    BATCH, BEGINNING_OF_FILE, LIMIT_OF_LENGTH, MANY_ARGUMENTS, ONE_MACHINE, PLACEHOLDER, PROFILE,
    RETIRED,
};
use super::table::Answer;

/// By letter; `-n 1` and the like are a habit (see there), and `1` is what is unknown in `-n1`.
pub(super) const SHORT_OPTIONS: &[Answer] = &[
    ("1 2 3 4 5 6 7 8 9", BATCH),
    ("I", PLACEHOLDER),
    (
        "i",
        "the placeholder is always `{}`: prun gzip {} ::: *.log; for prompts, `--tty` gives the terminal to one job at a time",
    ),
    ("X", MANY_ARGUMENTS),
    (
        "m",
        "use `-N max` for as many arguments as fit, `-j N` for the number of jobs at once",
    ),
    ("L", "use `-N N` for N arguments per job"),
    (
        "l",
        "use `-N N` for N arguments per job, `-j N` for the number of jobs at once",
    ),
    ("d", "items end with newline, or with NUL if `-0` is given"),
    ("E", BEGINNING_OF_FILE),
    (
        "r",
        "without input, prun runs nothing by default; `-o raw` captures no output",
    ),
    (
        "p",
        "prun does not ask: `-n` prints the commands; `-o line` prefixes each line with the name of its job",
    ),
    (
        "c",
        "all jobs run even if one fails, by default; the prefixes of `-o line` have colours by default",
    ),
    (
        "g",
        "the output of each job is shown in one piece by default; `-k` keeps the order of the jobs",
    ),
    ("x", LIMIT_OF_LENGTH),
    ("S M", ONE_MACHINE),
    ("J", PROFILE),
    ("D B H T U W Y", RETIRED),
];
