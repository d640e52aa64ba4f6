//! The table of GNU parallel's options (20221122): their names, and what each means to prun.

use Effect::{NoEffect, Refused, Set};
use Takes::{Nothing, Optional, OptionalNumber, Value};

/// An option of GNU parallel.
#[derive(Debug)]
pub(crate) struct GnuOption {
    /// Its names without dashes: those of one letter are short options.
    pub(crate) names: &'static str,
    pub(crate) takes: Takes,
    pub(crate) effect: Effect,
}

/// Whether an option has a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    Nothing,
    Value,
    /// The next word, unless it begins with `-`.
    Optional,
    /// The next word, if it is a number.
    OptionalNumber,
}

/// What an option does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Set(Setting),
    /// Nothing that changes a result.
    NoEffect,
    /// It is an error, which names prun's own way.
    Refused(&'static str),
}

/// What an option sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Setting {
    ArgFile,
    ArgFileSeparator,
    ArgSeparator,
    Bar,
    BaseName,
    BaseNoExtension,
    Block,
    ColSep,
    Csv,
    Cpus,
    Delay,
    Delimiter,
    DirName,
    DryRun,
    Eof,
    Extension,
    Files,
    Group,
    Halt,
    Header,
    Help,
    Jobs,
    JobLog,
    KeepOrder,
    LineBuffer,
    Link,
    Load,
    MaxArgs,
    MaxChars,
    MaxLines,
    MaxReplaceArgs,
    MemFree,
    MinVersion,
    Multiple,
    MultipleContext,
    Nice,
    NoKeepOrder,
    Null,
    NoRunIfEmpty,
    Pipe,
    PipePart,
    Plain,
    Plus,
    Quote,
    RecEnd,
    RecStart,
    Replace,
    Results,
    Resume,
    ResumeFailed,
    Retries,
    RetryFailed,
    RoundRobin,
    Rpl,
    SeqReplace,
    ShellQuote,
    Shuf,
    SkipFirstLine,
    SlotReplace,
    Tag,
    TagString,
    TermSeq,
    Timeout,
    TmpDir,
    Trim,
    Tty,
    Ungroup,
    Verbose,
    VerboseErr,
    Version,
    WorkDir,
    Xargs,
}

const fn option(names: &'static str, takes: Takes, effect: Effect) -> GnuOption {
    GnuOption {
        names,
        takes,
        effect,
    }
}

const HOSTS: Effect =
    Refused("jobs run on this host: run ssh as the command (parallel ssh {} uptime ::: HOST...)");
const TRANSFER: Effect =
    Refused("jobs run on this host: copy files with rsync or scp before and after");
const SQL: Effect =
    Refused("there is no database: --results FILE.csv or --joblog FILE can be imported into one");
const SEMAPHORE: Effect = Refused(
    "there is no semaphore: flock(1) runs one command at a time, `parallel -j N` at most N",
);
const TMUX: Effect = Refused("jobs have no tmux window: --lb --tag shows which job prints what");
const SEPARATOR: Effect =
    Refused("records are separated by literal text (--recstart, --recend): convert them before");
const GROUPING: Effect =
    Refused("records go to whichever job is next: sort by the key, and split the input before");
const TEMPORARY: Effect = Refused(
    "a block is the job's standard input: read /dev/stdin, or save it with cat in the command",
);
const NOT_BUILT: Effect = Refused("prun has no such limit: choose the number of jobs with -j");

