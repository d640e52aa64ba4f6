//! Options of GNU parallel, among them all of xargs and of moreutils parallel.

use super::table::Answer;

pub(super) const BATCH: &str = "`-n` is --dry-run; use `-N N` for N arguments per job";
pub(super) const PLACEHOLDER: &str = "the placeholder is always `{}`: prun gzip {} ::: *.log";
pub(super) const MANY_ARGUMENTS: &str = "use `-N max` for as many arguments as fit";
pub(super) const LIMIT_OF_LENGTH: &str =
    "a command that is too long for the system is an error by default; `-N max` keeps to its limit";
pub(super) const BEGINNING_OF_FILE: &str =
    "all input is read; cut it beforehand: sed /END/Q list | prun -a - gzip";
pub(super) const ONE_MACHINE: &str =
    "jobs run on this machine; a host for each slot: prun --slots a,b ssh {slot} gzip {} ::: LIST";
pub(super) const PROFILE: &str = "there are no profiles: use an alias of the shell";
pub(super) const RETIRED: &str = "GNU parallel has no use for it any more: omit it";

const PREFIX: &str = "`-o line` prefixes each line with the name of its job";
const IS_DEFAULT: &str = "it is the default of prun: omit it";
const FORMS: &str = "placeholders have fixed names, see `prun --help`; {%.gz} cuts an ending, {/OLD/NEW} replaces a text, and a quoted command can change \"$1\"";
const BLOCKS: &str =
    "`--pipe` cuts an input into blocks of whole records, `--pipe -a FILE` a file by offsets";
const ONE_FILE: &str = "each job can read the same file: prun 'grep {} file' ::: a b";
const COPY: &str = "jobs run on this machine; copy files with scp or rsync in the command";
const SEMAPHORE: &str =
    "prun is no semaphore: give all commands to one prun with `-j N`, or use flock";
const SQL: &str =
    "there is no database; `--json` and `--joblog` write JSON Lines that one can read";
const CPUS: &str =
    "`-j` counts the CPUs that prun may use: `-j 50%` is half of them; nproc prints them";
const COMPRESS: &str =
    "output beyond 64 KiB is kept in an unnamed file in $TMPDIR, which is not compressed: omit it";
const RESUME: &str = "`--joblog FILE --resume` runs again all but the jobs that succeeded";

