//! The table of GNU parallel's options (20221122): their names, and what each means to prun.

use OptionEffect::{NoEffect, Set};
use Takes::{Nothing, Optional, OptionalNumber, Value};

use super::refused::REFUSED;
use super::takes::Takes;

/// An option of GNU parallel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GnuOption {
    /// Its names without dashes: those of one letter are short options.
    pub(crate) names: &'static str,
    pub(crate) takes: Takes,
    pub(crate) effect: OptionEffect,
}

/// What an option does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OptionEffect {
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

const fn option(names: &'static str, takes: Takes, effect: OptionEffect) -> GnuOption {
    GnuOption {
        names,
        takes,
        effect,
    }
}

/// Returns all options.
pub(crate) fn options() -> impl Iterator<Item = GnuOption> {
    let refused = REFUSED.iter().flat_map(|refusal| {
        let options = refusal.options.iter();
        options.map(|(names, takes)| option(names, *takes, OptionEffect::Refused(refusal.hint)))
    });
    TAKEN.iter().copied().chain(refused)
}

/// Those that are taken, with the aliases of the original.
const TAKEN: &[GnuOption] = &[
    option("arg-file argfile a", Value, Set(Setting::ArgFile)),
    option(
        "arg-file-sep argfilesep",
        Value,
        Set(Setting::ArgFileSeparator),
    ),
    option("arg-sep argsep", Value, Set(Setting::ArgSeparator)),
    option("bar", Nothing, Set(Setting::Bar)),
    option(
        "basenameextensionreplace bner",
        Value,
        Set(Setting::BaseNoExtension),
    ),
    option("basenamereplace bnr", Value, Set(Setting::BaseName)),
    option("bibtex citation", Nothing, NoEffect),
    option("block-size blocksize block", Value, Set(Setting::Block)),
    option("col-sep colsep C", Value, Set(Setting::ColSep)),
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
    option("csv", Nothing, Set(Setting::Csv)),
    option("ctag", Nothing, Set(Setting::Tag)),
    option("ctag-string ctagstring", Value, Set(Setting::TagString)),
    option("ctrl-c ctrlc no-ctrl-c no-ctrlc noctrlc", Nothing, NoEffect),
    option("delay", Value, Set(Setting::Delay)),
    option("delimiter d", Value, Set(Setting::Delimiter)),
    option("dirnamereplace dnr", Value, Set(Setting::DirName)),
    option("dry-run dryrun dr", Nothing, Set(Setting::DryRun)),
    option("env", Value, NoEffect),
    option("E", Value, Set(Setting::Eof)),
    option("eof e", Optional, Set(Setting::Eof)),
    option("eta", Nothing, Set(Setting::Bar)),
    option("exit x", Nothing, NoEffect),
    option("extensionreplace er", Value, Set(Setting::Extension)),
    option("fg", Nothing, NoEffect),
    option("gnu", Nothing, NoEffect),
    option("group", Nothing, Set(Setting::Group)),
    option("halt-on-error haltonerror halt", Value, Set(Setting::Halt)),
    option("header", Value, Set(Setting::Header)),
    option("help h", Nothing, Set(Setting::Help)),
    option("I", Value, Set(Setting::Replace)),
    option("jobs j max-procs maxprocs P", Value, Set(Setting::Jobs)),
    option("joblog jl", Value, Set(Setting::JobLog)),
    option("keep-order keeporder k", Nothing, Set(Setting::KeepOrder)),
    option(
        "line-buffer line-buffered linebuffer linebuffered lb",
        Nothing,
        Set(Setting::LineBuffer),
    ),
    option("link xapply", Nothing, Set(Setting::Link)),
    option("load", Value, Set(Setting::Load)),
    option("L", Value, Set(Setting::MaxLines)),
    option("max-args maxargs n", Value, Set(Setting::MaxArgs)),
    option("max-chars maxchars s", Value, Set(Setting::MaxChars)),
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
    option("min-version minversion", Value, Set(Setting::MinVersion)),
    option("m", Nothing, Set(Setting::Multiple)),
    option("memfree", Value, Set(Setting::MemFree)),
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
    option("null 0", Nothing, Set(Setting::Null)),
    option(
        "number-of-cores numberofcores number-of-cpus numberofcpus number-of-sockets numberofsockets number-of-threads numberofthreads",
        Nothing,
        Set(Setting::Cpus),
    ),
    option("open-tty o", Nothing, Set(Setting::Tty)),
    option(
        "output-as-files outputasfiles files",
        Nothing,
        Set(Setting::Files),
    ),
    option("pipe spreadstdin", Nothing, Set(Setting::Pipe)),
    option("pipe-part pipepart", Nothing, Set(Setting::PipePart)),
    option("plain", Nothing, Set(Setting::Plain)),
    option("plus", Nothing, Set(Setting::Plus)),
    option("progress", Nothing, Set(Setting::Bar)),
    option("quote q", Nothing, Set(Setting::Quote)),
    option("recend", Value, Set(Setting::RecEnd)),
    option("recstart", Value, Set(Setting::RecStart)),
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
    option(
        "round-robin roundrobin round",
        Nothing,
        Set(Setting::RoundRobin),
    ),
    option("rpl", Value, Set(Setting::Rpl)),
    option("seqreplace", Value, Set(Setting::SeqReplace)),
    option(
        "shell-quote shellquote shell_quote",
        Nothing,
        Set(Setting::ShellQuote),
    ),
    option("shuf", Nothing, Set(Setting::Shuf)),
    option("silent", Nothing, NoEffect),
    option(
        "skip-first-line skipfirstline",
        Nothing,
        Set(Setting::SkipFirstLine),
    ),
    option("slotreplace", Value, Set(Setting::SlotReplace)),
    option("tag", Nothing, Set(Setting::Tag)),
    option("tag-string tagstring", Value, Set(Setting::TagString)),
    option("term-seq termseq", Value, Set(Setting::TermSeq)),
    option("timeout", Value, Set(Setting::Timeout)),
    option("tmpdir tempdir", Value, Set(Setting::TmpDir)),
    option("total-jobs totaljobs total", Value, NoEffect),
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
    option(
        "will-cite willcite nn nonotice no-notice",
        Nothing,
        NoEffect,
    ),
    option("work-dir workdir wd", Value, Set(Setting::WorkDir)),
    option("xargs", Nothing, Set(Setting::Xargs)),
    option("X", Nothing, Set(Setting::MultipleContext)),
];
