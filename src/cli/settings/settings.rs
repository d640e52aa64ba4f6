//! The settings of a run, determined once.

use std::ffi::OsString;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::cluster::{ClusterError, Engine, Where};
use super::files::{self, FilesError, files};
use super::inputs::{Input, InputError, columns, separator};
use super::open_files::{OpenFiles, OpenFilesError};
use super::running::{
    Concurrency, EnvironmentError, GRACE, GraceError, JobsFileError, SlotsError, StartRules,
    StartRulesError, env_changes, environment, grace_within, halt_rule, shell_rule, slot_values,
    stdin,
};
use super::shown::{self, FormError, OutputForm, Shown, View};
use super::surroundings::Surroundings;
use crate::cli::args::{Args, OrderMode};
use crate::cli::gnu::GnuRecords;
use crate::cli::misunderstanding::Misunderstanding;
use crate::event::LastLines;
use crate::guard::{Guard, Wanted};
use crate::os::{EnvChange, Terminal};
use crate::plan::{Rules, ShellError, Source};
use crate::process::TerminalSize;
use crate::run::{Foreground, JobOrder, Options, ReadLimit, StartLimitSettings};
use crate::sink::{
    DisplayOptions, LinePrefix, LoggedRun, OpenLog, OpenRunFiles, Paster, Readers, ReplayError,
    RunFileError, Show,
};

/// All that a run needs to know.
pub(crate) struct Settings {
    pub(crate) options: Options,
    pub(crate) reporting: Reporting,
    /// Where the jobs run.
    pub(crate) place: Where,
    /// Whether a guard process ends the jobs if prun is killed.
    pub(crate) guard: Wanted,
    /// The job log, open and locked.
    pub(crate) log: Option<OpenLog>,
    /// The unique ID of the run.
    pub(crate) run_id: String,
    /// The size of each job's output terminal, if it has one.
    pub(crate) terminal: Option<TerminalSize>,
    /// Printed before anything else.
    pub(crate) warnings: Vec<String>,
    /// Reads the number of jobs at once again, if it may change.
    pub(crate) read_limit: Option<Box<dyn FnMut() -> ReadLimit + Send>>,
    /// What else keeps jobs from starting.
    pub(crate) start_limits: StartLimitSettings,
    /// What may have to be said after the run.
    pub(crate) misunderstanding: Misunderstanding,
}

/// How a run is reported, whether it happens now or is replayed.
pub(crate) struct Reporting {
    pub(crate) form: OutputForm,
    pub(crate) display: DisplayOptions,
    /// What the progress bar shows of running jobs.
    pub(crate) last_lines: LastLines,
    /// Formats commands for pasting.
    pub(crate) paster: Paster,
    /// Whether everything is shown in the order of the jobs.
    pub(crate) keep_order: bool,
    /// The report files, opened.
    pub(crate) files: OpenRunFiles,
    /// What GNU parallel would write.
    pub(crate) gnu: GnuRecords,
    /// What is before each line of output, if it is shown line by line.
    pub(crate) prefix: LinePrefix,
}

impl Reporting {
    /// Whether the run ends when the reader of captured output has gone away.
    pub(crate) fn watches_reader(&self) -> bool {
        matches!(self.display.show, Show::All | Show::Words)
    }
}

