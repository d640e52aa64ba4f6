//! What a test expects of a run, and how a difference matches reported.

use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

/// At most this many lines of a difference are shown.
const MAX_LINES: usize = 40;

/// At most this many bytes of a line are shown.
const MAX_BYTES: usize = 400;

/// The expectations of a test. The defaults are the strictest, except for a screen, which matches redrawn
/// often.
pub(super) struct Expectations {
    pub(super) stdout: Text,
    pub(super) stderr: Text,
    pub(super) screen: Text,
    pub(super) end: End,
    pub(super) not_before: Duration,
}

impl Default for Expectations {
    fn default() -> Self {
        Self {
            stdout: Text::Exactly(Vec::new()),
            stderr: Text::Exactly(Vec::new()),
            screen: Text::Has(Vec::new()),
            end: End::Code(0),
            not_before: Duration::ZERO,
        }
    }
}

/// The expected contents of one stream.
pub(super) enum Text {
    /// These bytes.
    Exactly(Vec<u8>),
    /// All of these somewhere; an empty list accepts anything.
    Has(Vec<Vec<u8>>),
}

impl Text {
    /// Adds a text to find. The contents as a whole are no longer compared.
    pub(super) fn add(&mut self, text: &[u8]) {
        match self {
            Self::Exactly(_) => *self = Self::Has(vec![text.into()]),
            Self::Has(texts) => texts.push(text.into()),
        }
    }

    /// Describes the difference to the actual bytes, if any.
    pub(super) fn complaint(&self, stream: &str, actual: &[u8], dir: &Path) -> Option<String> {
        match self {
            Self::Exactly(expected) => difference(expected, actual, dir).map(|lines| {
                format!("{stream} is not what was expected (- expected, + printed):\n{lines}")
            }),
            Self::Has(texts) => {
                let missing = texts
                    .iter()
                    .find(|text| !Pattern::new(text, dir).is_found_in(actual))?;
                let (missing, actual) = (printable(missing, "- "), printable(actual, "+ "));
                Some(format!(
                    "{stream} lacks what was expected (- expected, + printed):\n{missing}{actual}"
                ))
            }
        }
    }
}

/// How a run should end.
#[derive(PartialEq)]
pub(super) enum End {
    Code(i32),
    Signal(i32),
    /// Not checked here: the test checks it.
    Any,
}

impl End {
    /// Describes the difference to the actual end, if any.
    pub(super) fn complaint(&self, status: ExitStatus) -> Option<String> {
        let actual = match (status.code(), status.signal()) {
            (Some(code), _) => Self::Code(code),
            (None, signal) => Self::Signal(signal.unwrap_or(0)),
        };
        let differs = *self != Self::Any && actual != *self;
        differs.then(|| format!("expected {}, got {}", self.describe(), actual.describe()))
    }

    fn describe(&self) -> String {
        match self {
            Self::Code(code) => format!("exit code {code}"),
            Self::Signal(signal) => format!("death by signal {signal}"),
            Self::Any => "any end".to_owned(),
        }
    }
}

/// Expected text, its placeholders parsed.
pub(super) struct Pattern(Vec<Piece>);

enum Piece {
    Bytes(Vec<u8>),
    Time,
    Number,
}

impl Pattern {
    /// Parses expected text, in which `[DIR]` stands for `dir`.
    pub(super) fn new(text: &[u8], dir: &Path) -> Self {
        let mut pieces = Vec::new();
        let mut plain = Vec::new();
        let mut rest = text;
        while let Some((&first, after)) = rest.split_first() {
            let piece = if let Some(after) = rest.strip_prefix(b"[DIR]") {
                plain.extend_from_slice(dir.as_os_str().as_bytes());
                rest = after;
                continue;
            } else if let Some(after) = rest.strip_prefix(b"[TIME]") {
                rest = after;
                Piece::Time
            } else if let Some(after) = rest.strip_prefix(b"[PID]") {
                rest = after;
                Piece::Number
            } else {
                plain.push(first);
                rest = after;
                continue;
            };
            pieces.push(Piece::Bytes(std::mem::take(&mut plain)));
            pieces.push(piece);
        }
        pieces.push(Piece::Bytes(plain));
        Self(pieces)
    }