/// By name.
pub(super) const GNU_PARALLEL: &[Answer] = &[
    // Input.
    ("col-sep", "use `--colsep STR`"),
    (
        "delimiter",
        "items end with newline, or with NUL if `-0` is given",
    ),
    ("replace", PLACEHOLDER),
    (
        "rpl parens plus extensionreplace er basenamereplace bnr dirnamereplace dnr basenameextensionreplace bner seqreplace slotreplace",
        FORMS,
    ),
    ("xargs", MANY_ARGUMENTS),
    (
        "max-lines maxlines max-replace-args maxreplaceargs maxargs",
        "use `-N N` for N arguments per job",
    ),
    ("argfile", "use `-a FILE`"),
    (
        "max-chars maxchars exit show-limits showlimits max-line-length-allowed maxlinelengthallowed",
        LIMIT_OF_LENGTH,
    ),
    (
        "no-run-if-empty norunifempty",
        "without input, prun runs nothing by default",
    ),
    ("eof", BEGINNING_OF_FILE),
    (
        "trim",
        "trim the values beforehand: sed 's/^ *//' list | prun -a - gzip",
    ),
    (
        "skip-first-line skipfirstline",
        "skip it beforehand: tail +2 list | prun -a - gzip",
    ),
    (
        "arg-sep argsep arg-file-sep argfilesep",
        "the separator is always `:::`; `-a FILE` reads arguments from a file",
    ),
    (
        "xapply linkinputsource xapplyinputsource",
        "`--link` combines several sources one to one",
    ),
    (
        "filter",
        "filter the values beforehand: grep PATTERN list | prun -a - gzip",
    ),
    (
        "limit",
        "there is no such limit; `--load N` and `--memfree SIZE` look at the machine",
    ),
    // Blocks of standard input.
    (
        "spreadstdin pipe-part pipepart block-size blocksize block-timeout blocktimeout bt regexp regex remove-rec-sep removerecsep rrs roundrobin round cat fifo _pipe-means-argfiles",
        BLOCKS,
    ),
    ("shard bin group-by groupby", BLOCKS),
    ("tee", ONE_FILE),
    // Output.
    (
        "tag tag-string tagstring ctag ctag-string ctagstring",
        PREFIX,
    ),
    (
        "line-buffer line-buffered linebuffer linebuffered lb",
        "`-o line` shows each line as it comes, with the name of its job",
    ),
    ("ungroup", "`-o raw` captures no output"),
    (
        "group silent",
        "the output of each job is shown in one piece by default: omit it",
    ),
    (
        "latest-line latestline ll",
        "the last line of each running job is shown by default on a terminal",
    ),
    (
        "bar eta",
        "progress is shown by default on a terminal (`--progress`)",
    ),
    ("keeporder", "use `-k`"),
    ("no-keep-order nokeeporder nok no-k", IS_DEFAULT),
    (
        "results result res output-as-files outputasfiles files",
        "`--log-dir DIR` writes each job's output to files",
    ),
    (
        "colour color-failed colour-failed colorfailed colourfailed color-fail colour-fail colorfail colourfail cf",
        "prun's own messages are coloured on a terminal (`--color`)",
    ),
    (
        "tmux tmux-pane tmuxpane",
        "a terminal shows the last line of each running job; `-o line` shows all lines",
    ),
    (
        "compress use-compress-program compress-program usecompressprogram compressprogram use-decompress-program decompress-program usedecompressprogram decompressprogram",
        COMPRESS,
    ),
    (
        "tmpdir tempdir",
        "set TMPDIR: TMPDIR=/scratch prun 'make a' 'make b'",
    ),
    (
        "open-tty",
        "`--tty` gives the terminal to one job at a time",
    ),
    ("_parset", "`--json` writes the output of each job, for jq"),
    // Running.
    (
        "max-procs maxprocs",
        "use `-j N` for the number of jobs at once",
    ),
    (
        "halt halt-on-error haltonerror",
        "`--fail-fast` ends the run at the first failure, `--max-fail N` at the Nth, `--race` when the first job ends, `--race=ok` when one succeeds",
    ),
    (
        "noswap memsuspend",
        "running jobs are not stopped for memory; with `--memfree SIZE` no further ones start",
    ),
    (
        "nice",
        "lower the priority of all: nice prun 'make a' 'make b'",
    ),
    (
        "term-seq termseq",
        "jobs get TERM, then KILL after the time of `--grace`",
    ),
    (
        "interactive",
        "prun does not ask: `-n` prints the commands without running them",
    ),
    ("dryrun dr", "use `-n`"),
    (
        "quote",
        "a command of several words is passed on as it is, without a shell: omit it",
    ),
    (
        "shell-quote shellquote shell_quote",
        "`-n` prints the commands quoted for a shell",
    ),
    ("work-dir workdir wd", "`-C DIR` runs the jobs in DIR"),
    (
        "process-slot-var processslotvar",
        "each job has its slot in $PRUN_SLOT; `{%}` is the slot",
    ),
    (
        "record-env recordenv session",
        "jobs inherit the environment: omit it",
    ),
    (
        "template tmpl",
        "write the file in the command: prun 'sed \"s/NAME/$1/\" template > {}.conf' ::: a b",
    ),
    (
        "total-jobs totaljobs total",
        "the total is counted where possible: omit it",
    ),
    // Records.
    ("jl", "use `--joblog FILE`"),
    (
        "resume-failed resumefailed retry-failed retryfailed",
        RESUME,
    ),
    (
        "sql sql-master sqlmaster sql-worker sqlworker sql-and-worker sqlandworker",
        SQL,
    ),
    // Other machines.
    (
        "sshlogin sshloginfile slf onall nonall controlmaster ssh ssh-delay sshdelay filter-hosts filterhosts filter-host hgrp hostgrp hostgroup hostgroups",
        ONE_MACHINE,
    ),
    (
        "transfer-file transferfile transfer-files transferfiles tf return trc transfer cleanup basefile bf rsync-opts rsyncopts",
        COPY,
    ),
    // As another program.
    (
        "semaphore semaphore-timeout semaphoretimeout st semaphore-name semaphorename id fg bg wait",
        SEMAPHORE,
    ),
    (
        "shebang hashbang shebang-wrap shebangwrap",
        "a job file can begin with a `#!` line: see Files in `prun --help`",
    ),
    (
        "shell-completion shellcompletion",
        "`--completions SHELL` prints the completions",
    ),
    ("embed", "prun is one program: copy it"),
    ("profile", PROFILE),
    (
        "plain tollef will-cite willcite nn nonotice no-notice citation bug",
        "prun needs no such option: omit it",
    ),
    (
        "number-of-cpus numberofcpus number-of-sockets numberofsockets number-of-cores numberofcores number-of-threads numberofthreads use-sockets-instead-of-threads usesocketsinsteadofthreads use-cores-instead-of-threads usecoresinsteadofthreads use-cpus-instead-of-cores usecpusinsteadofcores",
        CPUS,
    ),
    (
        "min-version minversion minimal-version minimalversion",
        "`--version` prints the version",
    ),
    (
        "ctrl-c ctrlc no-ctrl-c no-ctrlc noctrlc debug _test",
        RETIRED,
    ),
];
