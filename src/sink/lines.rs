//! The output of jobs that run at once, line by line: each line stands behind its job's name.

use std::collections::HashMap;
use std::io::{self, Read, Write};

use super::colours::Colours;
use super::style::Style;
use super::words;
use crate::event::{NumberedJob, Stream};
use crate::process::Spool;

/// A longer line is shown in pieces, marked where it is cut, so that it costs no memory.
const LONGEST_LINE: usize = 16 * 1024;
/// Stands at both ends of a cut.
const CUT: &str = "…";
/// Switches all colours off.
const OFF: &[u8] = b"\x1b[0m";
/// Longer names are shortened.
const WIDEST: usize = 24;

/// Lines that are not whole yet, and how wide the names are.
#[derive(Debug)]
pub(super) struct Lines {
    style: Style,
    /// Of the widest name so far; the others are padded.
    width: usize,
    open: HashMap<(u64, Stream), Open>,
}

/// The beginning of a line.
#[derive(Debug, Default)]
struct Open {
    bytes: Vec<u8>,
    /// Whether more of the line was shown before.
    cut: bool,
    /// Those that lines before have left switched on.
    colours: Colours,
}

impl Lines {
    /// No line yet.
    pub(super) fn new(style: Style) -> Self {
        Self {
            style,
            width: 0,
            open: HashMap::new(),
        }
    }

    /// Shows the lines that `piece` makes whole; what is left of it waits for its end.
    pub(super) fn write(
        &mut self,
        job: &NumberedJob,
        stream: Stream,
        piece: &Spool,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let prefix = self.prefix(job);
        let open = self.open.entry((job.seq, stream)).or_default();
        open.add(piece.head(), &prefix, out)?;
        let mut rest = piece.reader(piece.taken() + piece.head().len() as u64);
        let mut buf = Vec::new();
        while rest
            .by_ref()
            .take(LONGEST_LINE as u64)
            .read_to_end(&mut buf)?
            > 0
        {
            open.add(&buf, &prefix, out)?;
            buf.clear();
        }
        Ok(())
    }

    /// Shows what waits for the end of its line: none will come.
    pub(super) fn finish(
        &mut self,
        job: &NumberedJob,
        stream: Stream,
        out: &mut impl Write,
    ) -> io::Result<()> {
        match self.open.remove(&(job.seq, stream)) {
            Some(mut open) if !open.bytes.is_empty() => {
                let prefix = self.prefix(job);
                let bytes = std::mem::take(&mut open.bytes);
                open.line(&bytes, b"\n", &prefix, out)
            }
            _ => Ok(()),
        }
    }

    /// The job's name, in its own colour and as wide as the others.
    fn prefix(&mut self, job: &NumberedJob) -> String {
        let name = words::label(job);
        let name = console::truncate_str(&name, WIDEST, CUT);
        self.width = self.width.max(console::measure_text_width(&name));
        let name = console::pad_str(&name, self.width, console::Alignment::Left, None);
        self.style.tint(job.seq, format!("{name} |"))
    }
}

