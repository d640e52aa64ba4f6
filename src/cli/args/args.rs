//! The command line as it is typed: each flag is named once, here.

use std::ffi::OsString;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{ArgAction, Parser, ValueHint};
use clap_complete::Shell;

use super::help_sections;
use super::values::{
    CiMode, ColorMode, FailFastMode, GuardMode, Jobs, JsonMode, OutputMode, ProgressMode, duration,
    parse_batch, parse_env, parse_jobs, parse_max_fail,
};
use crate::plan::BatchSize;

/// Run many commands at once, show what matters, lose nothing
///
/// Runs command lines, or one command for many arguments, at the same time; shows each job's
/// output in one piece; and ends with what failed, how, and the command to try again.
#[derive(Debug, Parser)]
#[command(
    name = "prun",
    version,
    override_usage = "prun [OPTIONS] COMMAND...\n       prun [OPTIONS] TEMPLATE... ::: ARG...\n       prun [OPTIONS] -a FILE TEMPLATE...\n       prun [OPTIONS] -f FILE\n       ... | prun [OPTIONS]",
    after_help = "`prun --help` tells more, with examples; `prun --man` prints the manual page.",
    after_long_help = help_sections::help(),
    max_term_width = 100,
)]
pub(crate) struct Args {
    /// Command lines, each one word for your shell; with `:::` or -a, one command with its words
    ///
    /// prun 'ls' 'date' runs two. `NAME: COMMAND` gives one a name. With `:::` or -a the words are
    /// one command that runs once for each argument, where these stand for the argument: {} all of
    /// it, {.} without extension, {/} its base name, {//} its directory, {/.} its base name without
    /// extension, {1} that of the first source; {#} is the job's number, {%} its slot, {{}} a
    /// literal {}. Without any of them the argument is the last word.
    #[arg(value_name = "COMMAND", trailing_var_arg = true, value_parser = OsStringValueParser::new())]
    pub(crate) commands: Vec<OsString>,

    /// Inputs for the command, one a line; '-' is standard input
    ///
    /// An empty line is an empty argument; CRLF and a byte order mark are dropped. Without a command,
    /// as -f. May be repeated: every combination runs, the first source varying slowest.
    #[arg(short, long = "arg-file", value_name = "FILE", action = ArgAction::Append, help_heading = "Input", value_hint = ValueHint::FilePath)]
    pub(crate) arg_files: Vec<PathBuf>,

    /// So many arguments for each job
    ///
    /// max: as many as fit, spread evenly over the jobs at once. The last job may have fewer.
    #[arg(short = 'N', long, value_name = "N|max", value_parser = parse_batch, allow_negative_numbers = true, help_heading = "Input")]
    pub(crate) max_args: Option<BatchSize>,

    /// Inputs and command lines end with NUL in place of a newline
    ///
    /// Those of -a and of -f, as `find -print0` writes them. All other bytes of an argument are kept.
    #[arg(short = '0', long, help_heading = "Input")]
    pub(crate) null: bool,

    /// Go through several sources together
    ///
    /// In place of every combination; all must be equally long.
    #[arg(long, help_heading = "Input")]
    pub(crate) link: bool,

    /// Job file; '-' is standard input
    ///
    /// One command line a line, or JSON Lines, or a JSON array; see Files below. What is plainly
    /// something else (a makefile, a script, a table) is refused. Standard input is read also where
    /// nothing else is named and it is no terminal.
    #[arg(short, long, value_name = "FILE", help_heading = "Input", value_hint = ValueHint::FilePath)]
    pub(crate) file: Option<PathBuf>,

    /// How many at once: a number, 0 for no limit, or N% of the CPUs
    ///
    /// N% is rounded up [default: all for COMMANDs, which may need each other; else the number of
    /// CPUs].
    #[arg(short, long, short_alias = 'P', value_name = "N|N%", value_parser = parse_jobs, allow_negative_numbers = true, help_heading = "Running")]
    pub(crate) jobs: Option<Jobs>,

    /// Time for each attempt [default: no limit]
    ///
    /// Then TERM to the job's whole process group, and KILL after --grace. A duration is 30, 0.5s,
    /// 250ms, 5m, 1h30m; a bare number is seconds; 0 is no limit.
    #[arg(short, long, value_name = "DUR", value_parser = duration(), allow_negative_numbers = true, help_heading = "Running")]
    pub(crate) timeout: Option<Duration>,

    /// Time between TERM and KILL
    ///
    /// Whenever prun ends a job; 0 kills at once. A prun that is itself a job of another one takes at
    /// most nine tenths of that one's, so that its own jobs are ended before it is killed.
    #[arg(long, value_name = "DUR", value_parser = duration(), allow_negative_numbers = true, default_value = "5s", help_heading = "Running")]
    pub(crate) grace: Duration,

