//! The output of concurrent jobs, line by line, each line prefixed with its job's name.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::sync::Arc;

use super::style::Style;
use crate::event::{NumberedJob, Stream};
use crate::plan::ReplacementText;
use crate::process::Spool;
use crate::sink::ci::Vendor;
use crate::sink::console::Colours;
use crate::sink::describe;

/// The maximum length of a line. A longer one is shown in pieces, marked where it is cut, to bound memory.
const MAX_LINE: usize = 16 * 1024;
/// The same where the bytes of a line must not change, as for GNU parallel.
const MAX_EXACT_LINE: usize = 64 * 1024 * 1024;
/// Marks both sides of a cut.
const CUT: &str = "…";
/// Resets all colours.
const OFF: &[u8] = b"\x1b[0m";
/// The maximum width of a name.
const MAX_WIDTH: usize = 24;

/// Incomplete lines, and their prefixes.
#[derive(Debug)]
pub(crate) struct PrefixedLines {
    prefixes: Prefixes,
    open: HashMap<(u64, Stream), OpenLine>,
}

/// What is before each line.
#[derive(Clone, Debug, Default)]
pub(crate) enum LinePrefix {
    /// The name of the job, or its values, padded.
    #[default]
    Name,
    /// Nothing.
    None,
    /// This text and a tab, as GNU parallel writes it.
    Tag(Arc<ReplacementText>),
    /// Nothing, and no byte of a line is changed.
    Exact,
}

/// The prefixes of the jobs.
#[derive(Debug)]
struct Prefixes {
    prefix: LinePrefix,
    style: Style,
    /// The CI system for whose log names are escaped.
    vendor: Option<Vendor>,
    /// The width of the widest name so far; others are padded.
    width: usize,
    /// The job, the width and the text of the last prefix.
    last: (u64, usize, String),
}

/// The beginning of a line.
#[derive(Debug, Default)]
struct OpenLine {
    bytes: Vec<u8>,
    /// Whether earlier pieces of the line were shown.
    cut: bool,
    /// Whether it, or the text being added, may contain control characters.
    has_controls: bool,
    /// The colours that earlier lines have left on.
    colours: Colours,
    /// Whether its bytes are shown as they are.
    is_exact: bool,
}

impl PrefixedLines {
    /// Creates it without lines.
    pub(crate) fn new(style: Style, vendor: Option<Vendor>, prefix: LinePrefix) -> Self {
        Self {
            prefixes: Prefixes {
                prefix,
                style,
                vendor,
                width: 0,
                last: (0, 0, String::new()),
            },
            open: HashMap::new(),
        }
    }

    /// Shows the lines that `piece` completes, and keeps the rest.
    pub(crate) fn write(
        &mut self,
        job: &NumberedJob,
        stream: Stream,
        piece: &Spool,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let is_exact = self.prefixes.is_exact();
        let prefix = self.prefixes.of(job);
        let open = self
            .open
            .entry((job.seq, stream))
            .or_insert_with(|| OpenLine {
                is_exact,
                ..OpenLine::default()
            });
        open.add(piece.head(), prefix, out)?;
        let mut rest = piece.kept(piece.taken() + piece.head().len() as u64);
        let mut buf = Vec::new();
        while rest.by_ref().take(MAX_LINE as u64).read_to_end(&mut buf)? > 0 {
            open.add(&buf, prefix, out)?;
            buf.clear();
        }
        Ok(())
    }

    /// Shows an incomplete last line.
    pub(crate) fn finish(
        &mut self,
        job: &NumberedJob,
        stream: Stream,
        out: &mut impl Write,
    ) -> io::Result<()> {
        match self.open.remove(&(job.seq, stream)) {
            Some(mut open) if !open.bytes.is_empty() => {
                let prefix = self.prefixes.of(job);
                let bytes = std::mem::take(&mut open.bytes);
                let end: &[u8] = if open.is_exact { b"" } else { b"\n" };
                open.line(&bytes, end, prefix, out)
            }
            _ => Ok(()),
        }
    }
}

