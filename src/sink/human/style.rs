//! The colours of prun's own text.

use std::fmt;

use anstyle::AnsiColor;

use crate::event::{JobEnd, Status};

/// What a text tells of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// It succeeded.
    Good,
    /// It failed, and was allowed to.
    Allowed,
    /// It failed, or did not run to its end.
    Bad,
}

impl Tone {
    /// Returns the tone of the headline of a job that has ended.
    pub(crate) fn of(end: &JobEnd) -> Self {
        match end.status {
            Status::Ok => Self::Good,
            _ if end.is_allowed_failure() => Self::Allowed,
            _ => Self::Bad,
        }
    }
}

/// Whether text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Coloured,
}

impl Style {
    /// Formats text of this tone.
    pub(crate) fn toned(self, tone: Tone, text: impl fmt::Display) -> String {
        match tone {
            Tone::Good => self.good(text),
            Tone::Allowed => self.warning(text),
            Tone::Bad => self.bad(text),
        }
    }

    /// Formats a success.
    pub(crate) fn good(self, text: impl fmt::Display) -> String {
        self.paint(
            anstyle::Style::new().fg_color(Some(AnsiColor::Green.into())),
            text,
        )
    }

    /// Formats a failure.
    pub(crate) fn bad(self, text: impl fmt::Display) -> String {
        self.paint(
            anstyle::Style::new()
                .fg_color(Some(AnsiColor::Red.into()))
                .bold(),
            text,
        )
    }

    /// Formats a failure that was allowed.
    pub(crate) fn warning(self, text: impl fmt::Display) -> String {
        self.paint(
            anstyle::Style::new()
                .fg_color(Some(AnsiColor::Yellow.into()))
                .bold(),
            text,
        )
    }

    /// Formats secondary text.
    pub(crate) fn dim(self, text: impl fmt::Display) -> String {
        self.paint(anstyle::Style::new().dimmed(), text)
    }

    /// Formats text of job number `seq`, in a colour that depends on the number alone.
    pub(crate) fn tint(self, seq: u64, text: impl fmt::Display) -> String {
        // Red and green are for failures and successes.
        let colours = [
            AnsiColor::Cyan,
            AnsiColor::Yellow,
            AnsiColor::Magenta,
            AnsiColor::Blue,
            AnsiColor::BrightCyan,
            AnsiColor::BrightYellow,
            AnsiColor::BrightMagenta,
            AnsiColor::BrightBlue,
        ];
        let colour = colours[(seq % colours.len() as u64) as usize];
        self.paint(anstyle::Style::new().fg_color(Some(colour.into())), text)
    }

    fn paint(self, style: anstyle::Style, text: impl fmt::Display) -> String {
        match self {
            Self::Plain => text.to_string(),
            Self::Coloured => format!("{style}{text}{style:#}"),
        }
    }
}
