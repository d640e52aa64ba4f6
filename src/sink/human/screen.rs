//! The final state of what a program drew on a terminal: redrawn text, such as the frames of a progress bar, is
//! dropped.

use std::io::{self, Read, Write};
use std::num::NonZeroU16;

use vt100::capture::{BasicFormattedCaptureRange, BasicFormattedCaptureState, RowContents};
use vt100::{Callbacks, Parser, Screen};

use crate::process::{Spool, TerminalSize};

/// The size of the read buffer.
const BUFFER: usize = 16 * 1024;

/// Writes the rest of `spool` as a terminal of this size shows it. Rows that have scrolled off the screen are as
/// they were then, and colours stay. Text that moves no cursor is written byte for byte.
pub(crate) fn collapse(spool: &Spool, size: TerminalSize, out: &mut impl Write) -> io::Result<()> {
    if !moves_cursor(spool)? {
        return spool.copy_kept_to(out);
    }
    let mut screen = Collapse::new(size, out);
    io::copy(&mut spool.kept(spool.taken()), &mut screen)?;
    screen.finish()
}

/// Returns bytes as a terminal of this size shows them.
pub(crate) fn collapsed(bytes: &[u8], size: TerminalSize) -> Vec<u8> {
    let mut shown = Vec::new();
    let mut screen = Collapse::new(size, &mut shown);
    // Writing to memory cannot fail.
    let _ = screen.write_all(bytes).and_then(|()| screen.finish());
    shown
}

/// Whether the output moves the cursor other than to the next line.
fn moves_cursor(spool: &Spool) -> io::Result<bool> {
    enum At {
        Text,
        Return,
        Escape,
        Sequence,
    }
    let (mut reader, mut piece) = (spool.kept(spool.taken()), vec![0; BUFFER]);
    let mut at = At::Text;
    loop {
        let n = reader.read(&mut piece)?;
        if n == 0 {
            return Ok(false);
        }
        for byte in &piece[..n] {
            at = match (at, byte) {
                (At::Text | At::Return, b'\r') => At::Return,
                (At::Text, 0x1b) => At::Escape,
                (At::Escape, b'[') => At::Sequence,
                // Colours.
                (At::Sequence, b'm') => At::Text,
                (At::Sequence, byte) if !matches!(byte, 0x40..=0x7e) => At::Sequence,
                (At::Return, b'\n') => At::Text,
                (At::Text, byte) if *byte != 0x08 => At::Text,
                _ => return Ok(true),
            };
        }
    }
}

/// A screen whose rows are written when they scroll off.
struct Collapse<'a, W> {
    parser: Parser<ScrolledOff>,
    out: &'a mut W,
    /// Whether a row was written without its newline.
    is_open: bool,
}

/// The rows that have scrolled off the screen.
#[derive(Default)]
struct ScrolledOff {
    text: String,
    state: BasicFormattedCaptureState,
}

impl Callbacks for ScrolledOff {
    fn on_scroll(&mut self, row: RowContents<'_>, alternate_screen: bool) {
        if !alternate_screen {
            // Writing to memory cannot fail.
            let _ = row.write_formatted_basic(&mut self.text, &mut self.state);
        }
    }
}

impl<'a, W: Write> Collapse<'a, W> {
    fn new(size: TerminalSize, out: &'a mut W) -> Self {
        let number = |number| NonZeroU16::new(number).unwrap_or(NonZeroU16::MIN);
        // A single row would scroll off before it is known whether it wraps into the next one.
        let (rows, columns) = (number(size.rows.max(2)), number(size.columns));
        Self {
            parser: Parser::new_with_callbacks(rows, columns, 0, ScrolledOff::default()),
            out,
            is_open: false,
        }
    }

