//! The settings of a run, determined once.

use std::fs::File;
use std::io;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::display;
use super::environment::{self, EnvironmentError};
use super::files::{self, FilesError, files, log_dir};
use super::grace::{self, GraceError};
use super::inputs::{Input, InputError, separator};
use super::jobs::{fewer_at_once, wanted_jobs};
use super::output::{self, OutputForm};
use super::surroundings::Surroundings;
use crate::cli::args::Args;
use crate::cli::args::{FailFastMode, JsonMode, OutputMode};
use crate::guard::{Guard, Wanted};
use crate::os::Terminal;
use crate::plan::{Rules, Shell, ShellError, ShellRule, Source};
use crate::process::{Environment, Stdio, TerminalSize};
use crate::run::{FailFast, Foreground, JobOutput, LogDirError, Options, OutputDelivery, Policy};
use crate::sink::{
    DisplayOptions, DryRun, JobLogError, LoggedRun, OpenLog, OpenRunFiles, Paster, Readers,
    ReplayError, RunFileError, Show, StepSummary, open_log,
};

/// All that a run needs to know.
pub(crate) struct Settings {
    pub(crate) options: Options,
    pub(crate) form: OutputForm,
    pub(crate) display: DisplayOptions,
    /// Formats commands for pasting.
    pub(crate) paster: Paster,
    /// Whether the run ends when the reader of captured output has gone away.
    pub(crate) watches_reader: bool,
    /// Whether everything is shown in the order of the jobs.
    pub(crate) keep_order: bool,
    /// Whether a guard process ends the jobs if prun is killed.
    pub(crate) guard: Wanted,
    /// The job log, open and locked.
    pub(crate) log: Option<OpenLog>,
    /// The unique ID of the run.
    pub(crate) run_id: String,
    /// The report files, opened.
    pub(crate) files: OpenRunFiles,
    /// The size of each job's output terminal, if it has one.
    pub(crate) terminal: Option<TerminalSize>,
    /// Printed before anything else.
    pub(crate) warnings: Vec<String>,
}

