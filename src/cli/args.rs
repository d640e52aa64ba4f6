//! The command line as it is typed: each flag is named once, here.

use std::ffi::OsString;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{ArgAction, Parser, ValueEnum};

use crate::plan::{BatchSize, parse_duration};

/// Run many commands at once, show what matters, lose nothing.
#[derive(Debug, Parser)]
#[command(
    name = "prun",
    version,
    override_usage = "prun [OPTIONS] COMMAND...\n       prun [OPTIONS] TEMPLATE... ::: ARG...\n       prun [OPTIONS] -a FILE TEMPLATE...\n       prun [OPTIONS] -f FILE\n       ... | prun [OPTIONS]",
    after_help = EXAMPLES,
    max_term_width = 100,
)]
pub(super) struct Args {
    /// Command lines, each one word for your shell: prun 'ls' 'date'. `NAME: COMMAND` gives one a
    /// name. With `:::` or -a, one command that runs for each argument, where {} is the argument,
    /// {.} without extension, {/} its base name, {//} its directory, {/.} both, {1} that of the
    /// first source, {#} the job's number, {%} its slot, {{}} a literal {}; without any, the
    /// argument is the last word
    #[arg(value_name = "COMMAND", trailing_var_arg = true, value_parser = OsStringValueParser::new())]
    pub(super) commands: Vec<OsString>,

    /// Arguments for the command, one a line (see -0); '-' is standard input; without a command as
    /// -f. May be repeated: every combination runs, the first source varying slowest
    #[arg(short, long = "arg-file", value_name = "FILE", action = ArgAction::Append, help_heading = "Input")]
    pub(super) arg_files: Vec<PathBuf>,

    /// So many arguments for each job; max: as many as fit, spread evenly over the jobs at once
    #[arg(short = 'N', long, value_name = "N|max", value_parser = parse_batch, allow_negative_numbers = true, help_heading = "Input")]
    pub(super) max_args: Option<BatchSize>,

    /// Records of -a, and command lines of -f, end with NUL in place of a newline
    #[arg(short = '0', long, help_heading = "Input")]
    pub(super) null: bool,

    /// Go through several sources together, in place of every combination; all must be equally long
    #[arg(long, help_heading = "Input")]
    pub(super) link: bool,

    /// Job file: one command line a line, or JSON Lines, or a JSON array; '-' is standard input
    #[arg(short, long, value_name = "FILE", help_heading = "Input")]
    pub(super) file: Option<PathBuf>,

    /// How many at once: a number, 0 for no limit, or N% of the CPUs [default: all for COMMANDs,
    /// else the number of CPUs]
    #[arg(short, long, short_alias = 'P', value_name = "N|N%", value_parser = parse_jobs, allow_negative_numbers = true, help_heading = "Running")]
    pub(super) jobs: Option<Jobs>,

    /// Time for each attempt, then TERM to the job's process group: 30, 0.5s, 5m, 1h30m; a bare
    /// number is seconds [default: no limit]
    #[arg(short, long, value_name = "DUR", value_parser = duration(), allow_negative_numbers = true, help_heading = "Running")]
    pub(super) timeout: Option<Duration>,

    /// Time between TERM and KILL; 0 kills at once
    #[arg(long, value_name = "DUR", value_parser = duration(), allow_negative_numbers = true, default_value = "5s", help_heading = "Running")]
    pub(super) grace: Duration,