/// All of them, with the aliases of the original.
pub(crate) const OPTIONS: &[GnuOption] = &[
    option("arg-file argfile a", Value, Set(Setting::ArgFile)),
    option(
        "arg-file-sep argfilesep",
        Value,
        Set(Setting::ArgFileSeparator),
    ),
    option("arg-sep argsep", Value, Set(Setting::ArgSeparator)),
    option("bar", Nothing, Set(Setting::Bar)),
    option("basefile bf", Value, TRANSFER),
    option(
        "basenameextensionreplace bner",
        Value,
        Set(Setting::BaseNoExtension),
    ),
    option("basenamereplace bnr", Value, Set(Setting::BaseName)),
    option("bg", Nothing, SEMAPHORE),
    option("bibtex citation", Nothing, NoEffect),
    option("bin", Value, GROUPING),
    option("block-size blocksize block", Value, Set(Setting::Block)),
    option(
        "block-timeout blocktimeout bt",
        Value,
        Refused("a block is started when it is full, or at the end of the input"),
    ),
    option("cat", Nothing, TEMPORARY),
    option("cleanup", Nothing, TRANSFER),
    option("col-sep colsep C", Value, Set(Setting::ColSep)),
    option(
        "color colour",
        Nothing,
        Refused("output keeps the colours that the jobs give it"),
    ),
    option(
        "color-failed colour-failed colorfailed colourfailed color-fail colour-fail colorfail colourfail cf",
        Nothing,
        Refused("failed jobs are listed at the end by prun without --gnu"),
    ),
    option("compress", Nothing, NoEffect),
    option(
        "use-compress-program compress-program usecompressprogram compressprogram",
        Value,
        NoEffect,
    ),
    option(
        "use-decompress-program decompress-program usedecompressprogram decompressprogram",
        Value,
        NoEffect,
    ),
    option("controlmaster M", Nothing, HOSTS),
    option("csv", Nothing, Set(Setting::Csv)),
    option("ctag", Nothing, Set(Setting::Tag)),
    option("ctag-string ctagstring", Value, Set(Setting::TagString)),
    option("ctrl-c ctrlc no-ctrl-c no-ctrlc noctrlc", Nothing, NoEffect),
    option(
        "debug D",
        Value,
        Refused("prun --dry-run and --json=events show what is done"),
    ),
    option("delay", Value, Set(Setting::Delay)),
    option("delimiter d", Value, Set(Setting::Delimiter)),
    option("dirnamereplace dnr", Value, Set(Setting::DirName)),
    option("dry-run dryrun dr", Nothing, Set(Setting::DryRun)),
    option("embed", Nothing, Refused("copy the program itself")),
    option("env", Value, NoEffect),
    option("E", Value, Set(Setting::Eof)),
    option("eof e", Optional, Set(Setting::Eof)),
    option("eta", Nothing, Set(Setting::Bar)),
    option("exit x", Nothing, NoEffect),
    option("extensionreplace er", Value, Set(Setting::Extension)),
    option("fg", Nothing, NoEffect),
    option("fifo", Nothing, TEMPORARY),
    option(
        "filter",
        Value,
        Refused("it is a perl expression: select the arguments before, with grep or awk"),
    ),
    option("filter-hosts filterhosts filter-host", Nothing, HOSTS),
    option("gnu", Nothing, NoEffect),
    option("group", Nothing, Set(Setting::Group)),
    option("group-by groupby", Value, GROUPING),
    option("halt-on-error haltonerror halt", Value, Set(Setting::Halt)),
    option("header", Value, Set(Setting::Header)),
    option("help h", Nothing, Set(Setting::Help)),
    option("hgrp hostgrp hostgroup hostgroups", Nothing, HOSTS),
    option("I", Value, Set(Setting::Replace)),
    option(
        "interactive p",
        Nothing,
        Refused("prun does not ask: show the commands with --dry-run, and run the ones you want"),
    ),
    option("jobs j max-procs maxprocs P", Value, Set(Setting::Jobs)),
    option("joblog jl", Value, Set(Setting::JobLog)),
    option("keep-order keeporder k", Nothing, Set(Setting::KeepOrder)),
    option(
        "latest-line latestline ll",
        Nothing,
        Refused("--bar shows the last line of each job on a terminal, --lb shows all of them"),
    ),
    option("limit", Value, NOT_BUILT),
    option(
        "line-buffer line-buffered linebuffer linebuffered lb",
        Nothing,
        Set(Setting::LineBuffer),
    ),
    option("link xapply", Nothing, Set(Setting::Link)),
    option(
        "linkinputsource xapplyinputsource",
        Value,
        Refused("write :::+ or ::::+"),
    ),
    option("load", Value, Set(Setting::Load)),
    option("L", Value, Set(Setting::MaxLines)),
    option("max-args maxargs n", Value, Set(Setting::MaxArgs)),
    option("max-chars maxchars s", Value, Set(Setting::MaxChars)),
    option(
        "max-line-length-allowed maxlinelengthallowed",
        Nothing,
        Refused("getconf ARG_MAX prints the limit of the system"),
    ),
    option(
        "max-lines maxlines l",
        OptionalNumber,
        Set(Setting::MaxLines),
    ),
    option(
        "max-replace-args maxreplaceargs N",
        Value,
        Set(Setting::MaxReplaceArgs),
    ),
    option("memfree", Value, Set(Setting::MemFree)),
    option("memsuspend", Value, NOT_BUILT),
    option("min-version minversion", Value, Set(Setting::MinVersion)),
    option("m", Nothing, Set(Setting::Multiple)),
    option("nice", Value, Set(Setting::Nice)),
    option(
        "no-keep-order nokeeporder nok no-k",
        Nothing,
        Set(Setting::NoKeepOrder),
    ),
    option(
        "no-run-if-empty norunifempty r",
        Nothing,
        Set(Setting::NoRunIfEmpty),
    ),
    option("nonall", Nothing, HOSTS),
    option("noswap", Nothing, NOT_BUILT),
    option("null 0", Nothing, Set(Setting::Null)),
    option(
        "number-of-cores numberofcores number-of-cpus numberofcpus number-of-sockets numberofsockets number-of-threads numberofthreads",
        Nothing,
        Set(Setting::Cpus),
    ),
    option("onall", Nothing, HOSTS),
    option("open-tty o", Nothing, Set(Setting::Tty)),
    option(
        "output-as-files outputasfiles files",
        Nothing,
        Set(Setting::Files),
    ),
    option(
        "parens",
        Value,
        Refused("perl expressions are not run, however they are spelled"),
    ),
    option("pipe spreadstdin", Nothing, Set(Setting::Pipe)),
    option("pipe-part pipepart", Nothing, Set(Setting::PipePart)),
    option("plain", Nothing, Set(Setting::Plain)),
    option("plus", Nothing, Set(Setting::Plus)),
    option(
        "process-slot-var processslotvar",
        Value,
        Refused("jobs have PRUN_SLOT and PARALLEL_JOBSLOT, from 1"),
    ),
    option(
        "profile J",
        Value,
        Refused("write its options on the command line, or into PARALLEL"),
    ),
    option("progress", Nothing, Set(Setting::Bar)),
    option("quote q", Nothing, Set(Setting::Quote)),
    option("recend", Value, Set(Setting::RecEnd)),
    option(
        "recordenv record-env",
        Nothing,
        Refused("jobs get the environment that prun was given"),
    ),
    option("recstart", Value, Set(Setting::RecStart)),
    option("regexp regex", Nothing, SEPARATOR),
    option("remove-rec-sep removerecsep rrs", Nothing, SEPARATOR),
    option("replace i", Optional, Set(Setting::Replace)),
    option("results result res", Value, Set(Setting::Results)),
    option("resume", Nothing, Set(Setting::Resume)),
    option(
        "resume-failed resumefailed",
        Nothing,
        Set(Setting::ResumeFailed),
    ),
    option("retries", Value, Set(Setting::Retries)),
    option(
        "retry-failed retryfailed",
        Nothing,
        Set(Setting::RetryFailed),
    ),
    option("return", Value, TRANSFER),
    option(
        "round-robin roundrobin round",
        Nothing,
        Set(Setting::RoundRobin),
    ),
    option("rpl", Value, Set(Setting::Rpl)),
    option("rsync-opts rsyncopts", Value, TRANSFER),
    option("semaphore", Nothing, SEMAPHORE),
    option("semaphore-name semaphorename id", Value, SEMAPHORE),
    option("semaphore-timeout semaphoretimeout st", Value, SEMAPHORE),
    option("seqreplace", Value, Set(Setting::SeqReplace)),
    option(
        "session",
        Nothing,
        Refused("jobs get the environment that prun was given"),
    ),
    option("shard", Value, GROUPING),
    option(
        "shebang hashbang",
        Nothing,
        Refused(
            "it is the first word after the name of the program: #!/usr/bin/parallel --shebang",
        ),
    ),
    option(
        "shebang-wrap shebangwrap",
        Nothing,
        Refused("run the script as a command: parallel ./script ::: ARG..."),
    ),
    option(
        "shell-completion shellcompletion",
        Value,
        Refused("prun --completions SHELL prints those of prun"),
    ),
    option(
        "shell-quote shellquote shell_quote",
        Nothing,
        Set(Setting::ShellQuote),
    ),
    option(
        "show-limits showlimits",
        Nothing,
        Refused("getconf ARG_MAX prints the limit of the system"),
    ),
    option("shuf", Nothing, Set(Setting::Shuf)),
    option("silent", Nothing, NoEffect),
    option(
        "skip-first-line skipfirstline",
        Nothing,
        Set(Setting::SkipFirstLine),
    ),
    option("slotreplace", Value, Set(Setting::SlotReplace)),
    option(
        "sql-and-worker sqlandworker sql-master sqlmaster sql-worker sqlworker sql",
        Value,
        SQL,
    ),
    option("ssh", Value, HOSTS),
    option("ssh-delay sshdelay", Value, HOSTS),
    option("sshlogin S", Value, HOSTS),
    option("sshloginfile slf", Value, HOSTS),
    option("tag", Nothing, Set(Setting::Tag)),
    option("tag-string tagstring", Value, Set(Setting::TagString)),
    option(
        "tee",
        Nothing,
        Refused("a block goes to one job: use tee(1) with one pipe for each command"),
    ),
    option(
        "template tmpl",
        Value,
        Refused("write the file in the command: sed s/{}/VALUE/ FILE"),
    ),
    option("term-seq termseq", Value, Set(Setting::TermSeq)),
    option("timeout", Value, Set(Setting::Timeout)),
    option("tmpdir tempdir", Value, Set(Setting::TmpDir)),
    option("tmux", Nothing, TMUX),
    option("tmux-pane tmuxpane", Nothing, TMUX),
    option(
        "tollef",
        Nothing,
        Refused("write `:::` before the arguments"),
    ),
    option("total-jobs totaljobs total", Value, NoEffect),
    option("transfer", Nothing, TRANSFER),
    option(
        "transfer-file transferfile transfer-files transferfiles tf",
        Value,
        TRANSFER,
    ),
    option("trc", Value, TRANSFER),
    option("trim", Value, Set(Setting::Trim)),
    option("tty", Nothing, Set(Setting::Tty)),
    option("ungroup u", Nothing, Set(Setting::Ungroup)),
    option(
        "use-cores-instead-of-threads usecoresinsteadofthreads use-cpus-instead-of-cores usecpusinsteadofcores use-sockets-instead-of-threads usesocketsinsteadofthreads",
        Nothing,
        NoEffect,
    ),
    option("v", Nothing, Set(Setting::Verbose)),
    option("verbose t", Nothing, Set(Setting::VerboseErr)),
    option("version V", Nothing, Set(Setting::Version)),
    option("wait", Nothing, SEMAPHORE),
    option(
        "will-cite willcite nn nonotice no-notice",
        Nothing,
        NoEffect,
    ),
    option("work-dir workdir wd", Value, Set(Setting::WorkDir)),
    option("xargs", Nothing, Set(Setting::Xargs)),
    option("X", Nothing, Set(Setting::MultipleContext)),
    option(
        "B g H T U W Y",
        Nothing,
        Refused("GNU parallel has retired it"),
    ),
];