impl Open {
    fn add(&mut self, bytes: &[u8], prefix: &str, out: &mut impl Write) -> io::Result<()> {
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            match line.strip_suffix(b"\n") {
                Some(line) if self.bytes.is_empty() => self.whole(line, prefix, out)?,
                Some(line) => {
                    let mut begun = std::mem::take(&mut self.bytes);
                    begun.extend_from_slice(line);
                    self.whole(&begun, prefix, out)?;
                    begun.clear();
                    // The buffer serves the next line.
                    self.bytes = begun;
                }
                None => {
                    self.bytes.extend_from_slice(line);
                    if self.bytes.len() > LONGEST_LINE {
                        let bytes = std::mem::take(&mut self.bytes);
                        self.bytes = self.shorten(&bytes, prefix, out)?.to_vec();
                    }
                }
            }
        }
        Ok(())
    }

    /// Shows a line to its end.
    fn whole(&mut self, line: &[u8], prefix: &str, out: &mut impl Write) -> io::Result<()> {
        let rest = self.shorten(line, prefix, out)?;
        self.line(rest, b"\n", prefix, out)?;
        self.cut = false;
        Ok(())
    }

    /// Shows pieces of a line that is too long; what is returned is not.
    fn shorten<'a>(
        &mut self,
        mut line: &'a [u8],
        prefix: &str,
        out: &mut impl Write,
    ) -> io::Result<&'a [u8]> {
        while line.len() > LONGEST_LINE {
            let (piece, rest) = line.split_at(LONGEST_LINE);
            self.line(piece, "…\n".as_bytes(), prefix, out)?;
            self.cut = true;
            line = rest;
        }
        Ok(line)
    }

    fn line(
        &mut self,
        line: &[u8],
        end: &[u8],
        prefix: &str,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let space = if self.cut { " …" } else { " " };
        out.write_all(prefix.as_bytes())?;
        out.write_all(space.as_bytes())?;
        out.write_all(self.colours.open())?;
        if line.iter().all(|byte| *byte >= 0x20 || *byte == b'\t') {
            out.write_all(line)?;
        } else {
            self.controlled(line, &format!("{prefix}{space}"), out)?;
        }
        if !self.colours.open().is_empty() {
            // They are the job's own: what stands behind the line is another one's, or prun's.
            out.write_all(OFF)?;
        }
        out.write_all(end)
    }

    /// A line with control characters, none of which can make its prefix go away: whatever goes
    /// back to the beginning of the line, or clears it, is followed by the prefix again.
    fn controlled(&mut self, line: &[u8], prefix: &str, out: &mut impl Write) -> io::Result<()> {
        let end = line.iter().rposition(|byte| *byte != b'\r');
        let (mut rest, end) = line.split_at(end.map_or(0, |at| at + 1));
        // How many characters stand behind the prefix.
        let mut column = 0_u64;
        while let Some((&first, after)) = rest.split_first() {
            let length = match rest {
                [0x1b, b'[', b'1' | b'2', b'K', ..] => 4,
                _ => 1,
            };
            let (piece, after) = match length {
                1 => (&rest[..1], after),
                _ => rest.split_at(length),
            };
            rest = after;
            self.colours.go_through(piece);
            match first {
                // It would go back into the prefix.
                0x08 if column == 0 => continue,
                0x08 => column -= 1,
                0x20.. if !matches!(first, 0x80..=0xbf) => column += 1,
                _ => {}
            }
            out.write_all(piece)?;
            if first == b'\r' || length > 1 {
                if first != b'\r' {
                    out.write_all(b"\r")?;
                }
                if !self.colours.open().is_empty() {
                    out.write_all(OFF)?;
                }
                out.write_all(prefix.as_bytes())?;
                out.write_all(self.colours.open())?;
                column = 0;
            }
        }
        out.write_all(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let (mut open, mut shown) = (Open::default(), Vec::new());
        open.add(text.as_bytes(), "p |", &mut shown).unwrap();
        String::from_utf8(shown).unwrap()
    }

    #[test]
    fn nothing_makes_a_prefix_go_away() {
        for (text, expected) in [
            ("a\n", "p | a\n"),
            ("1%\r2%\n", "p | 1%\rp | 2%\n"),
            ("a\r\n", "p | a\r\n"),
            ("1\r\x1b[2K2\n", "p | 1\rp | \x1b[2K\rp | 2\n"),
            ("a\x1b[Kb\n", "p | a\x1b[Kb\n"),
            ("\x08\x08a\x08\x08b\n", "p | a\x08b\n"),
        ] {
            assert_eq!(shown(text), expected, "{text:?}");
        }
    }

    #[test]
    fn colours_end_with_their_line_and_go_on_in_the_next() {
        assert_eq!(
            shown("\x1b[31mred\nstill\x1b[0m\nplain\n"),
            "p | \x1b[31mred\x1b[0m\np | \x1b[31mstill\x1b[0m\np | plain\n"
        );
        assert_eq!(
            shown("\x1b[1ma\rb\n"),
            "p | \x1b[1ma\r\x1b[0mp | \x1b[1mb\x1b[0m\n"
        );
    }
}