impl Prefixes {
    /// Whether lines are shown as GNU parallel shows them.
    fn is_exact(&self) -> bool {
        matches!(self.prefix, LinePrefix::Tag(_) | LinePrefix::Exact)
    }

    /// Returns the job's prefix, coloured and padded.
    fn of(&mut self, job: &NumberedJob) -> &str {
        // Consecutive pieces often belong to the same job.
        if (self.last.0, self.last.1) != (job.seq, self.width) {
            match &self.prefix {
                LinePrefix::Name => {}
                LinePrefix::None | LinePrefix::Exact => return "",
                LinePrefix::Tag(text) => {
                    let tag = text.fill(&job.job.args, job.seq, <[u8]>::to_vec);
                    let tag = describe::escape(&tag) + "\t";
                    self.last = (job.seq, self.width, tag);
                    return &self.last.2;
                }
            }
            let mut name = describe::short_label(job);
            if let Some(vendor) = self.vendor {
                name = vendor.escape_line(&name).into_owned();
            }
            let name = console::truncate_str(&name, MAX_WIDTH, CUT);
            self.width = self.width.max(console::measure_text_width(&name));
            let name = console::pad_str(&name, self.width, console::Alignment::Left, None);
            let prefix = self.style.tint(job.seq, format!("{name} |")) + " ";
            self.last = (job.seq, self.width, prefix);
        }
        &self.last.2
    }
}

impl OpenLine {
    fn longest(&self) -> usize {
        if self.is_exact {
            MAX_EXACT_LINE
        } else {
            MAX_LINE
        }
    }

    fn add(&mut self, bytes: &[u8], prefix: &str, out: &mut impl Write) -> io::Result<()> {
        // Search the whole piece at once, without an early exit: lines may be short.
        let controls = |found, byte: &u8| found | matches!(byte, 0x08 | b'\r' | 0x1b);
        self.has_controls &= !self.bytes.is_empty();
        self.has_controls |= bytes.iter().fold(false, controls);
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            match line.strip_suffix(b"\n") {
                Some(line) if self.bytes.is_empty() => self.complete(line, prefix, out)?,
                Some(line) => {
                    let mut begun = std::mem::take(&mut self.bytes);
                    begun.extend_from_slice(line);
                    self.complete(&begun, prefix, out)?;
                    begun.clear();
                    // Reuse the buffer.
                    self.bytes = begun;
                }
                None => {
                    self.bytes.extend_from_slice(line);
                    if self.bytes.len() > self.longest() {
                        let bytes = std::mem::take(&mut self.bytes);
                        self.bytes = self.shorten(&bytes, prefix, out)?.to_vec();
                    }
                }
            }
        }
        Ok(())
    }

    /// Shows the end of a line.
    fn complete(&mut self, line: &[u8], prefix: &str, out: &mut impl Write) -> io::Result<()> {
        let rest = self.shorten(line, prefix, out)?;
        self.line(rest, b"\n", prefix, out)?;
        self.cut = false;
        Ok(())
    }

    /// Shows pieces of a line that is too long, and returns the rest.
    fn shorten<'a>(
        &mut self,
        mut line: &'a [u8],
        prefix: &str,
        out: &mut impl Write,
    ) -> io::Result<&'a [u8]> {
        while line.len() > self.longest() {
            let (piece, rest) = line.split_at(self.longest());
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
        out.write_all(prefix.as_bytes())?;
        if self.cut {
            out.write_all(CUT.as_bytes())?;
        }
        if !self.is_exact && (self.has_controls || !self.colours.open().is_empty()) {
            let cut = if self.cut { CUT } else { "" };
            self.controlled(line, &format!("{prefix}{cut}"), out)?;
        } else {
            out.write_all(line)?;
        }
        out.write_all(end)
    }

    /// Writes a line with control characters. None can remove its prefix: whatever returns to the beginning of
    /// the line, or clears it, is followed by the prefix again.
    fn controlled(&mut self, line: &[u8], prefix: &str, out: &mut impl Write) -> io::Result<()> {
        out.write_all(self.colours.open())?;
        let end = line.iter().rposition(|byte| *byte != b'\r');
        let (mut rest, end) = line.split_at(end.map_or(0, |at| at + 1));
        // The number of characters after the prefix.
        let mut column = 0;
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(piece(rest));
            rest = after;
            self.colours.go_through(piece);
            let wipes = match piece {
                // It would move into the prefix.
                [0x08] if column == 0 => continue,
                [0x08] => {
                    column -= 1;
                    false
                }
                [b'\r'] => true,
                [0x1b, b'[', parameters @ .., b'K'] => parameters.iter().any(|byte| *byte != b'0'),
                [0x1b, ..] => false,
                text => {
                    column += columns(text);
                    false
                }
            };
            out.write_all(piece)?;
            if wipes {
                let back: &[u8] = if piece == b"\r" { b"" } else { b"\r" };
                let off: &[u8] = if self.colours.open().is_empty() {
                    b""
                } else {
                    OFF
                };
                let open = self.colours.open();
                out.write_all(&[back, off, prefix.as_bytes(), open].concat())?;
                column = 0;
            }
        }
        if !self.colours.open().is_empty() {
            // The next line belongs to another job, or to prun.
            out.write_all(OFF)?;
        }
        out.write_all(end)
    }
}