/// An invalid command line. The text is for the user; nothing was started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    #[error(transparent)]
    Form(#[from] FormError),
    #[error("--shell: {0}")]
    Shell(#[from] ShellError),
    #[error("-C {}: {why}", dir.display())]
    Cwd { dir: PathBuf, why: String },
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    #[error(transparent)]
    Replay(#[from] ReplayError),
    #[error(transparent)]
    OpenFiles(#[from] OpenFilesError),
    #[error(transparent)]
    Files(#[from] FilesError),
    #[error(transparent)]
    RunFile(#[from] RunFileError),
    #[error("--tty: no terminal for the jobs")]
    NoTerminal,
    #[error(transparent)]
    Grace(#[from] GraceError),
    #[error(transparent)]
    Jobs(#[from] JobsFileError),
    #[error(transparent)]
    Slots(#[from] SlotsError),
    #[error(transparent)]
    StartRules(#[from] StartRulesError),
    #[error(transparent)]
    Input(#[from] InputError),
    #[error(transparent)]
    Cluster(#[from] ClusterError),
}

/// Determines the settings and opens the source of jobs; `None` if the command line names no jobs.
pub(crate) fn settle(
    args: Args,
    mut surroundings: Surroundings,
) -> Result<Option<(Settings, Source)>, SettingsError> {
    let rule = shell_rule(&args)?;
    let engine = Engine::of(&args)?;
    let input = match engine.is_followed() {
        true => Some(Input::none()),
        false => Input::of(&args, surroundings.stdin_is_terminal)?,
    };
    let Some(input) = input else {
        return Ok(None);
    };
    if engine.is_remote() {
        // Its tokens are for this machine.
        surroundings.outer_jobserver = None;
    }
    let fixed = Fixed::of(&args, &surroundings)?;
    let form = fixed.form;
    let misunderstanding = input.misunderstanding();
    let slots = fixed.slot_values.as_ref().map(|values| values.len());
    let (start_rules, warning) = StartRules::of(&args, &mut surroundings)?;
    let concurrency = match engine.jobs(&args)? {
        Some(jobs) => Concurrency::remote(jobs),
        None => Concurrency::of(
            &args,
            &surroundings,
            input.is_typed(),
            slots,
            &start_rules.role,
        )?,
    };
    let read_limit = concurrency.reader(&args, &surroundings);
    let jobs = concurrency.jobs();
    files::check(&args)?;
    let rules = rules(&args, &surroundings, &engine, jobs, &fixed.env);
    let mut source = engine.accept(&args, input.open(&args, jobs, rules, &rule)?)?;
    let total = source.total();
    let (mut warnings, limit_warning) = match form {
        OutputForm::DryRun(_) => (Vec::new(), None),
        _ => concurrency.warnings(total),
    };
    warnings.extend(warning);
    if let Some(seed) = args.shuf {
        // Short enough to be typed again.
        let seed = seed.unwrap_or_else(|| fastrand::u32(..).into());
        source = source.shuffled(seed);
        warnings.push(format!("random order: --shuf={seed} repeats it"));
    }
    let alone = total == Some(1);
    // Services run beside the others.
    let one_at_a_time = jobs == Some(NonZeroUsize::MIN) && !source.has_services();
    let shown = Shown::of(&args, &surroundings, form, one_at_a_time, alone);
    warnings.extend(shown.warning);
    let display = shown.display;
    let run_id = (surroundings.run_id)();
    let mut variables = (surroundings.variables)();
    if shown.terminal.is_some() {
        // A pager would wait for a key.
        variables.extend(shown::PAGERS.map(|name| (name.into(), "cat".into())));
    }
    let start_limits = match form {
        OutputForm::DryRun(_) => StartLimitSettings::default(),
        _ => start_rules.open(jobs, &mut variables)?,
    };
    let environment = environment(variables, fixed.grace, &fixed.env, &run_id)?;
    let readers = match (form, display.vendor) {
        // A dry run prints the commands in full.
        (OutputForm::DryRun(_), _) | (_, None) => Readers::Caller,
        (_, Some(vendor)) => Readers::Log(vendor),
    };
    let paster = Paster::new(readers, surroundings.cwd.clone(), fixed.env.clone());
    let starts = !matches!(form, OutputForm::DryRun(_));
    let guard = match engine.is_remote() {
        // The jobs outlive a killed prun.
        true => Wanted::Never,
        false => args.guard.into(),
    };
    let place = engine.settle(&args, &surroundings, &run_id, starts)?;
    // Last, so that an invalid command line creates no files.
    let mut opened = match form {
        OutputForm::DryRun(_) => OpenFiles::default(),
        _ => OpenFiles::open(&args, &surroundings, &display, &source)?,
    };
    warnings.extend(opened.warnings);
    let last_lines = LastLines::default();
    let options = Options {
        jobs,
        job_limit: None,
        start_limits: None,
        slot_values: fixed.slot_values,
        limit_warning,
        timeout: args.timeout,
        grace: fixed.grace,
        signal_lag: Duration::ZERO,
        retries: args.retries,
        retry_delay: args.retry_delay,
        deadline: args.deadline.filter(|deadline| !deadline.is_zero()),
        halt: halt_rule(&args, total),
        order: match args.order.order {
            OrderMode::Input => JobOrder::Input,
            OrderMode::Longest => JobOrder::Longest,
        },
        delay: args.delay,
        cwd: fixed.cwd,
        change_dir: fixed.change_dir,
        env: fixed.env,
        environment,
        stdin: stdin(args.tty),
        shared_blocks: None,
        output: shown.output,
        keep_order: args.keep_order,
        spool: Options::spool(),
        terminal: None,
        log_dir: opened.log_dir,
        foreground: fixed.foreground,
        guard: Guard::default(),
        last_lines: display.has_bar.then(|| last_lines.clone()),
    };
    let reporting = Reporting {
        form,
        display,
        last_lines,
        paster,
        keep_order: shown.keep_order,
        files: opened.files,
        prefix: match &args.name {
            Some(name) if name.is_empty() => LinePrefix::None,
            _ => std::mem::take(&mut opened.gnu.prefix),
        },
        gnu: opened.gnu,
    };
    let settings = Settings {
        options,
        reporting,
        guard,
        place,
        log: opened.log,
        run_id,
        terminal: shown.terminal,
        warnings,
        read_limit,
        start_limits,
        misunderstanding,
    };
    Ok(Some((settings, source)))
}

/// What the command line determines before the jobs are known.
struct Fixed {
    form: OutputForm,
    cwd: Arc<Path>,
    change_dir: bool,
    grace: Duration,
    env: Vec<EnvChange>,
    foreground: Foreground,
    slot_values: Option<Arc<[OsString]>>,
}

impl Fixed {
    fn of(args: &Args, surroundings: &Surroundings) -> Result<Self, SettingsError> {
        let form = OutputForm::of(args)?;
        let (cwd, change_dir) = directory(args.cwd.as_deref(), &surroundings.cwd)?;
        let outer_grace = (surroundings.variable)(GRACE);
        Ok(Self {
            form,
            cwd,
            change_dir,
            grace: grace_within(args.grace, outer_grace.as_deref())?,
            env: env_changes(args)?,
            foreground: foreground(args.tty)?,
            slot_values: slot_values(args.slots.as_ref())?,
        })
    }
}

/// Determines how a job log is replayed.
pub(crate) fn settle_replay(
    args: &Args,
    log: &Path,
    surroundings: &Surroundings,
) -> Result<(Reporting, LoggedRun), SettingsError> {
    // All values are checked, also those that a replay ignores.
    let form = Fixed::of(args, surroundings)?.form;
    let view = View::of(args, surroundings, form, false);
    files::check(args)?;
    let run = LoggedRun::find(log)?;
    let reporting = Reporting {
        form,
        display: DisplayOptions {
            // A replay takes no time.
            has_bar: false,
            ..shown::display(args, surroundings, view, false)
        },
        last_lines: LastLines::default(),
        paster: Paster::default(),
        keep_order: args.keep_order,
        files: files(args).open()?,
        gnu: GnuRecords::default(),
        prefix: LinePrefix::default(),
    };
    Ok((reporting, run))
}

/// Returns how jobs are made of the input.
fn rules(
    args: &Args,
    surroundings: &Surroundings,
    engine: &Engine,
    jobs: Option<NonZeroUsize>,
    env: &[EnvChange],
) -> Rules {
    Rules {
        separator: separator(args),
        columns: columns(args),
        link: args.link,
        batch: args.max_args,
        argument_bytes: match args.max_args {
            Some(_) => (surroundings.argument_bytes)(env),
            None => 0,
        },
        slots: jobs.unwrap_or_else(surroundings.cpus).get(),
        known_slots: engine.known_slots(args),
        name: args.name.clone().filter(|name| !name.is_empty()),
    }
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