    /// Extra attempts for a job that did not end well
    #[arg(
        long,
        value_name = "N",
        default_value = "0",
        allow_negative_numbers = true,
        help_heading = "Running"
    )]
    pub(crate) retries: u32,

    /// Time before an extra attempt
    ///
    /// Doubles with each further one, at most 60 s.
    #[arg(long, value_name = "DUR", value_parser = duration(), allow_negative_numbers = true, default_value = "0", help_heading = "Running")]
    pub(crate) retry_delay: Duration,

    /// Time for the whole run [default: no limit]
    ///
    /// Then everything is ended, and prun exits by 124.
    #[arg(long, value_name = "DUR", value_parser = duration(), allow_negative_numbers = true, help_heading = "Running")]
    pub(crate) deadline: Option<Duration>,

    /// End the run at the first failed job, now or soon
    ///
    /// After its retries. now, which is meant if neither is said, ends what runs; soon lets it run
    /// on.
    #[arg(long, value_name = "now|soon", value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "now", hide_possible_values = true, help_heading = "Running")]
    pub(crate) fail_fast: Option<FailFastMode>,

    /// End the run after N failed jobs
    ///
    /// Implies --fail-fast [default: 1].
    #[arg(long, value_name = "N", value_parser = parse_max_fail, allow_negative_numbers = true, help_heading = "Running")]
    pub(crate) max_fail: Option<NonZeroU32>,

    /// The first job to end decides, the others are ended
    ///
    /// After its retries. Its exit code is prun's, or 128+N if signal N ended it.
    #[arg(long, conflicts_with_all = ["fail_fast", "max_fail"], help_heading = "Running")]
    pub(crate) race: bool,

    /// Time between two starts, at least
    #[arg(long, value_name = "DUR", value_parser = duration(), allow_negative_numbers = true, default_value = "0", help_heading = "Running")]
    pub(crate) delay: Duration,

    /// End the jobs also when prun itself is killed: auto, always, never
    ///
    /// By SIGKILL, or in a crash. A small process waits for prun's end, and then ends every job's
    /// whole process group: TERM, and KILL after --grace; at once where prun was ending them already.
    /// auto starts it when a job has run for 50 ms, and does without where it cannot be had, or where
    /// prun is process 1; always, which is meant if no word is said, starts it before the first job;
    /// with never jobs outlive a prun that is killed.
    #[arg(long, value_name = "WHEN", value_enum, num_args = 0..=1, require_equals = true, default_value_t = GuardMode::Auto, default_missing_value = "always", hide_possible_values = true, help_heading = "Running")]
    pub(crate) guard: GuardMode,

    /// Print the commands instead of running them
    ///
    /// One a line, ready to paste, with their directories, variables and input; with --json as a
    /// job file.
    #[arg(short = 'n', long, help_heading = "Running")]
    pub(crate) dry_run: bool,

    /// Run every command line by a shell [default shell: /bin/sh]
    ///
    /// Also where none is needed. PROG may have options: --shell='bash -euo pipefail'.
    #[arg(short, long, value_name = "PROG", num_args = 0..=1, require_equals = true, default_missing_value = "/bin/sh", conflicts_with = "exec", help_heading = "Jobs", value_hint = ValueHint::CommandString)]
    pub(crate) shell: Option<OsString>,

    /// Never use a shell
    ///
    /// A command line with unquoted shell syntax is an error then.
    #[arg(long, help_heading = "Jobs")]
    pub(crate) exec: bool,

    /// Run the jobs in DIR
    ///
    /// A job's own cwd is relative to it.
    #[arg(short = 'C', long, value_name = "DIR", help_heading = "Jobs", value_hint = ValueHint::DirPath)]
    pub(crate) cwd: Option<PathBuf>,

    /// Set a variable for all jobs; may be repeated
    #[arg(short, long, value_name = "K=V", value_parser = OsStringValueParser::new().try_map(parse_env), action = ArgAction::Append, help_heading = "Jobs")]
    pub(crate) env: Vec<(OsString, OsString)>,

    /// Remove a variable for all jobs; may be repeated
    #[arg(short, long, value_name = "K", action = ArgAction::Append, help_heading = "Jobs")]
    pub(crate) unset: Vec<OsString>,

    /// Give the terminal to one job at a time
    ///
    /// For prompts and editors; implies -j1 -o raw.
    #[arg(long, conflicts_with_all = ["json", "output", "jobs"], help_heading = "Output")]
    pub(crate) tty: bool,

    /// Give each job a terminal of its own for its output, if prun's own goes to one
    ///
    /// Programs then colour what they print, and fit it into a line, by themselves. Both streams
    /// become one; of what is drawn over, such as a progress bar, the last state is shown when the
    /// job ends, unless it is alone. PAGER and GIT_PAGER are set to cat.
    #[arg(long, conflicts_with = "tty", help_heading = "Output")]
    pub(crate) pty: bool,

    /// What becomes of the jobs' output
    ///
    /// The output of one job, or with -j1, is shown as it comes.
    #[arg(short, long, value_name = "MODE", value_enum, default_value_t = OutputMode::Group, help_heading = "Output")]
    pub(crate) output: OutputMode,

    /// Show the output in the order of the jobs
    ///
    /// The first job that has not ended is shown as it comes; what later ones print waits.
    #[arg(short, long, help_heading = "Output")]
    pub(crate) keep_order: bool,

    /// Show only failed jobs; -qq shows nothing
    ///
    /// The output of those that did not end well, and the digest.
    #[arg(short, long, action = ArgAction::Count, help_heading = "Output")]
    pub(crate) quiet: u8,

    /// Also show starts and endings, with CPU time and memory
    #[arg(short, long, conflicts_with = "quiet", help_heading = "Output")]
    pub(crate) verbose: bool,

    /// JSON Lines on standard output: a record for each finished job, or all events
    ///
    /// jobs, which is meant if neither is said: one object for each finished job: how it ended,
    /// what it printed, its times, its memory. events: starts, output, retries and endings as they
    /// happen. `prun --schema` describes them all.
    #[arg(long, value_name = "jobs|events", value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "jobs", hide_possible_values = true, help_heading = "Output")]
    pub(crate) json: Option<JsonMode>,

    /// Append what becomes of every job to FILE
    ///
    /// As JSON Lines: starts, retries, endings. The last 64 KiB of a failed job's output are kept.
    #[arg(long, value_name = "FILE", help_heading = "Records", value_hint = ValueHint::FilePath)]
    pub(crate) joblog: Option<PathBuf>,

    /// Skip jobs that the job log says are done
    ///
    /// Those of the same command, directory, variables and input.
    #[arg(long, requires = "joblog", help_heading = "Records")]
    pub(crate) resume: bool,

    /// Keep each job's output in files in DIR
    ///
    /// 0001-NAME.out and .err, which each job writes itself; it is shown when the job ends, and with
    /// --json the records have the files' paths in place of the texts. With --resume the folder may be
    /// that of the earlier run, whose files stay.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["tty", "replay"], help_heading = "Records", value_hint = ValueHint::DirPath)]
    pub(crate) log_dir: Option<PathBuf>,

    /// Write a JUnit report to FILE at the end
    ///
    /// With each job as a test case and the last 64 KiB of its output. - is standard output.
    #[arg(long, value_name = "FILE", help_heading = "Records", value_hint = ValueHint::FilePath)]
    pub(crate) junit: Option<PathBuf>,

    /// Write a trace to FILE as it happens
    ///
    /// For Perfetto or chrome://tracing: a row for each slot, a slice for each attempt. - is standard output.
    #[arg(long, value_name = "FILE", help_heading = "Records", value_hint = ValueHint::FilePath)]
    pub(crate) trace: Option<PathBuf>,

    /// Write a page for a browser to FILE at the end
    ///
    /// Totals, a timeline, a table, the output of failed jobs. - is standard output.
    #[arg(long, value_name = "FILE", help_heading = "Records", value_hint = ValueHint::FilePath)]
    pub(crate) report: Option<PathBuf>,

    /// Run nothing: tell the last run in the job log LOG again
    ///
    /// To --report, --junit, --trace, --json or the screen.
    #[arg(long, value_name = "LOG", conflicts_with_all = ["commands", "file", "arg_files", "joblog", "dry_run"], help_heading = "Records", value_hint = ValueHint::FilePath)]
    pub(crate) replay: Option<PathBuf>,

    /// Colour in prun's own text
    ///
    /// auto colours what goes to a terminal, and honours NO_COLOR, CLICOLOR_FORCE and TERM.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = ColorMode::Auto, help_heading = "Output")]
    pub(crate) color: ColorMode,

    /// What is shown while jobs run: auto, bar, plain, none
    ///
    /// bar: how much is done, what runs, how long it may take; plain: a line for each finished job,
    /// and after 60 s of silence one that tells what runs. auto is a bar on a terminal, unless
    /// standard output is a pipe, whose reader may write there too; plain where TERM is dumb or not
    /// set; else none.
    #[arg(long, value_name = "MODE", value_enum, default_value_t = ProgressMode::Auto, hide_possible_values = true, help_heading = "Output")]
    pub(crate) progress: ProgressMode,

    /// Whose log it is: auto, github, gitlab, azure, buildkite, teamcity, plain, off
    ///
    /// In a CI system's log there is a line for each finished job, and after 60 s of silence one
    /// that tells what runs; passed jobs are folded and failed ones annotated where the log can do
    /// that. All of it goes to standard output, if that is the log. auto goes by the variables that
    /// the vendors set.
    #[arg(long, value_name = "VENDOR", value_enum, default_value_t = CiMode::Auto, hide_possible_values = true, help_heading = "Output")]
    pub(crate) ci: CiMode,

    /// Print the script that teaches a shell these options
    ///
    /// For the running shell: `source <(prun --completions bash)`.
    #[arg(long, value_name = "SHELL", help_heading = "About prun")]
    pub(crate) completions: Option<Shell>,

    /// Print the manual page
    ///
    /// To read it: `prun --man | man -l -`.
    #[arg(long, help_heading = "About prun")]
    pub(crate) man: bool,

    /// Print the JSON Schema of --json, --json=events and --joblog
    ///
    /// Its $defs are job, event and log: one for each line of these.
    #[arg(long, help_heading = "About prun")]
    pub(crate) schema: bool,
}