    /// Whether the pattern matches the whole of `text`.
    pub(super) fn matches(&self, text: &[u8]) -> bool {
        self.strip(text).is_some_and(<[u8]>::is_empty)
    }

    /// Whether the pattern matches some part of `text`.
    pub(super) fn is_found_in(&self, text: &[u8]) -> bool {
        (0..=text.len()).any(|at| self.strip(&text[at..]).is_some())
    }

    /// Strips a prefix that matches.
    fn strip<'t>(&self, text: &'t [u8]) -> Option<&'t [u8]> {
        self.0.iter().try_fold(text, |text, piece| match piece {
            Piece::Bytes(bytes) => text.strip_prefix(bytes.as_slice()),
            Piece::Time => strip_time(text),
            Piece::Number => strip_digits(text),
        })
    }
}

fn strip_digits(text: &[u8]) -> Option<&[u8]> {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (count > 0).then(|| &text[count..])
}

/// Strips a duration: `0.2 s`, `35 ms`, `1m05s`, `2h00m`. A letter behind it means that it matches none.
fn strip_time(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text;
    loop {
        rest = strip_digits(rest)?;
        if let Some(fraction) = rest.strip_prefix(b".") {
            rest = strip_digits(fraction)?;
        }
        rest = rest.strip_prefix(b" ").unwrap_or(rest);
        let units: [&[u8]; 4] = [b"ms", b"s", b"m", b"h"];
        rest = units.iter().find_map(|unit| rest.strip_prefix(*unit))?;
        match rest.first() {
            Some(byte) if byte.is_ascii_digit() => {}
            Some(byte) if byte.is_ascii_alphabetic() => return None,
            _ => return Some(rest),
        }
    }
}

/// The lines in which two texts differ. Equal lines at both ends are counted, not shown.
fn difference(expected: &[u8], actual: &[u8], dir: &Path) -> Option<String> {
    let expected: Vec<&[u8]> = expected.split_inclusive(|&byte| byte == b'\n').collect();
    let actual: Vec<&[u8]> = actual.split_inclusive(|&byte| byte == b'\n').collect();
    let alike = |(expected, actual): &(&&[u8], &&[u8])| Pattern::new(expected, dir).matches(actual);
    let common_start = expected.iter().zip(&actual).take_while(alike).count();
    let (expected, actual) = (&expected[common_start..], &actual[common_start..]);
    if expected.is_empty() && actual.is_empty() {
        return None;
    }
    let ends = expected.iter().rev().zip(actual.iter().rev());
    let common_end = ends.take_while(alike).count();
    let expected = printable(&expected[..expected.len() - common_end].concat(), "- ");
    let actual = printable(&actual[..actual.len() - common_end].concat(), "+ ");
    Some(format!(
        "  ({common_start} lines alike)\n{expected}{actual}  ({common_end} lines alike)\n"
    ))
}

/// Formats bytes as readable lines: unprintable ones escaped, a missing last newline noted.
pub(super) fn printable(bytes: &[u8], prefix: &str) -> String {
    let lines: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
    let omitted = lines.len().saturating_sub(MAX_LINES);
    let mut text = String::new();
    if omitted > 0 {
        text += &format!("{prefix}({omitted} lines left out)\n");
    }
    for line in &lines[omitted..] {
        let whole = line.strip_suffix(b"\n");
        let note = if whole.is_some() { "" } else { " (no newline)" };
        let line = whole.unwrap_or(line);
        let (first, rest) = line.split_at(line.len().min(MAX_BYTES));
        let more = match rest.len() {
            0 => String::new(),
            count => format!(" (and {count} bytes more)"),
        };
        let first = escaped(first);
        text += &format!("{prefix}{first}{more}{note}\n");
    }
    text
}

fn escaped(line: &[u8]) -> String {
    let mut text = String::new();
    for chunk in line.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '"' | '\'' => text.push(letter),
                _ => text.extend(letter.escape_debug()),
            }
        }
        for byte in chunk.invalid() {
            text += &format!("\\x{byte:02x}");
        }
    }
    text
}
