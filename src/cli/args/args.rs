//! The definition of every option, from which the parser, help, manual page and completions are made.

use std::ffi::{OsStr, OsString};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{ArgAction, Parser, ValueHint};

use super::about::AboutArgs;
use super::cluster::ClusterArgs;
use super::gnu::GnuArgs;
use super::input::{BlockArgs, ColumnArgs, SelectionArgs};
use super::scheduling::{LimitArgs, OrderArgs};
use super::values::{
    CiMode, ColorMode, FailFastMode, GuardMode, Jobs, JsonMode, OutputMode, ProgressMode, RaceMode,
    SlotList, duration, parse_batch, parse_env, parse_jobs, parse_max_fail, parse_retries,
    parse_slots,
};
use crate::plan::BatchSize;

/// Run many commands at once, and report exactly what failed
///
/// Runs command lines, or one command for many arguments, in parallel. Shows the output of each
/// job in one piece. At the end, lists the jobs that failed, why, and the command to run each again.
#[derive(Debug, Parser)]
#[command(
    name = "prun",
    version,
    override_usage = "prun [OPTIONS] COMMAND...\n       prun [OPTIONS] TEMPLATE... ::: ARG...\n       prun [OPTIONS] -a FILE TEMPLATE...\n       prun [OPTIONS] -f FILE\n       ... | prun [OPTIONS] TEMPLATE...\n       ... | prun [OPTIONS] --pipe TEMPLATE...\n       ... | prun [OPTIONS]",
    after_help = "`prun --help` shows more, with examples; `prun --man` prints the manual page.",
    max_term_width = 100
)]
pub(crate) struct Args {
    /// Command lines, one per argument; with `:::` or -a, a single command and its arguments
    ///
    /// prun 'ls' 'date' runs two command lines. `NAME: COMMAND` names a job. With `:::` or -a,
    /// TEMPLATE... is one command, which runs once per ARG. {} is the ARG; see Placeholders below.
    /// Without a placeholder, ARG is appended to the command. A placeholder with neither `:::` nor -a
    /// runs the command once for each line of standard input.
    #[arg(value_name = "COMMAND", trailing_var_arg = true, value_parser = OsStringValueParser::new())]
    pub(crate) commands: Vec<OsString>,

    /// Read arguments from FILE, one per line; '-' is standard input
    ///
    /// An empty line is an empty argument; CRLF and a byte order mark are removed. Without a
    /// COMMAND, the lines are command lines, as with -f. May be repeated: every combination runs,
    /// the first source varying slowest. With --pipe, FILE is cut into blocks.
    #[arg(short, long = "arg-file", value_name = "FILE", action = ArgAction::Append, help_heading = "Input", value_hint = ValueHint::FilePath)]
    pub(crate) arg_files: Vec<PathBuf>,

    /// Arguments per job
    ///
    /// max: as many as fit, spread evenly over the jobs that run at once. The last job may get
    /// fewer. With --pipe: records per block.
    #[arg(short = 'N', long, value_name = "N|max", value_parser = parse_batch, allow_negative_numbers = true, help_heading = "Input")]
    pub(crate) max_args: Option<BatchSize>,

    /// Input items end with NUL instead of newline
    ///
    /// For -a and -f, as written by `find -print0`. All other bytes of an argument are kept. With
    /// --pipe, records end with NUL.
    #[arg(short = '0', long, help_heading = "Input")]
    pub(crate) null: bool,

    /// Combine several sources one to one
    ///
    /// Instead of every combination. All sources must have the same length. `:::+` combines a list
    /// one to one with only the source before it.
    #[arg(long, help_heading = "Input")]
    pub(crate) link: bool,

    #[command(flatten)]
    pub(crate) columns: ColumnArgs,

    /// Run the jobs in random order
    ///
    /// The order is told as a SEED, with which the same version of prun repeats it. All jobs are
    /// read before the first one starts, and kept in memory.
    #[arg(long, value_name = "SEED", num_args = 0..=1, require_equals = true, hide_short_help = true, help_heading = "Input")]
    pub(crate) shuf: Option<Option<u64>>,

