//! Options of concurrently and npm-run-all.

use super::table::Answer;

const NAMES: &str = "name the commands: prun 'web: npm run web' 'api: npm run api'";
const PREFIX: &str = "`-o line` prefixes each line with the name of its job";
const INPUT: &str = "`--tty` gives the terminal to one job at a time";

/// By name. `--race` and `--retries` of prun are in the answers.
pub(super) const CONCURRENTLY: &[Answer] = &[
    (
        "max-processes max-parallel",
        "use `-j N` for the number of jobs at once",
    ),
    ("names name-separator", NAMES),
    (
        "success",
        "every job must succeed; with `--race` the first to end, with `--race=ok` one",
    ),
    ("raw", "`-o raw` captures no output"),
    ("no-color", "use `--color never`"),
    (
        "hide",
        "`-o none` discards all output, `-q` that of jobs that succeed; of one job: 'make > /dev/null'",
    ),
    (
        "timings",
        "`-v` shows the start, the end and the times of each job",
    ),
    (
        "passthrough-arguments",
        "write the arguments into each command; in a script: prun \"npm test $1\"",
    ),
    (
        "teardown",
        "run it afterwards: prun 'make a' 'make b'; make clean",
    ),
    ("prefix print-label", PREFIX),
    (
        "prefix-colors prefix-length pad-prefix",
        "`-o line` colours, shortens and aligns the prefixes by default",
    ),
    (
        "timestamp-format",
        "`--json=events` writes the time of each piece of output",
    ),
    ("handle-input default-input-target", INPUT),
    (
        "kill-others",
        "`--race` ends the run when the first job ends, `--fail-fast` when one fails",
    ),
    ("kill-others-on-fail", "use `--fail-fast`"),
    (
        "kill-signal ks",
        "jobs get TERM, then KILL after the time of `--grace`",
    ),
    (
        "kill-timeout",
        "use `--grace TIME` for the time between TERM and KILL",
    ),
    (
        "restart-tries",
        "use `--retries N` to run a failed job again up to N times",
    ),
    ("restart-after restart-delay", "use `--retry-delay TIME`"),
    ("parallel", "commands run in parallel by default"),
    ("sequential serial", "use `-j1` to run one job at a time"),
    (
        "continue-on-error",
        "all jobs run even if one fails, by default",
    ),
    ("print-name", "`-v` shows the start of each job"),
    (
        "aggregate-output",
        "the output of each job is shown in one piece by default",
    ),
    (
        "npm-path",
        "write the path into the command: prun '/opt/npm run build'",
    ),
];
