//! Colours, where they are wanted.

use std::fmt;

use anstyle::AnsiColor;

/// Whether text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Coloured,
}

impl Style {
    /// What went well.
    pub(crate) fn good(self, text: impl fmt::Display) -> String {
        self.paint(
            anstyle::Style::new().fg_color(Some(AnsiColor::Green.into())),
            text,
        )
    }

    /// What went wrong.
    pub(crate) fn bad(self, text: impl fmt::Display) -> String {
        self.paint(
            anstyle::Style::new()
                .fg_color(Some(AnsiColor::Red.into()))
                .bold(),
            text,
        )
    }

    /// What stands in the background.
    pub(crate) fn dim(self, text: impl fmt::Display) -> String {
        self.paint(anstyle::Style::new().dimmed(), text)
    }

    /// What belongs to job number `seq`, always in the same colour.
    pub(crate) fn tint(self, seq: u64, text: impl fmt::Display) -> String {
        // Neither red nor green, which say how something ended.
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
