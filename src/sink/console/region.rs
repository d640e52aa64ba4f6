//! The live region: lines below the output, and the escape sequences that draw and clear them.
//!
//! Terminals differ in the width of some characters, and the user may type while lines are drawn.
//! Neither may erase a row above the region, so:
//!
//! * Automatic wrapping is off while lines are drawn (`ESC [ ? 7 l`): a line that the terminal takes
//!   for wider than the row loses its last characters only.
//! * Between frames the cursor is at the beginning of the first line. A terminal that is resized
//!   moves it with that line, before or after it reports its new size.
//! * Typed text is echoed at the cursor and drawn over. If Enter was typed, the cursor has left its
//!   row, and is restored to the position that the terminal saved (`ESC 7`).
//! * Rows are cleared one by one, never the rest of the screen at once: tmux, for example, copies a
//!   screen that is cleared to its history. If lines may have wrapped, too many rows are cleared
//!   rather than too few, because the rows below the region are empty.

/// Rows and columns.
pub(crate) type Size = (usize, usize);

/// The state of the terminal before a draw.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TerminalState {
    pub(crate) size: Option<Size>,
    /// Whether a line was typed since the last draw.
    pub(crate) has_typed_line: bool,
}

/// The lines on the screen, and the size for which they were drawn.
#[derive(Debug, Default)]
pub(crate) struct Region {
    drawn: Vec<String>,
    size: Option<Size>,
}

impl Region {
    /// Whether any lines are drawn.
    pub(crate) fn is_drawn(&self) -> bool {
        !self.drawn.is_empty()
    }

    /// Returns the text that draws `lines` in place of the current ones.
    pub(crate) fn draw(&mut self, lines: Vec<String>, now: TerminalState) -> String {
        let mut text = self.move_to_start(now).to_owned();
        let before = self.max_rows(now.size);
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

    /// Returns the text that clears the lines and leaves the cursor at the beginning of the first one.
    pub(crate) fn clear_region(&mut self, now: TerminalState) -> String {
        if !self.is_drawn() {
            return String::new();
        }
        let mut text = self.move_to_start(now).to_owned();
        text.push_str("\x1b7\x1b[2K");
        text.push_str(&"\x1b[B\x1b[2K".repeat(self.max_rows(now.size).saturating_sub(1)));
        text.push_str("\x1b8");
        self.drawn.clear();
        text
    }

    /// Returns the text that moves the cursor to the beginning of the first line.
    fn move_to_start(&self, now: TerminalState) -> &'static str {
        match self.is_drawn() && now.has_typed_line && now.size == self.size {
            true => "\x1b8\r",
            false => "\r",
        }
    }

    /// Returns the maximum number of rows that the lines occupy, wrapped or not.
    fn max_rows(&self, size: Option<Size>) -> usize {
        if size == self.size {
            return self.drawn.len();
        }
        let Some((rows, columns)) = size else {
            return self.drawn.len();
        };
        // No character is wider than two columns.
        let max_rows = |line: &String| (2 * line.chars().count()).div_ceil(columns.max(1)).max(1);
        self.drawn.iter().map(max_rows).sum::<usize>().min(rows)
    }
}
