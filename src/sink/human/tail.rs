//! The tail of a job's output, where all of it would be too much.

use std::io::Read;

use super::screen;
use crate::event::Attempt;
use crate::process::{Spool, TerminalSize};
use crate::sink::describe;

pub(crate) use crate::record::TAIL;

/// The maximum number of bytes to read if most of them were redrawn.
const MAX_READ: u64 = 4 * 1024 * 1024;

/// The last bytes of a stream.
pub(crate) struct OutputTail {
    pub(crate) bytes: Vec<u8>,
    /// The number of earlier bytes, and of lost ones.
    pub(crate) cut: u64,
}

impl OutputTail {
    /// Reads at most `most` bytes, from a character boundary, without redrawn text (on the job's terminal, if
    /// it had one): twenty thousand frames of a progress bar are one. Bytes that cannot be read back count
    /// as cut; the error is reported where the output itself is shown.
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
            // Without redrawn text, or at the beginning, there is no more to read.
            let is_all = shown.len() >= length.min(most as usize) || from == spool.begin();
            if is_all || reach >= MAX_READ {
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

/// Keeps the text of each line after its last carriage return, except one at its end.
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

/// The number of lines shown of a failed job's output.
const LINES: usize = 20;
/// The number of bytes read for those lines, so that an endless line costs no memory.
const LINES_BYTES: u64 = 8 * 1024;

/// Returns the last lines of a failed attempt's output, escaped. Standard error, which usually has the error,
/// comes first; standard output fills up the rest.
pub(crate) fn last_lines(attempt: &Attempt) -> Vec<String> {
    let of = |spool, most| last_lines_of(spool, attempt.terminal, most);
    let mut lines = of(&attempt.stderr, LINES);
    let mut all = of(&attempt.stdout, LINES - lines.len());
    all.append(&mut lines);
    all
}

/// Returns the last lines of a stream; the first may be the rest of a longer line.
fn last_lines_of(spool: &Spool, terminal: Option<TerminalSize>, most: usize) -> Vec<String> {
    let OutputTail { bytes: tail, .. } = OutputTail::of(spool, terminal, LINES_BYTES);
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

/// Removes sequences that set colours or clear the rest of the line: they would be noise in escaped text.
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

/// Returns the length of a colour or clear-line sequence at the beginning of the text.
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
    fn the_last_frame_of_a_line_is_kept() {
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
