//! How the jobs' output is handled and shown, together.

use super::display::{View, display};
use super::form::OutputForm;
use super::output::{OutputRules, terminal};
use crate::cli::args::Args;
use crate::cli::settings::surroundings::Surroundings;
use crate::process::TerminalSize;
use crate::run::JobOutput;
use crate::sink::DisplayOptions;

/// How the jobs' output is handled and shown.
pub(crate) struct Shown {
    pub(crate) keep_order: bool,
    pub(crate) terminal: Option<TerminalSize>,
    pub(crate) output: JobOutput,
    pub(crate) display: DisplayOptions,
    pub(crate) warning: Option<String>,
}

impl Shown {
    pub(crate) fn of(
        args: &Args,
        surroundings: &Surroundings,
        form: OutputForm,
        one_at_a_time: bool,
        alone: bool,
    ) -> Self {
        let view = View::of(args, surroundings, form, alone);
        // A job may be added to the file while it is read; then the order is kept.
        let keep_order = args.keep_order || (alone && form != OutputForm::Events);
        let (terminal, warning) = match terminal(args, form, view.show, surroundings) {
            Ok(terminal) => (terminal, None),
            Err(why) => (None, Some(format!("--pty is ignored: {why}"))),
        };
        let rules = OutputRules {
            form,
            view,
            one_at_a_time,
            keep_order,
            has_terminal: terminal.is_some(),
        };
        let output = rules.output(args, surroundings.one_place);
        Self {
            keep_order,
            terminal,
            output,
            display: display(args, surroundings, view, alone || output.is_live()),
            warning,
        }
    }
}