/// Returns the minimum number of columns of a text. Terminals disagree on the width of some characters, so
/// only those count on which all agree: a backspace must not reach the prefix.
fn columns(text: &[u8]) -> usize {
    let is_sure = |c: &char| match c {
        ' '..='~' => true,
        '\u{ad}' => false,
        // European letters; arrows, lines, blocks and Braille dots (spinners).
        '\u{a1}'..='\u{2ff}' | '\u{2190}'..='\u{259f}' | '\u{2800}'..='\u{28ff}' => true,
        _ => false,
    };
    String::from_utf8_lossy(text)
        .chars()
        .filter(is_sure)
        .count()
}

/// Returns the length of the first piece of a text: a backspace or carriage return, an escape sequence, or
/// the text up to the next of those.
fn piece(text: &[u8]) -> usize {
    let is_end = |byte: &u8| matches!(byte, 0x08 | b'\r' | 0x1b);
    let up_to = |from: usize, is_last: fn(&u8) -> bool| {
        let end = text[from..].iter().position(is_last);
        end.map_or(text.len(), |end| from + end + 1)
    };
    match text {
        [0x08 | b'\r', ..] | [0x1b] => 1,
        [0x1b, b'[', ..] => up_to(2, |byte| matches!(byte, 0x40..=0x7e)),
        // A title or a link: up to BEL or ESC \.
        [0x1b, b']' | b'P' | b'X' | b'^' | b'_', ..] => {
            up_to(2, |byte| matches!(byte, 0x07 | b'\\'))
        }
        [0x1b, ..] => 2,
        _ => text.iter().position(is_end).unwrap_or(text.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let (mut open, mut shown) = (OpenLine::default(), Vec::new());
        open.add(text.as_bytes(), "p | ", &mut shown).unwrap();
        String::from_utf8(shown).unwrap()
    }

    #[test]
    fn nothing_removes_a_prefix() {
        for (text, expected) in [
            ("a\n", "p | a\n"),
            ("1%\r2%\n", "p | 1%\rp | 2%\n"),
            ("a\r\n", "p | a\r\n"),
            ("1\r\x1b[2K2\n", "p | 1\rp | \x1b[2K\rp | 2\n"),
            ("a\x1b[Kb\n", "p | a\x1b[Kb\n"),
            ("\x08\x08a\x08\x08b\n", "p | a\x08b\n"),
            ("a\u{200b}\u{301}\x08\x08b\n", "p | a\u{200b}\u{301}\x08b\n"),
            ("⠋\x08⠙\x08\x08\n", "p | ⠋\x08⠙\x08\n"),
            (
                "\x1b[31m\x08\x1b]0;title\x07\x08\n",
                "p | \x1b[31m\x1b]0;title\x07\x1b[0m\n",
            ),
        ] {
            assert_eq!(shown(text), expected, "{text:?}");
        }
    }

    #[test]
    fn colours_end_with_their_line_and_continue_in_the_next() {
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
