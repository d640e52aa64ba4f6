//! How a person is told of a run, as it was settled, and of an attempt in one line.

use super::style::Style;
use crate::sink::ci::Vendor;

/// Which jobs' output is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Show {
    All,
    /// Only that of jobs that did not end well.
    Failed,
    /// None, and nothing else either.
    Nothing,
    /// None, because it goes elsewhere; prun's own words are told.
    Words,
}

/// How a person is told of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DisplayOptions {
    pub(crate) show: Show,
    /// Whether starts and endings are told too.
    pub(crate) verbose: bool,
    /// Whether standard error is a terminal.
    pub(crate) terminal: bool,
    /// Whether output is shown line by line.
    pub(crate) by_line: bool,
    /// Whether there is one job in all.
    pub(crate) alone: bool,
    /// Whether every job's output is told as it comes, so that none stands below its ending.
    pub(crate) is_live: bool,
    /// Whether each finished job has a line.
    pub(crate) tells_each: bool,
    /// Whether lines are drawn below everything while jobs run.
    pub(crate) has_bar: bool,
    pub(crate) frame: Frame,
    /// Whose log it is, if it is one.
    pub(crate) vendor: Option<Vendor>,
    /// Of what goes to standard error.
    pub(crate) style: Style,
}

/// How a job's output is set off. Two pipes have no order between them, so headlines and folds are
/// only where they and the output they frame go to one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// By nothing: each stream goes to its own, and a headline, if there is one, to standard error.
    Bare,
    /// By a headline above it.
    Headed,
    /// By a headline above it or, if it comes from a job that passed, in a folded group; all of it
    /// on standard output.
    Folded(Vendor),
}

/// One attempt in one line.
pub(crate) struct Headline {
    pub(crate) label: String,
    pub(crate) facts: String,
    pub(crate) is_good: bool,
    /// Whether it is told although there is no output below it.
    pub(crate) is_marked: bool,
    /// What comes after it.
    pub(crate) next: String,
}

impl Headline {
    /// The line without its looks.
    pub(crate) fn title(&self) -> String {
        let Self {
            label, facts, next, ..
        } = self;
        format!("{label} ({facts}){next}")
    }

    pub(crate) fn painted(&self, style: Style) -> String {
        let Self {
            label, facts, next, ..
        } = self;
        let facts = match self.is_good {
            true => style.good(facts),
            false => style.bad(facts),
        };
        format!("── {label} ({facts}){next}")
    }
}
