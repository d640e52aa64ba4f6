//! Lines that are drawn below everything, and what draws and removes them.
//!
//! Terminals differ in how wide they show a character, and somebody may type while lines are drawn.
//! Neither may cost a row of what stands above, so nothing here counts on either:
//!
//! * While lines are drawn the terminal does not begin a new row by itself (`ESC [ ? 7 l`): a line
//!   that it takes for wider than its row loses its last characters, and no more.
//! * The cursor waits at the beginning of the first line. A terminal that is resized moves it with
//!   the line, before or after it tells of its new size.
//! * What is typed is echoed there, and drawn over. Where that was more than the line, the cursor has
//!   left its row: then it goes back to the place that the terminal remembers (`ESC 7`).
//! * Rows are cleared one by one, never the rest of the screen at once: a terminal such as tmux keeps
//!   a copy of a screen that is cleared. Where lines may have become several rows, too many rows are
//!   cleared rather than too few: below them is nothing.

/// Rows and columns.
pub(crate) type Size = (usize, usize);

/// The terminal, when something is to be drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TerminalState {
    pub(crate) size: Option<Size>,
    /// Whether a line was typed since it was drawn last.
    pub(crate) is_typed: bool,
}

/// What is drawn.
#[derive(Debug, Default)]
pub(crate) struct Region {
    drawn: Vec<String>,
    size: Option<Size>,
}

impl Region {
    /// Whether anything is.
    pub(crate) fn is_drawn(&self) -> bool {
        !self.drawn.is_empty()
    }

    /// What draws `lines` in place of those that are drawn.
    pub(crate) fn draw(&mut self, lines: Vec<String>, now: TerminalState) -> String {
        let mut text = self.begin(now).to_owned();
        let before = self.rows(now.size);
        text.push_str("\x1b[?7l");
        let rows: Vec<String> = lines.iter().map(|line| format!("\x1b[2K{line}")).collect();
        text.push_str(&rows.join("\r\n"));
        text.push_str("\x1b[?7h");
        if before > lines.len() {
            text.push_str("\x1b7");
            text.push_str(&"\x1b[B\x1b[2K".repeat(before - lines.len()));
            text.push_str("\x1b8");
        }
        if lines.len() > 1 {
            text.push_str(&format!("\x1b[{}A", lines.len() - 1));
        }
        text.push_str("\r\x1b7");
        (self.drawn, self.size) = (lines, now.size);
        text
    }

    /// What removes the lines, and leaves the cursor where they began.
    pub(crate) fn clear_region(&mut self, now: TerminalState) -> String {
        if !self.is_drawn() {
            return String::new();
        }
        let mut text = self.begin(now).to_owned();
        text.push_str("\x1b7\x1b[2K");
        text.push_str(&"\x1b[B\x1b[2K".repeat(self.rows(now.size).saturating_sub(1)));
        text.push_str("\x1b8");
        self.drawn.clear();
        text
    }

    /// What brings the cursor to the beginning of the first line.
    fn begin(&self, now: TerminalState) -> &'static str {
        match self.is_drawn() && now.is_typed && now.size == self.size {
            true => "\x1b8\r",
            false => "\r",
        }
    }

    /// How many rows the lines may take up.
    fn rows(&self, size: Option<Size>) -> usize {
        if size == self.size {
            return self.drawn.len();
        }
        let Some((rows, columns)) = size else {
            return self.drawn.len();
        };
        // No character is wider than two columns.
        let most = |line: &String| (2 * line.chars().count()).div_ceil(columns.max(1)).max(1);
        self.drawn.iter().map(most).sum::<usize>().min(rows)
    }
}