    /// Extra attempts for a job that did not end well
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        allow_negative_numbers = true,
        help_heading = "Running"
    )]
    pub(super) retries: u32,

    /// Time before an extra attempt; doubles each time, at most 60 s
    #[arg(long, value_name = "DUR", value_parser = duration(), allow_negative_numbers = true, default_value = "0", help_heading = "Running")]
    pub(super) retry_delay: Duration,

    /// Time for the whole run, then everything is ended and prun exits by 124 [default: no limit]
    #[arg(long, value_name = "DUR", value_parser = duration(), allow_negative_numbers = true, help_heading = "Running")]
    pub(super) deadline: Option<Duration>,

    /// End the run at the first failed job (after its retries): now, ending what runs, or soon,
    /// letting it run on
    #[arg(long, value_name = "now|soon", value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "now", hide_possible_values = true, help_heading = "Running")]
    pub(super) fail_fast: Option<FailFastMode>,

    /// End the run after N failed jobs; implies --fail-fast [default: 1]
    #[arg(long, value_name = "N", value_parser = parse_max_fail, allow_negative_numbers = true, help_heading = "Running")]
    pub(super) max_fail: Option<NonZeroU32>,

    /// The first job to end (after its retries) decides: its exit code is prun's, the others are
    /// ended
    #[arg(long, conflicts_with_all = ["fail_fast", "max_fail"], help_heading = "Running")]
    pub(super) race: bool,

    /// Time between two starts, at least
    #[arg(long, value_name = "DUR", value_parser = duration(), allow_negative_numbers = true, default_value = "0", help_heading = "Running")]
    pub(super) delay: Duration,

    /// Print the commands instead of running them, ready to paste, without their directories and
    /// variables; with --json as a job file, with them
    #[arg(short = 'n', long, help_heading = "Running")]
    pub(super) dry_run: bool,

    /// Run every command line by a shell, also where none is needed [default shell: /bin/sh]
    #[arg(short, long, value_name = "PROG", num_args = 0..=1, require_equals = true, default_missing_value = "/bin/sh", conflicts_with = "exec", help_heading = "Jobs")]
    pub(super) shell: Option<OsString>,

    /// Never use a shell: a command line with unquoted shell syntax is an error
    #[arg(long, help_heading = "Jobs")]
    pub(super) exec: bool,

    /// Run the jobs in DIR; a job's own cwd is relative to it
    #[arg(short = 'C', long, value_name = "DIR", help_heading = "Jobs")]
    pub(super) cwd: Option<PathBuf>,

    /// Set a variable for all jobs; may be repeated
    #[arg(short, long, value_name = "K=V", value_parser = OsStringValueParser::new().try_map(parse_env), action = ArgAction::Append, help_heading = "Jobs")]
    pub(super) env: Vec<(OsString, OsString)>,

    /// Remove a variable for all jobs; may be repeated
    #[arg(short, long, value_name = "K", action = ArgAction::Append, help_heading = "Jobs")]
    pub(super) unset: Vec<OsString>,

    /// Give the terminal to one job at a time, for prompts and editors; implies -j1 -o raw
    #[arg(long, conflicts_with_all = ["json", "output", "jobs"], help_heading = "Output")]
    pub(super) tty: bool,

    /// group: each job's output in one piece when it ends; line: lines as they come, each behind
    /// its job's name; raw: not captured; none: thrown away. One job, or -j1, is shown as it comes
    #[arg(short, long, value_name = "MODE", value_enum, default_value_t = OutputMode::Group, help_heading = "Output")]
    pub(super) output: OutputMode,

    /// Show the output in the order of the jobs; the first one that runs is shown as it comes
    #[arg(short, long, help_heading = "Output")]
    pub(super) keep_order: bool,

    /// Show only failed jobs' output and the digest; -qq shows nothing
    #[arg(short, long, action = ArgAction::Count, help_heading = "Output")]
    pub(super) quiet: u8,

    /// Also show starts and endings, with CPU time and memory
    #[arg(short, long, conflicts_with = "quiet", help_heading = "Output")]
    pub(super) verbose: bool,

    /// One JSON object for each finished job on standard output, one line each
    #[arg(long, help_heading = "Output")]
    pub(super) json: bool,

    /// Append what becomes of every job to FILE, as JSON Lines
    #[arg(long, value_name = "FILE", help_heading = "Records")]
    pub(super) joblog: Option<PathBuf>,

    /// Skip jobs that the job log says are done: those of the same command, directory, variables
    /// and input
    #[arg(long, requires = "joblog", help_heading = "Records")]
    pub(super) resume: bool,

    /// Let each job write its output to files in DIR, 0001-NAME.out and .err, and show it when the job
    /// ends; with --json the records have their paths in place of the texts
    #[arg(long, value_name = "DIR", conflicts_with_all = ["tty", "replay"], help_heading = "Records")]
    pub(super) log_dir: Option<PathBuf>,

    /// Write a JUnit report to FILE at the end, with each job as a test case and the last 64 KiB of
    /// its output
    #[arg(long, value_name = "FILE", help_heading = "Records")]
    pub(super) junit: Option<PathBuf>,

    /// Write a trace to FILE as it happens, for Perfetto or chrome://tracing: a row for each slot, a
    /// slice for each attempt
    #[arg(long, value_name = "FILE", help_heading = "Records")]
    pub(super) trace: Option<PathBuf>,

    /// Write a page for a browser to FILE at the end: totals, a timeline, a table, the output of
    /// failed jobs
    #[arg(long, value_name = "FILE", help_heading = "Records")]
    pub(super) report: Option<PathBuf>,

    /// Run nothing: tell the last run in the job log LOG again, to --report, --junit, --trace, --json
    /// or the screen
    #[arg(long, value_name = "LOG", conflicts_with_all = ["commands", "file", "arg_files", "joblog", "dry_run"], help_heading = "Records")]
    pub(super) replay: Option<PathBuf>,

    /// Colour in prun's own text; auto honours NO_COLOR, CLICOLOR_FORCE and TERM=dumb
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = ColorMode::Auto, help_heading = "Output")]
    pub(super) color: ColorMode,
}

