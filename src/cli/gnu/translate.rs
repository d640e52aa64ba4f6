//! Translates a command line of GNU parallel.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use clap::Parser;

use super::answers;
use super::blocks::pipe;
use super::error::GnuError;
use super::options::{Setting, parse, values};
use super::script::{shebang, without_comments};
use super::sources::{Separators, file, shell_words};
use super::surroundings::{GnuSurroundings, directory, shell};
use crate::cli::args::{
    Args, CiMode, Echo, GnuArgs, GnuPipe, GnuResume, GnuSource, GnuValues, Jobs, MemoryLimit,
    OutputMode, ProgressMode,
};
use crate::plan::{BatchSize, ColumnSeparator, Insertion, Separator};

/// What a command line asks for.
pub(crate) enum Translated {
    Run(Box<Args>),
    /// Only to print this.
    Print(String),
}

/// The length of a command line that GNU parallel uses on Linux.
const MAX_CHARS: usize = 63_664;

/// Translates the words after the name of the program.
pub(crate) fn translate(
    words: Vec<OsString>,
    surroundings: &GnuSurroundings,
) -> Result<Translated, GnuError> {
    let (words, script) = shebang(words)?;
    let own = parse(words)?;
    let is_plain = own
        .settings
        .iter()
        .any(|(setting, _)| *setting == Setting::Plain);
    let mut settings = Vec::new();
    let mut words = Vec::new();
    if !is_plain {
        let parallel = surroundings.parallel.as_ref();
        let parallel = parallel.map(|text| ("PARALLEL".to_owned(), text.as_bytes().to_vec()));
        let profiles = surroundings.profiles.iter();
        let profiles =
            profiles.map(|(path, text)| (path.display().to_string(), without_comments(text)));
        for (name, text) in profiles.chain(parallel) {
            let split = shell_words(&text).ok_or_else(|| GnuError::Unbalanced(name.clone()))?;
            let given = parse(split).map_err(|error| GnuError::In(name, Box::new(error.into())))?;
            settings.extend(given.settings);
            words.extend(given.words);
        }
    }
    settings.extend(own.settings);
    words.extend(own.words);
    let mut translation = Translation::new(surroundings);
    if let Some(script) = script {
        translation.files.push(GnuValues::File(script));
        translation.gnu.reading.skips_first = true;
    }
    for (setting, value) in settings {
        if let Some(text) = translation.set(setting, &value)? {
            return Ok(Translated::Print(text));
        }
    }
    translation
        .finish(words)
        .map(|args| Translated::Run(Box::new(args)))
}

/// A translation in progress.
struct Translation<'a> {
    surroundings: &'a GnuSurroundings,
    args: Args,
    gnu: GnuArgs,
    separators: Separators,
    files: Vec<GnuValues>,
    trim: Option<(bool, bool)>,
    /// What `--pipe` would be, before or after that option.
    pipe: GnuPipe,
    is_pipe: bool,
    needs_file: bool,
    has_csv: bool,
    has_lines: bool,
}

impl<'a> Translation<'a> {
    fn new(surroundings: &'a GnuSurroundings) -> Self {
        let mut args = Args::parse_from(["prun"]);
        args.ci = CiMode::Off;
        args.progress = ProgressMode::None;
        args.grace = values::termination("TERM,200,TERM,100,TERM,50,KILL,25").unwrap_or_default();
        let tmpdir = surroundings.tmpdir.clone().unwrap_or_else(|| "/tmp".into());
        Self {
            surroundings,
            args,
            gnu: GnuArgs {
                command: Vec::new(),
                is_quoted: false,
                strings: Default::default(),
                sources: Vec::new(),
                // All bytes of a line are kept, also a carriage return.
                separator: Separator::Byte(b'\n'),
                reading: Default::default(),
                columns: None,
                has_header: false,
                link: false,
                batch: None,
                context: Insertion::Joined,
                max_chars: MAX_CHARS,
                spreads: false,
                shell: shell(surroundings),
                always_shell: surroundings.has_functions,
                pipe: None,
                echo: None,
                shell_quote: false,
                tag: None,
                joblog: None,
                resume: None,
                results: None,
                files: false,
                tmpdir: tmpdir.into(),
                halt: None,
                nice: None,
            },
            separators: Separators::default(),
            files: Vec::new(),
            trim: None,
            pipe: GnuPipe::default(),
            is_pipe: false,
            needs_file: false,
            has_csv: false,
            has_lines: false,
        }
    }

