//! Where the jobs' output goes: through pipes or a terminal, to prun or past it; and when it is told.

use std::num::NonZeroUsize;

use super::surroundings::Surroundings;
use crate::cli::args::Args;
use crate::cli::args::OutputMode;
use crate::process::TerminalSize;
use crate::run::{JobOutput, OutputDelivery};
use crate::sink::{DisplayOptions, DryRun, Frame, Show};

/// What standard output is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutputForm {
    /// The jobs' own output.
    Output,
    /// A record for each job.
    Records,
    /// Everything that happens.
    Events,
    /// Nothing runs.
    DryRun(DryRun),
}

/// What chooses the program that shows long output page by page.
pub(crate) const PAGERS: [&str; 2] = ["PAGER", "GIT_PAGER"];

/// The size of the terminal for each job's output, if one is asked for, or why there is none.
pub(crate) fn terminal(
    args: &Args,
    form: OutputForm,
    display: DisplayOptions,
    surroundings: &Surroundings,
) -> Result<Option<TerminalSize>, &'static str> {
    if !args.pty {
        return Ok(None);
    }
    let is_shown = matches!(display.show, Show::All | Show::Failed);
    match args.output {
        OutputMode::Raw => return Err("with -o raw the jobs have prun's own terminal, or none"),
        OutputMode::None => return Err("with -o none no output is shown"),
        OutputMode::Group | OutputMode::Line => {}
    }
    if form != OutputForm::Output || !is_shown {
        return Err("no output is shown");
    }
    if args.log_dir.is_some() {
        return Err("with --log-dir the output goes to files");
    }
    if !(surroundings.stdout_is_terminal && surroundings.one_place) {
        return Err("the output does not go to a terminal");
    }
    Ok(Some((surroundings.terminal_size)().unwrap_or(USUAL_SIZE)))
}

/// The size of a terminal that does not tell.
const USUAL_SIZE: TerminalSize = TerminalSize {
    rows: 24,
    columns: 80,
};

/// What decides about the jobs' output besides the options that name it.
pub(crate) struct OutputRules {
    pub(crate) form: OutputForm,
    pub(crate) display: DisplayOptions,
    /// How many jobs run at once; none for no limit.
    pub(crate) jobs: Option<NonZeroUsize>,
    pub(crate) keep_order: bool,
    /// Whether each job has a terminal for it.
    pub(crate) has_terminal: bool,
}

impl OutputRules {
    /// What becomes of the jobs' output, whose two streams may lead to one place.
    pub(crate) fn output(&self, args: &Args, one_place: bool) -> JobOutput {
        let DisplayOptions {
            show,
            vendor,
            frame,
            alone,
            ..
        } = self.display;
        let as_text = self.form == OutputForm::Output && show == Show::All;
        let delivery = match args.output {
            _ if args.tty => return JobOutput::Inherited,
            OutputMode::Raw => return JobOutput::Inherited,
            OutputMode::None => return JobOutput::Discarded,
            // From its files, which are read when they are whole.
            _ if args.log_dir.is_some() => OutputDelivery::AtItsEnd,
            _ if self.form == OutputForm::Events => OutputDelivery::AsItComes,
            _ if !as_text => OutputDelivery::AtItsEnd,
            // In a log a job's output stands below how it ended, or is folded if that was well.
            OutputMode::Group if vendor.is_some() && !alone => OutputDelivery::AtItsEnd,
            // What is drawn over later is not shown before.
            OutputMode::Group if self.has_terminal && !alone => OutputDelivery::AtItsEnd,
            _ if self.jobs == Some(NonZeroUsize::MIN) => OutputDelivery::AsItComes,
            _ if self.keep_order => OutputDelivery::InOrder,
            OutputMode::Line => OutputDelivery::AsItComes,
            OutputMode::Group => OutputDelivery::AtItsEnd,
        };
        let is_one_stream = one_place || matches!(frame, Frame::Folded(_));
        let together = self.form == OutputForm::Output && is_one_stream;
        JobOutput::Captured { delivery, together }
    }
}
