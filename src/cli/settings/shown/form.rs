//! What standard output is for.

use crate::cli::args::{Args, JsonMode, OutputMode};
use crate::sink::DryRun;

/// What prun writes to standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutputForm {
    /// The jobs' own output.
    Output,
    /// One JSON record per job.
    Records,
    /// One JSON record per event.
    Events,
    /// The commands; nothing runs.
    DryRun(DryRun),
}

/// Options that ask for different things on standard output.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FormError {
    #[error("--json cannot be used with -o {0}: the records contain the output")]
    JsonAndOutput(&'static str),
    #[error("--json=events cannot be used with -k: events are written as they happen")]
    EventsInOrder,
    #[error("--log-dir cannot be used with -o {0}: only captured output goes to files")]
    LogDirAndOutput(&'static str),
}

impl OutputForm {
    pub(crate) fn of(args: &Args) -> Result<Self, FormError> {
        let form = match (args.dry_run, args.json) {
            (true, None) if args.gnu.as_ref().is_some_and(|gnu| gnu.shell_quote) => {
                OutputForm::DryRun(DryRun::ParallelQuote)
            }
            (true, None) if args.gnu.is_some() => OutputForm::DryRun(DryRun::Parallel),
            (true, None) => OutputForm::DryRun(DryRun::Shell),
            (true, Some(_)) => OutputForm::DryRun(DryRun::JobFile),
            (false, None) => OutputForm::Output,
            (false, Some(JsonMode::Events)) if args.keep_order => {
                return Err(FormError::EventsInOrder);
            }
            (false, Some(json)) => match (args.output, json) {
                (OutputMode::Raw, _) => return Err(FormError::JsonAndOutput("raw")),
                (OutputMode::Line, _) => return Err(FormError::JsonAndOutput("line")),
                (OutputMode::None, _) => return Err(FormError::JsonAndOutput("none")),
                (OutputMode::Group, JsonMode::Jobs) => OutputForm::Records,
                (OutputMode::Group, JsonMode::Events) => OutputForm::Events,
            },
        };
        match (&args.log_dir, args.output) {
            (Some(_), OutputMode::Raw) => Err(FormError::LogDirAndOutput("raw")),
            (Some(_), OutputMode::None) => Err(FormError::LogDirAndOutput("none")),
            _ => Ok(form),
        }
    }
}
