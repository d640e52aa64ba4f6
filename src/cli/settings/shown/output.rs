//! Where the jobs' output goes (pipes, terminals, files, prun's own streams), and when it is shown.

use super::display::View;
use super::form::OutputForm;
use crate::cli::args::{Args, OutputMode};
use crate::cli::settings::surroundings::Surroundings;
use crate::process::TerminalSize;
use crate::run::{JobOutput, OutputDelivery};
use crate::sink::{Frame, Show};

/// The variables that select a pager.
pub(crate) const PAGERS: [&str; 2] = ["PAGER", "GIT_PAGER"];

/// Returns the size of each job's output terminal if `--pty` asks for one, or why there can be none.
pub(crate) fn terminal(
    args: &Args,
    form: OutputForm,
    show: Show,
    surroundings: &Surroundings,
) -> Result<Option<TerminalSize>, &'static str> {
    if !args.pty {
        return Ok(None);
    }
    let is_shown = matches!(show, Show::All | Show::Failed);
    match args.output {
        OutputMode::Raw => return Err("with -o raw, jobs write directly to prun's output"),
        OutputMode::None => return Err("with -o none, no output is shown"),
        OutputMode::Group | OutputMode::Line => {}
    }
    if form != OutputForm::Output || !is_shown {
        return Err("no output is shown");
    }
    if args.log_dir.is_some() {
        return Err("with --log-dir, the output goes to files");
    }
    if !(surroundings.stdout_is_terminal && surroundings.one_place) {
        return Err("standard output and standard error are not the same terminal");
    }
    Ok(Some((surroundings.terminal_size)().unwrap_or(DEFAULT_SIZE)))
}

/// The size of a terminal that reports none.
const DEFAULT_SIZE: TerminalSize = TerminalSize {
    rows: 24,
    columns: 80,
};

/// What determines the handling of output besides the options for it.
pub(crate) struct OutputRules {
    pub(crate) form: OutputForm,
    pub(crate) view: View,
    /// Whether no two jobs run at once.
    pub(crate) one_at_a_time: bool,
    pub(crate) keep_order: bool,
    /// Whether each job writes to a terminal of its own.
    pub(crate) has_terminal: bool,
}

impl OutputRules {
    /// Returns how output is handled. `one_place`: standard output and standard error are the same file.
    pub(crate) fn output(&self, args: &Args, one_place: bool) -> JobOutput {
        let View {
            show,
            vendor,
            frame,
            alone,
        } = self.view;
        let as_text = self.form == OutputForm::Output && show == Show::All;
        let delivery = match args.output {
            _ if args.tty => return JobOutput::Inherited,
            OutputMode::Raw => return JobOutput::Inherited,
            OutputMode::None => return JobOutput::Discarded,
            // The files are read when they are complete.
            _ if args.log_dir.is_some() => OutputDelivery::Grouped,
            _ if self.form == OutputForm::Events => OutputDelivery::Streamed,
            _ if !as_text => OutputDelivery::Grouped,
            // Only the output of the last attempt is shown.
            OutputMode::Group if args.shows_last_attempt() && args.retries > 0 => {
                OutputDelivery::Grouped
            }
            // A CI log shows a job's output below its result, folded if it succeeded.
            OutputMode::Group if vendor.is_some() && !alone => OutputDelivery::Grouped,
            // Only the last state of redrawn output is shown.
            OutputMode::Group if self.has_terminal && !alone => OutputDelivery::Grouped,
            _ if self.one_at_a_time => OutputDelivery::Streamed,
            _ if self.keep_order => OutputDelivery::Ordered,
            OutputMode::Line => OutputDelivery::Streamed,
            OutputMode::Group => OutputDelivery::Grouped,
        };
        let is_one_stream = one_place || matches!(frame, Frame::Folded(_));
        let together = self.form == OutputForm::Output && is_one_stream && show != Show::Words;
        JobOutput::Captured { delivery, together }
    }
}
