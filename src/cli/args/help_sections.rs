//! What help and the manual page say below the options: each fact once, for both.

use std::fmt::Write;

use clap::builder::Styles;

/// A heading and what stands below it.
pub(crate) struct Section {
    pub(crate) title: &'static str,
    /// Each a term, as it is typed or seen, and what it means.
    pub(crate) entries: &'static [(&'static str, &'static str)],
}

/// In the order of manual pages.
pub(crate) const SECTIONS: [Section; 4] = [
    Section {
        title: "Examples",
        entries: &[
            (
                "prun 'cargo test' 'npm test' 'ruff check'",
                "Three commands at once; exit status 0 if all succeed.",
            ),
            (
                "prun gzip -9 {} ::: *.log",
                "One command for each file, without a shell.",
            ),
            (
                "prun 'wc -l < {} > {.}.n' ::: *.txt",
                "The same by a shell, which gets the names as its parameters and never reads them as text of its own.",
            ),
            ("fd -0e log | prun -0a - gzip", "Arguments from a pipe."),
            (
                "prun -j4 -t 10m --retries 1 -f jobs.txt",
                "A job file in CI, with a time limit and a second attempt for each job.",
            ),
            (
                "prun --fail-fast 'web: ./serve' 'test: ./try'",
                "Jobs with names; the first that fails ends the others.",
            ),
            (
                "prun --json 'make a' 'make b' | jq -r 'select(.status != \"ok\").cmd'",
                "The commands that did not end well.",
            ),
            (
                "prun --joblog run.log --resume -f jobs.txt",
                "A long run that can be stopped and goes on where it was.",
            ),
        ],
    },
    Section {
        title: "Exit status",
        entries: &[
            (
                "0",
                "Every job is ok (a success after a retry counts), or there were no jobs.",
            ),
            (
                "1",
                "A job failed, timed out, died by a signal or could not start.",
            ),
            (
                "2",
                "The command line, the job file or the job log is wrong, or the system lets no job start; nothing (more) was started.",
            ),
            (
                "3",
                "Output or the job log could not be kept or written, even if every job passed.",
            ),
            ("124", "The time for the whole run (--deadline) was over."),
            (
                "the winner's",
                "With --race: the exit status of the first job to end, 128+N if signal N ended it.",
            ),
            (
                "by signal",
                "prun was told to stop: the jobs were ended, then prun ends by the same signal, so that a shell's loop stops too. By SIGPIPE, silently, when the reader of standard output went away.",
            ),
        ],
    },
    Section {
        title: "Environment",
        entries: &[
            (
                "PRUN_SEQ, PRUN_SLOT, PRUN_ATTEMPT, PRUN_NAME",
                "Set for every job: its number in the order of input, which of the places for running jobs it has, the number of the attempt, its name; the first three count from 1.",
            ),
            (
                "PRUN_RUN_ID",
                "Set for every job: what names the run, unlike any other; the job log has it, and --resume finds by it what a killed run has left running.",
            ),
            (
                "PRUN_GRACE",
                "Set for every job to the seconds of --grace, unless that is 0; a prun that finds it set takes at most nine tenths of it as its own.",
            ),
            (
                "NO_COLOR",
                "If it is set and not empty, nothing is coloured, unless --color says always.",
            ),
            (
                "CLICOLOR_FORCE",
                "If it is set and neither empty nor 0, text is coloured also where it does not go to a terminal.",
            ),
            (
                "CI, GITHUB_ACTIONS, GITLAB_CI, TF_BUILD, BUILDKITE, TEAMCITY_VERSION, JENKINS_URL, CIRCLECI, TRAVIS, bamboo_buildKey, CODEBUILD_BUILD_ID and those of other CI systems",
                "If one of them is set, and neither empty nor 0 nor false, the output goes to a CI system's log: see --ci.",
            ),
            (
                "GITHUB_STEP_SUMMARY",
                "In GitHub's CI, the file to which a table of the jobs is appended.",
            ),
            (
                "PAGER, GIT_PAGER",
                "Set to cat for the jobs with --pty, unless -e or -u names them.",
            ),
            (
                "TERM",
                "If it is dumb, empty or not set, nothing is coloured, and no bar is drawn.",
            ),
            (
                "TMPDIR",
                "Where output is kept that is too large for memory, in files without a name [default: /tmp].",
            ),
        ],
    },
    Section {
        title: "Files",
        entries: &[
            (
                "jobs.txt",
                "A job file of lines: one command line a line; blank lines and lines that begin with # are skipped; `NAME: COMMAND` gives a name. A first line `#!/usr/bin/env -S prun -f` makes an executable file of it; any other `#!` line is that of a script, which is refused.",
            ),
            (
                "jobs.jsonl, jobs.json",
                "A job file of JSON Lines, or of one array: {\"name\": \"api\", \"cmd\": \"cargo test -p api\", \"cwd\": \"api\", \"env\": {\"CI\": null}, \"timeout\": \"5m\", \"retries\": 1}, or \"argv\" (an array of words, without a shell) in place of \"cmd\"; also \"stdin\" and \"shell\".",
            ),
            (
                "run.log",
                "A job log, named by --joblog: JSON Lines, one for each start, retry and ending of a job.",
            ),
        ],
    },
];

/// What `prun` alone says: its four shapes.
pub(crate) const SHAPES: &str = "\
prun runs many commands at once. Its four shapes:

  prun 'make api' 'make web'         each argument is one command line
  prun gzip -9 {} ::: *.log          one command, once for each argument
  fd -0e log | prun -0a - gzip {}    the same, arguments from a file or a pipe
  prun -f jobs.txt                   a job file; or pipe one into prun

`prun --help` tells the rest.
";

/// The sections as help shows them.
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
