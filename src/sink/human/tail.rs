//! The end of a job's output, where all of it would be too much.

use std::io::Read;

use super::screen;
use crate::event::Attempt;
use crate::process::{Spool, TerminalSize};
use crate::sink::describe;

/// As much as a record keeps of a stream.
pub(crate) use crate::record::TAIL;

/// As much is read at the most where most of it was drawn over.
const MOST_READ: u64 = 4 * 1024 * 1024;

/// The last bytes of a stream.
pub(crate) struct OutputTail {
    pub(crate) bytes: Vec<u8>,
    /// How many came before them, or could not be kept.
    pub(crate) cut: u64,
}

impl OutputTail {
    /// At most so many bytes, beginning with a whole character, without what the program has drawn
    /// over, on its terminal if it had one: twenty thousand frames of a progress bar are one. What
    /// cannot be read back counts as cut: it is told where the output itself is shown.
    pub(crate) fn of(spool: &Spool, terminal: Option<TerminalSize>, most: u64) -> Self {
        let mut reach = most;
        let (from, mut bytes) = loop {
            let from = spool.len().saturating_sub(reach).max(spool.begin());
            let mut read = Vec::new();
            let _ = spool.kept(from).take(reach).read_to_end(&mut read);
            let length = read.len();
            let shown = match terminal {
                Some(size) => screen::collapsed(&read, size),
                None => last_frames(&read),
            };
            // With nothing drawn over, or nothing before, there is no more to be had.
            let is_all = shown.len() >= length.min(most as usize) || from == spool.begin();
            if is_all || reach >= MOST_READ {
                break (from, shown);
            }
            reach *= 8;
        };
        let before = bytes.len().saturating_sub(most as usize);
        bytes.drain(..before);
        let mut cut = from + before as u64;
        if cut > 0 {
            let continues = |byte: &&u8| **byte & 0b1100_0000 == 0b1000_0000;
            let torn = bytes.iter().take(3).take_while(continues).count();
            bytes.drain(..torn);
            cut += torn as u64;
        }
        cut += spool.lost();
        Self { bytes, cut }
    }
}

/// Of each line what stands behind its last carriage return, if that is not at its end.
fn last_frames(text: &[u8]) -> Vec<u8> {
    let mut shown = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let end = line
            .iter()
            .rposition(|byte| !is_end(byte))
            .map_or(0, |at| at + 1);
        let (body, end) = line.split_at(end);
        let frame = body.rsplit(|byte| *byte == b'\r').next().unwrap_or(body);
        shown.extend_from_slice(frame);
        shown.extend_from_slice(end);
    }
    shown
}

/// Lines of output told of a failed job.
const LINES: usize = 20;
/// Bytes of output looked at for those lines, so that a line without an end costs no memory.
const LOOKED_AT: u64 = 8 * 1024;

/// The last lines that a failed attempt printed, escaped. Standard error says most often what went
/// wrong; standard output fills what is left.
pub(crate) fn last_lines(attempt: &Attempt) -> Vec<String> {
    let of = |spool, most| last_lines_of(spool, attempt.terminal, most);
    let mut lines = of(&attempt.stderr, LINES);
    let mut all = of(&attempt.stdout, LINES - lines.len());
    all.append(&mut lines);
    all
}

/// The last lines of a stream; the first of them may be a part of a longer line.
fn last_lines_of(spool: &Spool, terminal: Option<TerminalSize>, most: usize) -> Vec<String> {
    let OutputTail { bytes: tail, .. } = OutputTail::of(spool, terminal, LOOKED_AT);
    let text = tail.strip_suffix(b"\n").unwrap_or(&tail);
    if text.is_empty() {
        return Vec::new();
    }
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    let last = &lines[lines.len().saturating_sub(most)..];
    last.iter()
        .map(|line| describe::escape(&without_colours(line.strip_suffix(b"\r").unwrap_or(line))))
        .collect()
}

/// A line without what colours it, or fills it up with its colour: those were harmless where the
/// output itself was shown, and would be noise among escaped text.
fn without_colours(line: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some((&first, after)) = rest.split_first() {
        match colour_len(rest) {
            Some(len) => rest = &rest[len..],
            None => {
                plain.push(first);
                rest = after;
            }
        }
    }
    plain
}

/// How long the sequence is that colours what follows, if the text begins with one.
fn colour_len(text: &[u8]) -> Option<usize> {
    let parameters = text.strip_prefix(b"\x1b[")?;
    let is_parameter = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b';' | b':');
    let len = parameters
        .iter()
        .take_while(|byte| is_parameter(byte))
        .count();
    matches!(parameters.get(len), Some(b'm' | b'K')).then_some(len + 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_line_the_last_frame_is_kept() {
        for (text, shown) in [
            ("a\nb\r\nc\n", "a\nb\r\nc\n"),
            ("1%\r2%\r3%\nend", "3%\nend"),
            ("1%\r2%\r", "2%\r"),
            ("\r\r\n\n", "\r\r\n\n"),
            ("", ""),
        ] {
            assert_eq!(last_frames(text.as_bytes()), shown.as_bytes(), "{text:?}");
        }
    }
}