/// Shown below the options.
const EXAMPLES: &str = "\
Examples:
  prun 'cargo test' 'npm test' 'ruff check'    three commands at once; exit 0 if all succeed
  prun gzip -9 {} ::: *.log                    one command for each file, without a shell
  prun 'wc -l < {} > {.}.n' ::: *.txt          the same by a shell, which never reads the names
  fd -0e log | prun -0a - gzip                 arguments from a pipe
  prun -j4 -t 10m -f jobs.txt                  a job file in CI
  prun --json 'make a' 'make b' | jq -r 'select(.status!=\"ok\").cmd'

Exit status: 0 every job ok, 1 a job failed, 2 wrong usage or input (nothing more was started),
3 output could not be kept or written; when told to stop, prun ends by the same signal.";

/// What `prun` alone says: its four shapes.
pub(super) const SHAPES: &str = "\
prun runs many commands at once. Its four shapes:

  prun 'make api' 'make web'         each argument is one command line
  prun gzip -9 {} ::: *.log          one command, once for each argument
  fd -0e log | prun -0a - gzip {}    the same, arguments from a file or a pipe
  prun -f jobs.txt                   a job file; or pipe one into prun

`prun --help` tells the rest.
";

/// How many jobs run at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Jobs {
    /// 0 is no limit.
    Number(usize),
    /// Of the CPUs.
    Percent(u32),
}

/// What becomes of the jobs' output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum OutputMode {
    Group,
    Line,
    Raw,
    None,
}

/// How a run ends after failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FailFastMode {
    Now,
    Soon,
}

/// When text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorMode {
    Auto,
    Always,
    Never,
}

fn parse_jobs(text: &str) -> Result<Jobs, &'static str> {
    let wrong = "a number of jobs is 4, 50% (of the CPUs), or 0 for no limit";
    match text.strip_suffix('%') {
        Some(percent) => match percent.parse() {
            Ok(0) | Err(_) => Err(wrong),
            Ok(percent) => Ok(Jobs::Percent(percent)),
        },
        None => text.parse().map(Jobs::Number).map_err(|_| wrong),
    }
}

fn parse_max_fail(text: &str) -> Result<NonZeroU32, &'static str> {
    text.parse().map_err(|_| "a number of failures is 1, 2, …")
}

fn parse_batch(text: &str) -> Result<BatchSize, &'static str> {
    match (text, text.parse()) {
        ("max", _) => Ok(BatchSize::Most),
        (_, Ok(number)) if number > 0 => Ok(BatchSize::Number(number)),
        _ => Err("a number of arguments is 1, 2, … or max"),
    }
}

fn duration() -> impl TypedValueParser<Value = Duration> {
    clap::builder::StringValueParser::new().try_map(|text| parse_duration(&text))
}

fn parse_env(pair: OsString) -> Result<(OsString, OsString), &'static str> {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let bytes = pair.as_bytes();
    match bytes.iter().position(|byte| *byte == b'=') {
        None | Some(0) => Err("a variable is set as NAME=VALUE"),
        Some(at) => {
            let part = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
            Ok((part(&bytes[..at]), part(&bytes[at + 1..])))
        }
    }
}