/// An invalid command line. The text is for the user; nothing was started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    #[error("--json cannot be used with -o {0}: the records contain the output")]
    JsonAndOutput(&'static str),
    #[error("--json=events cannot be used with -k: events are written as they happen")]
    EventsInOrder,
    #[error("--shell: {0}")]
    Shell(#[from] ShellError),
    #[error("-C {}: {why}", dir.display())]
    Cwd { dir: PathBuf, why: String },
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    #[error(transparent)]
    Log(#[from] JobLogError),
    #[error("--log-dir cannot be used with -o {0}: only captured output goes to files")]
    LogDirAndOutput(&'static str),
    #[error(transparent)]
    LogDir(#[from] LogDirError),
    #[error(transparent)]
    Replay(#[from] ReplayError),
    #[error(transparent)]
    Files(#[from] FilesError),
    #[error(transparent)]
    RunFile(#[from] RunFileError),
    #[error("--tty: no terminal for the jobs")]
    NoTerminal,
    #[error(transparent)]
    Grace(#[from] GraceError),
    #[error(transparent)]
    Input(#[from] InputError),
}

/// Determines the settings and opens the source of jobs; `None` if the command line names no jobs.
pub(crate) fn settle(
    args: Args,
    surroundings: Surroundings,
) -> Result<Option<(Settings, Source)>, SettingsError> {
    let rule = shell_rule(&args)?;
    let Some(input) = Input::of(&args, surroundings.stdin_is_terminal)? else {
        return Ok(None);
    };
    let wanted = wanted_jobs(&args, &surroundings, input.is_typed());
    let most = (surroundings.most_jobs)();
    let jobs = [wanted, most].into_iter().flatten().min();
    let mut settings = settings(&args, &surroundings, jobs)?;
    let slots = settings.options.jobs.unwrap_or_else(surroundings.cpus);
    let rules = Rules {
        separator: separator(&args),
        link: args.link,
        batch: args.max_args,
        argument_bytes: match args.max_args {
            Some(_) => (surroundings.argument_bytes)(&settings.options.env),
            None => 0,
        },
        slots: slots.get(),
    };
    files::check(&args)?;
    let source = input.open(rules, &rule)?;
    if !matches!(settings.form, OutputForm::DryRun(_)) {
        let fewer = fewer_at_once(most, wanted, source.total());
        match (wanted, source.total()) {
            // The number of jobs is unknown: warn when the limit is reached.
            (None, None) => settings.options.limit_warning = fewer,
            _ => settings.warnings.extend(fewer),
        }
    }
    let alone = source.total() == Some(1);
    settings.display = display::settled(settings.display, alone);
    settings.watches_reader = matches!(settings.display.show, Show::All | Show::Words);
    // A job may be added to the file while it is read; then the order is kept.
    settings.keep_order |= alone && settings.form != OutputForm::Events;
    match output::terminal(&args, settings.form, settings.display, &surroundings) {
        Ok(size) => settings.terminal = size,
        Err(why) => settings.warnings.push(format!("--pty is ignored: {why}")),
    }
    let rules = output::OutputRules {
        form: settings.form,
        display: settings.display,
        jobs: settings.options.jobs,
        keep_order: settings.keep_order,
        has_terminal: settings.terminal.is_some(),
    };
    settings.options.output = rules.output(&args, surroundings.one_place);
    settings.display.is_live = alone
        || matches!(
            settings.options.output,
            JobOutput::Captured {
                delivery: OutputDelivery::AsItComes,
                ..
            }
        );
    let readers = match (settings.form, settings.display.vendor) {
        // A dry run prints the commands in full.
        (OutputForm::DryRun(_), _) | (_, None) => Readers::Caller,
        (_, Some(vendor)) => Readers::Log(vendor),
    };
    let (cwd, env) = (surroundings.cwd.clone(), settings.options.env.clone());
    settings.paster = Paster::new(readers, cwd, env);
    let mut variables = (surroundings.variables)();
    if settings.terminal.is_some() {
        // A pager would wait for a key.
        variables.extend(output::PAGERS.map(|name| (name.into(), "cat".into())));
    }
    settings.run_id = (surroundings.run_id)();
    let (options, run_id) = (&mut settings.options, &settings.run_id);
    options.environment = environment::settled(variables, options.grace, &options.env, run_id)?;
    // Last, so that an invalid command line creates no files.
    if let OutputForm::Output | OutputForm::Records | OutputForm::Events = settings.form {
        if let Some((log_dir, warning)) = log_dir(&args, &surroundings.cwd)? {
            settings.options.log_dir = Some(log_dir);
            settings.warnings.extend(warning);
        }
        settings.files = files(&args).open()?;
        // Last, as opening repairs an incomplete last line.
        let log = args.joblog.as_deref();
        settings.log = log.map(|path| open_log(path, args.resume)).transpose()?;
        if let Some(log) = &mut settings.log {
            settings.warnings.append(&mut log.warnings);
        }
        if let Some(path) = display::step_summary(&settings.display, &surroundings) {
            settings
                .files
                .recorders
                .push(Box::new(StepSummary::new(path)));
        }
    }
    Ok(Some((settings, source)))
}

/// Determines the settings for a replay of a job log.
pub(crate) fn settle_replay(
    args: &Args,
    log: &Path,
    surroundings: &Surroundings,
) -> Result<(Settings, LoggedRun), SettingsError> {
    let mut settings = settings(args, surroundings, None)?;
    // A replay takes no time.
    settings.display.has_bar = false;
    files::check(args)?;
    let past = LoggedRun::find(log)?;
    settings.files = files(args).open()?;
    Ok((settings, past))
}

fn shell_rule(args: &Args) -> Result<ShellRule, ShellError> {
    Ok(match &args.shell {
        _ if args.exec => ShellRule::Never,
        Some(shell) => ShellRule::Always(Arc::new(Shell::parse(shell)?)),
        None => ShellRule::Auto(Arc::new(Shell::default())),
    })
}

fn settings(
    args: &Args,
    surroundings: &Surroundings,
    jobs: Option<NonZeroUsize>,
) -> Result<Settings, SettingsError> {
    let form = match (args.dry_run, args.json) {
        (true, None) => OutputForm::DryRun(DryRun::Shell),
        (true, Some(_)) => OutputForm::DryRun(DryRun::JobFile),
        (false, None) => OutputForm::Output,
        (false, Some(JsonMode::Events)) if args.keep_order => {
            return Err(SettingsError::EventsInOrder);
        }
        (false, Some(json)) => match (args.output, json) {
            (OutputMode::Raw, _) => return Err(SettingsError::JsonAndOutput("raw")),
            (OutputMode::Line, _) => return Err(SettingsError::JsonAndOutput("line")),
            (OutputMode::None, _) => return Err(SettingsError::JsonAndOutput("none")),
            (OutputMode::Group, JsonMode::Jobs) => OutputForm::Records,
            (OutputMode::Group, JsonMode::Events) => OutputForm::Events,
        },
    };
    match (&args.log_dir, args.output) {
        (Some(_), OutputMode::Raw) => return Err(SettingsError::LogDirAndOutput("raw")),
        (Some(_), OutputMode::None) => return Err(SettingsError::LogDirAndOutput("none")),
        _ => {}
    }
    let show = match (args.quiet, form) {
        (2.., _) => Show::Nothing,
        (_, OutputForm::Records | OutputForm::Events) => Show::Words,
        (1, _) => Show::Failed,
        (0, _) => Show::All,
    };
    let (cwd, change_dir) = directory(args.cwd.as_deref(), &surroundings.cwd)?;
    let outer_grace = (surroundings.variable)(grace::VARIABLE);
    let options = Options {
        jobs,
        limit_warning: None,
        timeout: args.timeout,
        grace: grace::within(args.grace, outer_grace.as_deref())?,
        retries: args.retries,
        retry_delay: args.retry_delay,
        deadline: args.deadline.filter(|deadline| !deadline.is_zero()),
        policy: policy(args),
        delay: args.delay,
        cwd,
        change_dir,
        env: environment::changes(args)?,
        environment: Environment::default(),
        stdin: stdin(args.tty),
        // The rest is set when the source is open.
        output: JobOutput::Discarded,
        keep_order: args.keep_order,
        spool: Options::spool(),
        terminal: None,
        log_dir: None,
        foreground: foreground(args.tty)?,
        guard: Guard::default(),
    };
    Ok(Settings {
        options,
        form,
        display: display::display(args, surroundings, show),
        paster: Paster::default(),
        watches_reader: false,
        keep_order: args.keep_order,
        guard: args.guard.into(),
        log: None,
        run_id: String::new(),
        files: OpenRunFiles::default(),
        terminal: None,
        warnings: Vec::new(),
    })
}

/// Returns the standard input of jobs without input of their own: the terminal, or `/dev/null`.
fn stdin(tty: bool) -> Stdio {
    if tty {
        return Stdio::Inherit;
    }
    // Opened once for all jobs, as security software may check every open. If it fails, each job
    // reports the error.
    File::open("/dev/null").map_or(Stdio::Null, |null| Stdio::File(Arc::new(null)))
}

/// Returns whether there is a terminal, and whether the jobs get it.
fn foreground(given: bool) -> Result<Foreground, SettingsError> {
    match Terminal::open() {
        Some(terminal) if given => Ok(Foreground::Given(terminal)),
        Some(_) => Ok(Foreground::Kept),
        None if given => Err(SettingsError::NoTerminal),
        None => Ok(Foreground::None),
    }
}

/// Returns when the run ends early: either option enables it, the other then has its default.
fn policy(args: &Args) -> Policy {
    let how = match args.fail_fast {
        Some(FailFastMode::Soon) => FailFast::Soon,
        Some(FailFastMode::Now) | None => FailFast::Now,
    };
    let asked = args.fail_fast.is_some() || args.max_fail.is_some();
    let most = args.max_fail.unwrap_or(NonZeroU32::MIN);
    Policy {
        fail_fast: asked.then_some((most, how)),
        race: args.race,
    }
}

fn directory(requested: Option<&Path>, own: &Path) -> Result<(Arc<Path>, bool), SettingsError> {
    let Some(dir) = requested else {
        return Ok((own.into(), false));
    };
    let wrong = |why: String| SettingsError::Cwd {
        dir: dir.to_owned(),
        why,
    };
    let whole = own.join(dir);
    match whole.metadata() {
        Ok(meta) if meta.is_dir() => Ok((whole.into(), true)),
        Ok(_) => Err(wrong("not a directory".to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(wrong("no such directory".to_owned()))
        }
        Err(error) => Err(wrong(error.to_string())),
    }
}