    /// Applies one option; returns a text if it only prints that.
    fn set(&mut self, setting: Setting, value: &OsStr) -> Result<Option<String>, GnuError> {
        let text = value.to_string_lossy();
        let wrong = |option, what| GnuError::Value(option, text.clone().into_owned(), what);
        let time =
            |option| values::time(&text).ok_or_else(|| wrong(option, "a time: 10, 0.5, 1m, 1h30m"));
        let count = |option| match values::size(&text) {
            Some(number) => Ok(usize::try_from(number).unwrap_or(usize::MAX)),
            None => Err(wrong(option, "a number")),
        };
        let (args, gnu) = (&mut self.args, &mut self.gnu);
        match setting {
            Setting::ArgFile => self.files.push(file(value.to_owned())),
            Setting::ArgFileSeparator => self.separators.files = value.to_owned(),
            Setting::ArgSeparator => self.separators.list = value.to_owned(),
            Setting::Bar => args.progress = ProgressMode::Auto,
            Setting::BaseName => gnu.strings.respell("{/}", value.as_bytes()),
            Setting::BaseNoExtension => gnu.strings.respell("{/.}", value.as_bytes()),
            Setting::ColSep => {
                let columns = ColumnSeparator::parse(value.as_bytes());
                gnu.columns = Some(columns.ok_or_else(|| GnuError::Columns(text.into_owned()))?);
            }
            Setting::Cpus => return Ok(Some(format!("{}
", (self.surroundings.cpus)()))),
            Setting::Delay => args.delay = time("--delay")?,
            Setting::Delimiter => {
                let separator = values::delimiter(value.as_bytes());
                gnu.separator = separator.ok_or_else(|| wrong("--delimiter", "one character, or \\t, \\0, \\x2c"))?;
            }
            Setting::DirName => gnu.strings.respell("{//}", value.as_bytes()),
            Setting::DryRun => args.dry_run = true,
            Setting::Eof => gnu.reading.end = (!value.is_empty()).then(|| value.to_owned()),
            Setting::Extension => gnu.strings.respell("{.}", value.as_bytes()),
            Setting::Files => gnu.files = true,
            Setting::Group => args.output = OutputMode::Group,
            Setting::Halt => gnu.halt = values::halt(&text).ok_or_else(|| wrong("--halt", "never, or now or soon, then fail, success or done, then a number or a percentage: now,fail=1"))?,
            Setting::Header if text == ":" => gnu.has_header = true,
            Setting::Header => {
                let lines = text.parse();
                self.pipe.header_lines = lines.map_err(|_| wrong("--header", "`:`, or a number of lines with --pipe"))?;
            }
            Setting::Help => return Ok(Some(answers::help())),
            Setting::Jobs => {
                let cpus = self.surroundings.cpus;
                let in_file = || {
                    values::jobs((self.surroundings.read)(Path::new(value))?.trim(), cpus)?;
                    Some(Jobs::File(value.into()))
                };
                let jobs = values::jobs(&text, cpus).or_else(in_file);
                let what = "a number of jobs, or a file with one: 4, 50%, +1, -1, 0 for no limit";
                args.jobs = Some(jobs.ok_or_else(|| wrong("--jobs", what))?);
            }
            Setting::JobLog => gnu.joblog = Some(value.into()),
            Setting::KeepOrder => args.keep_order = true,
            Setting::NoKeepOrder => args.keep_order = false,
            Setting::LineBuffer => args.output = OutputMode::Line,
            Setting::Link => gnu.link = true,
            Setting::Load => {
                let load = values::load(&text, self.surroundings.cpus);
                args.limits.load = Some(load.ok_or_else(|| wrong("--load", "a number of running processes: 4, 1.5, 100%, +1, -1"))?);
            }
            Setting::MaxArgs | Setting::MaxLines | Setting::MaxReplaceArgs => {
                let number = match setting {
                    Setting::MaxLines if value.is_empty() => 1,
                    _ => count("a number of arguments")?,
                };
                self.pipe.records = u64::try_from(number).ok();
                self.has_lines |= setting == Setting::MaxLines;
                gnu.batch = Some(BatchSize::Number(number.max(1)));
                gnu.context = match (number, setting) {
                    (0, _) => Insertion::Dropped,
                    (_, Setting::MaxArgs) => gnu.context,
                    _ => Insertion::Repeated,
                };
            }
            Setting::MaxChars => gnu.max_chars = count("--max-chars")?,
            Setting::MemFree => {
                let bytes = values::size(&text).ok_or_else(|| wrong("--memfree", "a size: 4096, 64K, 10M"))?;
                args.limits.memfree = Some(MemoryLimit::Bytes(bytes));
            }
            Setting::MinVersion => return Ok(Some(format!("{}\n", answers::VERSION))),
            Setting::Multiple | Setting::MultipleContext | Setting::Xargs => {
                gnu.batch = gnu.batch.or(Some(BatchSize::Most));
                gnu.spreads |= setting != Setting::Xargs;
                if setting == Setting::MultipleContext {
                    gnu.context = Insertion::Repeated;
                }
            }
            Setting::Nice => gnu.nice = Some(text.parse().ok().filter(|nice| (-20..20).contains(nice)).ok_or_else(|| wrong("--nice", "a niceness from -20 to 19"))?),
            Setting::NoRunIfEmpty => gnu.reading.skips_empty = true,
            Setting::Null => gnu.separator = Separator::Null,
            Setting::Plain => {}
            Setting::Plus => gnu.strings.add_plus(),
            Setting::Quote => gnu.is_quoted = true,
            Setting::Replace => {
                let spelling = if value.is_empty() { b"{}".as_slice() } else { value.as_bytes() };
                gnu.strings.respell("{}", spelling);
            }
            Setting::Results => gnu.results = Some(value.into()),
            Setting::Resume => gnu.resume = gnu.resume.or(Some(GnuResume::Unfinished)),
            Setting::ResumeFailed => gnu.resume = Some(GnuResume::Failed),
            Setting::RetryFailed => gnu.resume = Some(GnuResume::LoggedFailures),
            Setting::Retries => {
                let tries = count("--retries")?;
                // 0 is without a limit.
                let retries = tries.checked_sub(1).unwrap_or(usize::MAX);
                args.retries = u32::try_from(retries).unwrap_or(u32::MAX);
            }
            Setting::Rpl => gnu.strings.add(value.as_bytes())?,
            Setting::SeqReplace => gnu.strings.respell("{#}", value.as_bytes()),
            Setting::ShellQuote => gnu.shell_quote = true,
            Setting::SkipFirstLine => gnu.reading.skips_first = true,
            Setting::SlotReplace => gnu.strings.respell("{%}", value.as_bytes()),
            Setting::Tag => gnu.tag = Some("{}".into()),
            Setting::TagString => gnu.tag = Some(OsString::from_vec(values::unescaped(value.as_bytes()))),
            Setting::TermSeq => args.grace = values::termination(&text).ok_or_else(|| wrong("--termseq", "TERM and milliseconds, once or more, then KILL: TERM,200,KILL,25"))?,
            Setting::Timeout => args.timeout = Some(time("--timeout")?),
            Setting::TmpDir => gnu.tmpdir = value.into(),
            Setting::Trim => {
                self.trim = Some(match &*text {
                    "n" => (false, false),
                    "l" => (true, false),
                    "r" => (false, true),
                    "lr" | "rl" => (true, true),
                    _ => return Err(wrong("--trim", "one of n, l, r, lr, rl")),
                });
            }
            Setting::Tty => args.tty = true,
            Setting::Ungroup => args.output = OutputMode::Raw,
            Setting::Verbose => gnu.echo = Some(Echo::Stdout),
            Setting::VerboseErr => gnu.echo = gnu.echo.or(Some(Echo::Stderr)),
            Setting::Version => return Ok(Some(answers::version())),
            Setting::WorkDir => args.cwd = Some(directory(value).ok_or_else(|| wrong("--workdir", "a directory without replacement strings (`...` and `{}` are not supported): write cd {} && in the command"))?),
            Setting::Block => {
                let bytes = values::size(&text).filter(|bytes| *bytes > 0);
                self.pipe.block_bytes = Some(bytes.ok_or_else(|| wrong("--block", "a size: 4096, 64K, 10M"))?);
            }
            Setting::Csv => self.has_csv = true,
            Setting::Pipe => self.is_pipe = true,
            Setting::PipePart => (self.is_pipe, self.needs_file) = (true, true),
            Setting::RecEnd => self.pipe.end = Some(values::unescaped(value.as_bytes())),
            Setting::RecStart => self.pipe.start = values::unescaped(value.as_bytes()),
            Setting::RoundRobin => self.pipe.is_round_robin = true,
            Setting::Shuf => args.shuf = Some(None),
        }
        Ok(None)
    }

    /// Returns the settings of the whole command line.
    fn finish(mut self, words: Vec<OsString>) -> Result<Args, GnuError> {
        let (command, sources) = self.separators.divide(words);
        let (args, gnu) = (&mut self.args, &mut self.gnu);
        let files = self.files.into_iter().map(|values| GnuSource {
            values,
            is_linked: false,
        });
        gnu.sources = files.chain(sources).collect();
        gnu.command = command;
        if self.has_csv {
            gnu.columns = match gnu.columns.take() {
                None => Some(ColumnSeparator::Csv(b',')),
                Some(columns) => Some(
                    columns
                        .csv()
                        .ok_or(GnuError::Conflict("--csv needs one character as --colsep"))?,
                ),
            };
        }
        if self.is_pipe {
            gnu.pipe = Some(pipe(
                self.pipe,
                gnu,
                self.needs_file,
                self.has_lines,
                args.retries,
            )?);
        }
        if gnu.sources.is_empty() && gnu.resume != Some(GnuResume::LoggedFailures) {
            if self.surroundings.stdin_is_terminal && gnu.command.is_empty() {
                return Err(GnuError::Nothing);
            }
            gnu.sources.push(GnuSource {
                values: GnuValues::Stdin,
                is_linked: false,
            });
        }
        if let Separator::Byte(separator) = gnu.separator {
            for source in &mut gnu.sources {
                source.divide(separator);
            }
        }
        if gnu.shell_quote {
            if !gnu.command.is_empty() {
                return Err(GnuError::Conflict(
                    "--shellquote quotes arguments, not a command: printf %q quotes words",
                ));
            }
            args.dry_run = true;
        }
        // As in GNU parallel, columns have no blanks around them.
        let trims = self
            .trim
            .unwrap_or((gnu.columns.is_some(), gnu.columns.is_some()));
        (gnu.reading.trims_start, gnu.reading.trims_end) = trims;
        if gnu.batch == Some(BatchSize::Number(1)) && gnu.context != Insertion::Dropped {
            // One argument per job is what there is without it.
            gnu.batch = None;
        }
        if gnu.resume.is_some() && gnu.joblog.is_none() {
            return Err(GnuError::Conflict(
                "--resume, --resume-failed and --retry-failed need --joblog FILE",
            ));
        }
        if args.tty && (args.output != OutputMode::Group || args.jobs.is_some()) {
            args.output = OutputMode::Group;
            args.jobs = None;
        }
        args.gnu = Some(Box::new(self.gnu));
        Ok(self.args)
    }
}
