//! The sections below the options, for both help and the manual page.

use std::fmt::Write;

use clap::builder::Styles;

/// A heading and its entries.
pub(crate) struct Section {
    pub(crate) title: &'static str,
    /// A term, as it is typed or seen, and its meaning.
    pub(crate) entries: &'static [(&'static str, &'static str)],
}

/// The sections, in the order of manual pages.
pub(crate) const SECTIONS: [Section; 6] = [
    Section {
        title: "Examples",
        entries: &[
            (
                "prun 'cargo test' 'npm test' 'ruff check'",
                "Run three commands at once; exit with 0 if all succeed.",
            ),
            (
                "prun gzip -9 {} ::: *.log",
                "Run one command per file, without a shell.",
            ),
            (
                "prun 'wc -l < {} > {.}.n' ::: *.txt",
                "The same with a shell. File names are passed as positional parameters, and never become part of the script.",
            ),
            (
                "ls *.log | prun gzip -9 {}",
                "Run one command per line of standard input.",
            ),
            (
                "fd -0e log | prun -0a - gzip",
                "Read NUL-terminated arguments from a pipe.",
            ),
            (
                "prun --csv --header -a people.csv ./mail {address} --name {name}",
                "Run one command per row of a table.",
            ),
            (
                "zcat log.gz | prun --pipe --block 10M -k 'grep -c error'",
                "Cut an input into blocks of whole lines; each is the input of one job.",
            ),
            (
                "prun -j4 -t 10m --retries 1 -f jobs.txt",
                "Run a job file in CI, with a time limit and one retry per job.",
            ),
            (
                "prun --fail-fast 'web: ./serve' 'test: ./try'",
                "Name the jobs; when one fails, terminate the others.",
            ),
            (
                "prun --json 'make a' 'make b' | jq -r 'select(.status != \"ok\").cmd'",
                "List the commands that failed.",
            ),
            (
                "prun --joblog run.log --resume -f jobs.txt",
                "Run a job file that can be interrupted; the same command continues it.",
            ),
        ],
    },
    Section {
        title: "Placeholders",
        entries: &[
            (
                "{} {.} {..} {/} {/.} {/..} {//}",
                "The argument; without its extension; without two extensions, if it has two; its base name, and that without one or two extensions; its directory.",
            ),
            (
                "{%SUFFIX} {#PREFIX} {/OLD/NEW}",
                "The argument without this ending or beginning; with the first OLD replaced by NEW. All are literal text without braces, quotes, $ and backslashes.",
            ),
            (
                "{1} {2/.} {1%.gz} ...",
                "The argument from the first source, the second, and so on, in every form. SUFFIX and PREFIX may hold blanks only here, and {%s}, {%Y-%m} and other formats of printf and date are text without a number.",
            ),
            ("{#} {%}", "The number of the job; the number of its slot."),
            (
                "{name} {name/.} {name%.gz} ...",
                "With --header, the field of the column with this name, in every form.",
            ),
            (
                "{{}} {{.}} ...",
                "A placeholder in another pair of braces is the text of that placeholder: {} or {.}. All other braces are left alone.",
            ),
        ],
    },
    Section {
        title: "GNU parallel",
        entries: &[
            (
                "prun --gnu ..., parallel ...",
                "If --gnu is the first word, or if prun is called as `parallel` (a symbolic link, an alias), the command line is that of GNU parallel, and so are job log, results, and exit status: the number of failed jobs, 101 for more than 100, 255 for other errors. `prun --gnu --help` lists all options.",
            ),
            (
                "The command",
                "Its words are joined with blanks for $PARALLEL_SHELL, or $SHELL if that is a Bourne shell, or /bin/sh. An argument never becomes text of that shell: where GNU parallel would put one into quotes, a here-document or the like, prun ends with 255. In double quotes \"{}\" is the argument itself, which GNU parallel would quote once more.",
            ),
            (
                "Taken",
                "Input: -a :::: ::: :::+ ::::+ --link --colsep (a text, a class, \\s+) --csv --header : -0 -d -E -r -n -N -L -X -m --xargs -s --trim --shuf --pipe --pipepart --block --recstart --recend --round-robin. Command: -I --plus --rpl (s/TEXT/TEXT/) -q and all replacement strings but perl. Running: -j --load --memfree (which ends no job) --delay --timeout --retries --halt --termseq --nice --wd. Output: -k -u --lb --tag --tagstring --files --results --joblog --resume --resume-failed --retry-failed -v -t --dry-run --bar. $PARALLEL and ~/.parallel/config, unless --plain.",
            ),
            (
                "Refused",
                "With a line that names another way: perl expressions, regular expressions as separators, other hosts (-S, --transfer, --return, ...), --sqlmaster, --semaphore, --tmux, --interactive, --memsuspend, --noswap, --timeout N%, --cat, --fifo, --tee, --shard, profiles (-J). Nothing runs then.",
            ),
        ],
    },
    Section {
        title: "Exit status",
        entries: &[
            (
                "0",
                "Every job succeeded (possibly after a retry), or there were no jobs.",
            ),
            (
                "1",
                "A job failed, timed out, was killed by a signal or could not start.",
            ),
            (
                "2",
                "The command line, the job file or the job log is invalid, or the system cannot start any job. No further jobs were started.",
            ),
            (
                "3",
                "Output, the job log or a report could not be stored or written, even if every job succeeded.",
            ),
            ("124", "The run exceeded --deadline."),
            (
                "first job's",
                "With --race: the exit code of the job that decides it; 128+N if signal N killed it.",
            ),
            (
                "signal",
                "prun received a signal: it terminates the jobs and re-raises the signal, so that a shell loop around prun ends too. If the reader of standard output has gone away, prun dies silently of SIGPIPE.",
            ),
        ],
    },
    Section {
        title: "Environment",
        entries: &[
            (
                "PRUN_SEQ, PRUN_SLOT, PRUN_ATTEMPT, PRUN_NAME",
                "Set for every job: its number in the order of input, the slot it runs in, the number of the attempt, and its name. The first three count from 1.",
            ),
            (
                "PRUN_RUN_ID",
                "Set for every job: the unique ID of the run. It is also written to the job log, and --resume uses it to find jobs that a killed run has left running.",
            ),
            (
                "PRUN_GRACE",
                "Set for every job to --grace in seconds, unless that is 0. A prun that finds it set limits its own grace to nine tenths of it.",
            ),
            (
                "MAKEFLAGS, CARGO_MAKEFLAGS",
                "If one of them names a jobserver and -j is not given, prun runs only as many jobs at once as it gets tokens for. Set for every job with --jobserver.",
            ),
            (
                "NO_COLOR",
                "If set and not empty, disables colour unless --color=always is given.",
            ),
            (
                "CLICOLOR_FORCE",
                "If set and neither empty nor 0, enables colour even if the output is not a terminal.",
            ),
            (
                "CI, GITHUB_ACTIONS, GITLAB_CI, TF_BUILD, BUILDKITE, TEAMCITY_VERSION, JENKINS_URL, CIRCLECI, TRAVIS, bamboo_buildKey, CODEBUILD_BUILD_ID and those of other CI systems",
                "If one of them is set, and is neither empty nor 0 nor false, output is formatted for a CI log; see --ci.",
            ),
            (
                "GITHUB_STEP_SUMMARY",
                "On GitHub Actions, the file to which a table of the jobs is appended.",
            ),
            (
                "PAGER, GIT_PAGER",
                "Set to cat for the jobs with --pty, unless set or removed with -e or -u.",
            ),
            (
                "TERM",
                "If dumb, empty or not set, disables colour and the progress bar.",
            ),
            (
                "TMPDIR",
                "Directory for the unnamed files that hold output too large for memory [default: /tmp].",
            ),
        ],
    },
    Section {
        title: "Files",
        entries: &[
            (
                "jobs.txt",
                "A job file with one command line per line. Blank lines and lines that begin with # are skipped; `NAME: COMMAND` names a job. With `#!/usr/bin/env -S prun -f` as its first line, the file can be executed; a file with any other `#!` line is a script, and is refused.",
            ),
            (
                "jobs.jsonl, jobs.json",
                "A job file in JSON Lines, or with one JSON array: {\"name\": \"api\", \"cmd\": \"cargo test -p api\", \"cwd\": \"api\", \"env\": {\"CI\": null}, \"timeout\": \"5m\", \"retries\": 1}, or \"argv\" (an array of words, run without a shell) instead of \"cmd\"; also \"stdin\", \"shell\" and the keys below.",
            ),
            (
                "build.toml, build.yaml, build.json",
                "A document: jobs by name under `jobs` ([jobs.test] in TOML), with the same keys; `defaults` (cwd, env, shell, timeout, retries) for all of them; and `pools`, such as db = 1. A document on standard input is recognized by `[jobs.NAME]`, `jobs:` or {\"jobs\": in its first line. `prun --schema=jobs` describes it for editors. YAML is 1.2: no, on and 1_000 are strings; anchors and << are read, tags are not. A value of env is a string, in quotes if it looks like a number. TOML has no null: there a job cannot remove a variable.",
            ),
            (
                "needs",
                "Names of jobs that must have ended well before this one starts; services must be ready. On a stream only earlier jobs; otherwise in any order, but not in a cycle. --only and --skip select jobs by name.",
            ),
            (
                "weight, pool, allow_failure",
                "How many slots the job takes; a set of jobs of which only so many run at once (the number is in `pools`, or \"pool_limit\" of every job of the set in JSON Lines, where it is 1 by default); whether its failure counts neither for the run nor for the jobs that need it.",
            ),
            (
                "service, ready, ready_timeout",
                "service = true is a job that runs until all others have ended, and is terminated then; it takes no slot, and has no timeout, retries, weight or pool. It is ready when the command `ready` (a line, or an array of words) succeeds, within ready_timeout [default: 60s].",
            ),
            (
                "run.log",
                "A job log, written by --joblog: JSON Lines, one per start, retry and end of a job.",
            ),
        ],
    },
];

/// Printed for `prun` without arguments on a terminal: the four forms of its command line.
pub(crate) const SHAPES: &str = "\
prun runs many commands at once. There are four ways to name them:

  prun 'make api' 'make web'         command lines, one per argument
  prun gzip -9 {} ::: *.log          one command, run once per argument
  ls *.log | prun gzip -9 {}         the same, once per line of standard input
  prun -f jobs.txt                   a job file, or one piped into prun

See `prun --help` for all options.
";

/// Returns the sections as text for the help.
pub(crate) fn help() -> String {
    let style = Styles::styled();
    let (header, literal) = (style.get_header(), style.get_literal());
    let mut text = String::new();
    for Section { title, entries } in &SECTIONS {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{header}{title}:{header:#}");
        for (term, meaning) in *entries {
            let _ = writeln!(text, "  {literal}{term}{literal:#}\n          {meaning}");
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text
}