    /// Read jobs from FILE; '-' is standard input
    ///
    /// One command line per line, JSON Lines, a JSON array, or a document in TOML, YAML or JSON; see
    /// Files below. A file that is clearly something else (a makefile, a script, a table) is refused.
    /// Standard input is also read if no other input is given and it is not a terminal.
    #[arg(short, long, value_name = "FILE", help_heading = "Input", value_hint = ValueHint::FilePath)]
    pub(crate) file: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) selection: SelectionArgs,

    #[command(flatten)]
    pub(crate) blocks: BlockArgs,

    /// Run at most N jobs at once; 0 for no limit, N% of the CPUs
    ///
    /// N% is rounded up. +N and -N are so many more or fewer than the CPUs, at least 1. @FILE has one of
    /// these, and is read again before each start [default: no limit for COMMANDs, which may need each
    /// other; otherwise the number of CPUs].
    #[arg(short, long, short_alias = 'P', value_name = "N|N%|+N|-N|@FILE", value_parser = parse_jobs, allow_negative_numbers = true, help_heading = "Running")]
    pub(crate) jobs: Option<Jobs>,

    /// Give each slot a value, and run as many jobs at once as there are values
    ///
    /// LIST is A,B,C; @FILE has a value per line, without blank lines. In a template {slot} is the
    /// value of the slot in which a job runs; for every job it is in PRUN_SLOT_VALUE. For GPUs, ports
    /// or hosts; a value that is given twice makes two slots.
    #[arg(long, value_name = "LIST|@FILE", value_parser = OsStringValueParser::new().try_map(parse_slots), conflicts_with_all = ["jobs", "tty"], hide_short_help = true, help_heading = "Running")]
    pub(crate) slots: Option<SlotList>,

    #[command(flatten)]
    pub(crate) limits: LimitArgs,

    /// Terminate a job after TIME [default: no limit]
    ///
    /// Sends TERM to the job's process group, then KILL after --grace. Each attempt has its own
    /// limit. TIME is written 30, 0.5s, 250ms, 5m or 1h30m; a bare number is in seconds; 0 means no
    /// limit.
    #[arg(short, long, value_name = "TIME", value_parser = duration(), allow_negative_numbers = true, help_heading = "Running")]
    pub(crate) timeout: Option<Duration>,

    /// Wait TIME between TERM and KILL
    ///
    /// Whenever prun terminates a job; 0 kills at once. A prun that runs as a job of another prun
    /// uses at most nine tenths of the outer grace, so that its own jobs have ended before it is
    /// killed.
    #[arg(long, value_name = "TIME", value_parser = duration(), allow_negative_numbers = true, default_value = "5s", help_heading = "Running")]
    pub(crate) grace: Duration,

    /// Retry a failed job up to N times
    #[arg(
        long,
        value_name = "N",
        value_parser = parse_retries,
        default_value = "0",
        allow_negative_numbers = true,
        help_heading = "Running"
    )]
    pub(crate) retries: u32,

    /// Wait TIME before a retry
    ///
    /// Doubles with each further retry, up to 60 s.
    #[arg(long, value_name = "TIME", value_parser = duration(), allow_negative_numbers = true, default_value = "0", hide_short_help = true, help_heading = "Running")]
    pub(crate) retry_delay: Duration,

    /// End the whole run after TIME [default: no limit]
    ///
    /// All jobs are terminated and prun exits with code 124.
    #[arg(long, value_name = "TIME", value_parser = duration(), allow_negative_numbers = true, help_heading = "Running")]
    pub(crate) deadline: Option<Duration>,

    /// End the run at the first failed job: now or soon
    ///
    /// A job counts as failed after its last retry. now (default): running jobs are terminated. soon:
    /// running jobs may finish.
    #[arg(long, value_name = "now|soon", value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "now", hide_possible_values = true, help_heading = "Running")]
    pub(crate) fail_fast: Option<FailFastMode>,

    /// End the run after N failed jobs
    ///
    /// Implies --fail-fast [default: 1].
    #[arg(long, value_name = "N", value_parser = parse_max_fail, allow_negative_numbers = true, hide_short_help = true, help_heading = "Running")]
    pub(crate) max_fail: Option<NonZeroU32>,

    /// End the run when the first job ends, and exit with its exit code: end or ok
    ///
    /// The other jobs are terminated. A job ends after its retries. end (default): the first job
    /// decides, however it ends; if signal N killed it, the exit code is 128+N. ok: the first job that
    /// succeeds decides; if none does, the exit code is 1.
    #[arg(long, value_name = "end|ok", value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "end", hide_possible_values = true, conflicts_with_all = ["fail_fast", "max_fail"], help_heading = "Running")]
    pub(crate) race: Option<RaceMode>,

    #[command(flatten)]
    pub(crate) order: OrderArgs,

    /// Wait at least TIME between two starts
    #[arg(long, value_name = "TIME", value_parser = duration(), allow_negative_numbers = true, default_value = "0", hide_short_help = true, help_heading = "Running")]
    pub(crate) delay: Duration,

    /// Terminate the jobs even if prun itself is killed: auto, always, never
    ///
    /// By SIGKILL or in a crash. A small guard process waits for prun to end, then sends TERM to
    /// the process group of every job, and KILL after --grace; KILL at once if prun was already
    /// terminating the jobs. auto: start the guard when a job has run for 50 ms; run without it
    /// where it is not available or prun is process 1. always (default if WHEN is omitted): start
    /// it before the first job. never: jobs outlive a killed prun.
    #[arg(long, value_name = "WHEN", value_enum, num_args = 0..=1, require_equals = true, default_value_t = GuardMode::Auto, default_missing_value = "always", hide_possible_values = true, hide_short_help = true, help_heading = "Running")]
    pub(crate) guard: GuardMode,

    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,

    /// Print the commands instead of running them
    ///
    /// One per line, ready to paste, with directory, variables and input; with --json, as a job
    /// file. Jobs that need others are listed by levels: each needs only jobs of the levels before.
    #[arg(short = 'n', long, help_heading = "Running")]
    pub(crate) dry_run: bool,

    /// Run every command line with a shell [default PROG: /bin/sh]
    ///
    /// Even where no shell is needed. PROG may have options: --shell='bash -euo pipefail'.
    #[arg(short, long, value_name = "PROG", num_args = 0..=1, require_equals = true, default_missing_value = "/bin/sh", conflicts_with = "exec", help_heading = "Jobs", value_hint = ValueHint::CommandString)]
    pub(crate) shell: Option<OsString>,

    /// Never use a shell
    ///
    /// A command line with unquoted shell syntax is then an error.
    #[arg(long, help_heading = "Jobs")]
    pub(crate) exec: bool,

    /// Run the jobs in DIR
    ///
    /// A job's own cwd is relative to DIR.
    #[arg(short = 'C', long, value_name = "DIR", help_heading = "Jobs", value_hint = ValueHint::DirPath)]
    pub(crate) cwd: Option<PathBuf>,

    /// Set a variable for all jobs; may be repeated
    #[arg(short, long, value_name = "K=V", value_parser = OsStringValueParser::new().try_map(parse_env), action = ArgAction::Append, help_heading = "Jobs")]
    pub(crate) env: Vec<(OsString, OsString)>,

    /// Remove a variable for all jobs; may be repeated
    #[arg(short, long, value_name = "K", action = ArgAction::Append, help_heading = "Jobs")]
    pub(crate) unset: Vec<OsString>,

    /// Name the jobs of a template
    ///
    /// With the placeholders of the template, but {%} and {slot}. The name is shown in place of the
    /// command, and before each line with -o line, where the arguments are shown by default. An empty
    /// NAME with -o line shows whole lines without a prefix.
    #[arg(
        long,
        value_name = "NAME",
        hide_short_help = true,
        help_heading = "Output"
    )]
    pub(crate) name: Option<OsString>,

    /// Give the terminal to one job at a time
    ///
    /// For prompts and editors. Implies -j1 -o raw.
    #[arg(long, conflicts_with_all = ["json", "output", "jobs"], help_heading = "Output")]
    pub(crate) tty: bool,

    /// Give each job its own terminal for output, if prun's output is a terminal
    ///
    /// Programs then colour and wrap their output as on a terminal. Standard output and standard
    /// error become one stream. Of output that is redrawn, such as a progress bar, only the last
    /// state is shown when the job ends, unless it is the only job. PAGER and GIT_PAGER are set to
    /// cat.
    #[arg(
        long,
        conflicts_with = "tty",
        hide_short_help = true,
        help_heading = "Output"
    )]
    pub(crate) pty: bool,

    /// How to show the jobs' output
    ///
    /// The output of an only job, or with -j1, is shown as it arrives.
    #[arg(short, long, value_name = "MODE", value_enum, default_value_t = OutputMode::Group, help_heading = "Output")]
    pub(crate) output: OutputMode,

    /// Show output in the order of the jobs
    ///
    /// The output of the first unfinished job is shown as it arrives; that of later jobs waits.
    #[arg(short, long, help_heading = "Output")]
    pub(crate) keep_order: bool,

    /// Show only failed jobs; -qq shows nothing
    ///
    /// The output of jobs that failed, and the list of failures at the end.
    #[arg(short, long, action = ArgAction::Count, help_heading = "Output")]
    pub(crate) quiet: u8,

    /// Also show each job's start and end, with CPU time and memory
    #[arg(short, long, conflicts_with = "quiet", help_heading = "Output")]
    pub(crate) verbose: bool,

    /// Write JSON Lines to standard output: one record per job, or all events
    ///
    /// jobs (default): one object per finished job, with its result, output, times and memory.
    /// events: starts, output, retries and results as they happen. `prun --schema` describes both.
    #[arg(long, value_name = "jobs|events", value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "jobs", hide_possible_values = true, help_heading = "Output")]
    pub(crate) json: Option<JsonMode>,

    /// Append the start and the result of each job to FILE
    ///
    /// As JSON Lines: starts, retries, results. The last 64 KiB of a failed job's output are kept.
    #[arg(long, value_name = "FILE", help_heading = "Records", value_hint = ValueHint::FilePath)]
    pub(crate) joblog: Option<PathBuf>,

    /// Skip jobs that succeeded according to the job log
    ///
    /// A job is recognized by its command, directory, variables and input.
    #[arg(long, requires = "joblog", help_heading = "Records")]
    pub(crate) resume: bool,

    /// Write each job's output to files in DIR
    ///
    /// 0001-NAME.out and 0001-NAME.err, written by the job itself. The output is shown when the job
    /// ends; with --json, the records contain the paths of the files instead of the output. With
    /// --resume, DIR may be that of the earlier run, whose files are kept.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["tty", "replay"], help_heading = "Records", value_hint = ValueHint::DirPath)]
    pub(crate) log_dir: Option<PathBuf>,

    /// Write a JUnit report to FILE at the end
    ///
    /// Each job is a test case, with the last 64 KiB of its output. '-' is standard output.
    #[arg(long, value_name = "FILE", help_heading = "Records", value_hint = ValueHint::FilePath)]
    pub(crate) junit: Option<PathBuf>,

    /// Write a trace to FILE during the run
    ///
    /// For Perfetto or chrome://tracing: a row per slot, a slice per attempt. '-' is standard
    /// output.
    #[arg(long, value_name = "FILE", hide_short_help = true, help_heading = "Records", value_hint = ValueHint::FilePath)]
    pub(crate) trace: Option<PathBuf>,

    /// Write an HTML report to FILE at the end
    ///
    /// Totals, a timeline, a table, and the output of failed jobs. '-' is standard output.
    #[arg(long, value_name = "FILE", help_heading = "Records", value_hint = ValueHint::FilePath)]
    pub(crate) report: Option<PathBuf>,

    /// Show the last run in the job log LOG again, without running anything
    ///
    /// On the screen, or as --report, --junit, --trace or --json.
    #[arg(long, value_name = "LOG", conflicts_with_all = ["commands", "file", "arg_files", "joblog", "dry_run"], hide_short_help = true, help_heading = "Records", value_hint = ValueHint::FilePath)]
    pub(crate) replay: Option<PathBuf>,

    /// When to colour prun's own messages
    ///
    /// auto: if they go to a terminal; respects NO_COLOR, CLICOLOR_FORCE and TERM.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = ColorMode::Auto, hide_short_help = true, help_heading = "Output")]
    pub(crate) color: ColorMode,

    /// What to show while jobs run: auto, bar, plain, none
    ///
    /// bar: completed jobs, running jobs and the estimated time left. plain: a line per finished
    /// job, and a line that names the running jobs after 60 s of silence. auto: bar on a terminal,
    /// unless standard output is a pipe, whose reader may write to the terminal too; plain if TERM
    /// is dumb or not set; otherwise none.
    #[arg(long, value_name = "MODE", value_enum, default_value_t = ProgressMode::Auto, hide_possible_values = true, help_heading = "Output")]
    pub(crate) progress: ProgressMode,

    /// Format output for a CI log: auto, github, gitlab, azure, buildkite, teamcity, plain, off
    ///
    /// A line per finished job, and a line that names the running jobs after 60 s of silence. Where
    /// the log supports it, passed jobs are folded and failed jobs annotated. Everything goes to
    /// standard output, if that is the log. auto detects the CI system from its environment
    /// variables.
    #[arg(long, value_name = "VENDOR", value_enum, default_value_t = CiMode::Auto, hide_possible_values = true, hide_short_help = true, help_heading = "Output")]
    pub(crate) ci: CiMode,

    /// Take the command line of GNU parallel; must be the first word
    ///
    /// Also if prun is called as `parallel`. See GNU parallel below.
    #[arg(long = "gnu", help_heading = "About prun")]
    pub(crate) gnu_mode: bool,

    /// What a command line of GNU parallel asks for.
    #[arg(skip)]
    pub(crate) gnu: Option<Box<GnuArgs>>,

    #[command(flatten)]
    pub(crate) about: AboutArgs,
}

impl Args {
    /// Whether output goes to files alone.
    pub(crate) fn keeps_output(&self) -> bool {
        let gnu = self.gnu.as_ref();
        gnu.is_some_and(|gnu| gnu.files || gnu.results.is_some())
    }

    /// Whether only the output of a job's last attempt is shown: where it is data, half of it must not come
    /// before the whole.
    pub(crate) fn shows_last_attempt(&self) -> bool {
        self.gnu.is_some() || self.blocks.pipe
    }

    /// The prefix of each line of output, for GNU parallel.
    pub(crate) fn tag(&self) -> Option<&OsStr> {
        self.gnu.as_ref()?.tag.as_deref()
    }
}
