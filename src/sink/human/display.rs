//! The options of the display, and the headline of an attempt.

use super::style::{Style, Tone};
use crate::event::{JobEnd, JobRetry};
use crate::plan::format_duration;
use crate::sink::ci::Vendor;
use crate::sink::describe;

/// Which jobs' output is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Show {
    All,
    /// Only that of failed jobs.
    Failed,
    /// None, and no messages either.
    Nothing,
    /// None, because it goes to records; prun's own messages are shown.
    Words,
}

/// The options of the display.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DisplayOptions {
    pub(crate) show: Show,
    /// Whether the start and the end of each job are shown.
    pub(crate) verbose: bool,
    /// Whether standard error is a terminal.
    pub(crate) terminal: bool,
    /// Whether output is shown line by line.
    pub(crate) by_line: bool,
    /// Whether there is only one job.
    pub(crate) alone: bool,
    /// Whether output is shown as it arrives, so that none is below its job's headline.
    pub(crate) is_live: bool,
    /// Whether each finished job has a line.
    pub(crate) line_per_job: bool,
    /// Whether a progress bar is drawn below everything.
    pub(crate) has_bar: bool,
    /// Whether failed jobs are listed at the end.
    pub(crate) has_digest: bool,
    /// Whether the output of attempts before the last is shown.
    pub(crate) shows_retries: bool,
    pub(crate) frame: Frame,
    /// The CI system, if output goes to its log.
    pub(crate) vendor: Option<Vendor>,
    /// The style of standard error.
    pub(crate) style: Style,
}

/// How a job's output is framed. Two pipes have no order between them, so headlines and folds are used only
/// where they go to the same file as the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// Not at all: each stream goes to its own, and a headline, if any, to standard error.
    Bare,
    /// With a headline above it.
    Headed,
    /// With a headline above it or, if the job passed, in a folded group; all of it on standard output.
    Folded(Vendor),
}

/// An attempt in one line.
pub(crate) struct Headline {
    pub(crate) label: String,
    pub(crate) facts: String,
    pub(crate) tone: Tone,
    /// Whether it is shown even without output below it.
    pub(crate) is_marked: bool,
    /// Text after it.
    pub(crate) next: String,
}

impl Headline {
    /// Returns the headline of a job that has ended.
    pub(crate) fn of_end(end: &JobEnd, verbose: bool) -> Self {
        let mut facts = vec![describe::ending(end)];
        if let Some(last) = &end.last {
            facts.push(format_duration(last.wall));
            if let (true, Some(exit)) = (verbose, last.exit()) {
                let cpu = exit.usage.user + exit.usage.system;
                facts.push(format!("cpu {}", format_duration(cpu)));
                let mib = exit.usage.max_rss_bytes as f64 / (1024.0 * 1024.0);
                facts.push(format!("memory {mib:.1} MiB"));
            }
        }
        Self {
            label: describe::label(&end.job),
            facts: facts.join(", "),
            tone: Tone::of(end),
            is_marked: end.status.is_failure(),
            next: String::new(),
        }
    }

    /// Returns the headline of an attempt that is followed by another one.
    pub(crate) fn of_retry(retry: &JobRetry) -> Self {
        let delay = match retry.delay.is_zero() {
            true => String::new(),
            false => format!(" in {}", format_duration(retry.delay)),
        };
        Self {
            label: describe::label(&retry.job),
            facts: describe::attempt_ending(&retry.attempt),
            tone: Tone::Bad,
            is_marked: true,
            next: format!("; starting attempt {}{delay}", retry.attempt.number + 1),
        }
    }

    /// Returns the line without colours.
    pub(crate) fn title(&self) -> String {
        let Self {
            label, facts, next, ..
        } = self;
        format!("{label} ({facts}){next}")
    }

    /// Whether the attempt succeeded.
    pub(crate) fn is_good(&self) -> bool {
        self.tone == Tone::Good
    }

    pub(crate) fn painted(&self, style: Style) -> String {
        let Self {
            label, facts, next, ..
        } = self;
        let facts = style.toned(self.tone, facts);
        format!("── {label} ({facts}){next}")
    }
}