    /// Writes the rows that are still on the screen.
    fn finish(mut self) -> io::Result<()> {
        // Leave the alternate screen.
        self.parser.process(b"\x1b[?1049l");
        let (screen, left): (&mut Screen, &mut ScrolledOff) =
            self.parser.screen_and_callbacks_mut();
        let range = BasicFormattedCaptureRange::Full(&mut left.state);
        // Writing to memory cannot fail.
        let _ = screen.write_contents_formatted_basic(&mut left.text, range);
        let text = left.text.trim_end_matches([' ', '\n']);
        self.out.write_all(text.as_bytes())?;
        match self.is_open || !text.is_empty() {
            true => self.out.write_all(b"\n"),
            false => Ok(()),
        }
    }
}

impl<W: Write> Write for Collapse<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // The job's terminal does not translate newlines; the parser needs a carriage return.
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            match line.strip_suffix(b"\n") {
                Some(line) => {
                    self.parser.process(line);
                    self.parser.process(b"\r\n");
                }
                None => self.parser.process(line),
            }
        }
        let left = &mut self.parser.callbacks_mut().text;
        self.out.write_all(left.as_bytes())?;
        self.is_open |= !left.is_empty();
        left.clear();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str, rows: u16, columns: u16) -> String {
        let size = TerminalSize { rows, columns };
        let shown = collapsed(text.as_bytes(), size);
        String::from_utf8(shown).unwrap()
    }

    #[test]
    fn redrawn_text_is_dropped() {
        for (text, expected) in [
            ("10%\r20%\r100%\ndone\n", "100%\ndone\n"),
            ("abc\rX\n", "Xbc\n"),
            ("a\nb\nc\n\x1b[2A\x1b[2Kdrawn\nover\n", "a\ndrawn\nover\n"),
            ("old\x1b[2J\x1b[Hnew", "new\n"),
            (
                "before\n\x1b[?1049h\x1b[Heditor\x1b[?1049lafter\n",
                "before\nafter\n",
            ),
            ("\x1b[31mred\x1b[0m\rR", "\x1b[mRed\n"),
            ("", ""),
        ] {
            let shown = shown(text, 24, 80);
            assert_eq!(
                shown.replace("\x1b[31m", "").replace("\x1b[m", ""),
                expected.replace("\x1b[m", ""),
                "{text:?}"
            );
        }
        assert!(shown("\x1b[31mred\r\n", 24, 80).starts_with("\x1b[31mred"));
    }

    #[test]
    fn rows_that_scrolled_off_stay_and_a_long_line_is_one_line() {
        let lines: String = (1..=100).map(|n| format!("line {n}\n")).collect();
        let drawn = format!("{lines}10%\r20%\n");
        assert_eq!(shown(&drawn, 5, 80), format!("{lines}20%\n"));
        let long = "x".repeat(200);
        assert_eq!(
            shown(&format!("{long}\n1\r2\n"), 5, 80),
            format!("{long}\n2\n")
        );
        assert_eq!(shown(&"\n".repeat(50), 5, 80).trim_end_matches('\n'), "");
    }

    #[test]
    fn no_size_and_no_bytes_make_it_panic() {
        shown("ab\r\n\x1b[9999S\x1b[99A\x1b[99B\u{1f600}\u{301}x", 1, 1);
        shown("ab\r\n", 0, 0);
    }

    proptest! {
        #[test]
        fn lines_without_redrawn_text_are_unchanged(
            lines in prop::collection::vec("[a-zA-Z0-9äß€ .,:]{0,90}[a-z]", 1..40),
            rows in 1u16..30,
            columns in 2u16..100,
        ) {
            let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
            prop_assert_eq!(shown(&text, rows, columns), text);
        }

        #[test]
        fn nothing_makes_it_panic(
            text in "[\x1b\\[\\]\r\n0-9;?ABCDHJKLMPSTXfhlmrs@78äß\u{301}\u{1f600}]{0,200}",
            rows in 1u16..6,
            columns in 1u16..12,
        ) {
            shown(&text, rows, columns);
        }
    }
}
