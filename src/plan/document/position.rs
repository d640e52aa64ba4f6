//! Lines and columns of a text.

/// Finds the lines and columns of places in a text. Fast where each is behind the one before it.
pub(super) struct Positions<'a> {
    text: &'a str,
    at: usize,
    line: u64,
    /// Where that line begins.
    start: usize,
}

impl<'a> Positions<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            line: 1,
            start: 0,
        }
    }

    /// Returns the line of a place, from 1.
    pub(super) fn line(&mut self, at: usize) -> u64 {
        let at = at.min(self.text.len());
        if at < self.at {
            *self = Self::new(self.text);
        }
        for newline in memchr::memchr_iter(b'\n', &self.text.as_bytes()[self.at..at]) {
            self.line += 1;
            self.start = self.at + newline + 1;
        }
        self.at = at;
        self.line
    }

    /// Returns the line and the column of a place, from 1. A column is a character.
    pub(super) fn line_and_column(&mut self, at: usize) -> (u64, u64) {
        let line = self.line(at);
        let before = &self.text.as_bytes()[self.start..self.at];
        // Bytes that continue a character do not count.
        let characters = before.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
        (line, 1 + characters as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_line_and_a_character() {
        let mut positions = Positions::new("a\nbäc\n\nd");
        for (at, position) in [
            (0, (1, 1)),
            (1, (1, 2)),
            (2, (2, 1)),
            (5, (2, 3)),
            (7, (3, 1)),
            (8, (4, 1)),
            (9, (4, 2)),
            (99, (4, 2)),
            // Backwards as well.
            (3, (2, 2)),
            (0, (1, 1)),
        ] {
            assert_eq!(positions.line_and_column(at), position, "{at}");
        }
    }
}
