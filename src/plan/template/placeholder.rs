//! Placeholders: which braces of a template stand for a value, and what each of them makes of it.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// What a placeholder shows of a value, as GNU parallel computes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlaceholderForm {
    /// `{}`: all of it.
    Whole,
    /// `{.}`: without its extension.
    NoExtension,
    /// `{/}`: its base name.
    Base,
    /// `{//}`: its directory.
    Directory,
    /// `{/.}`: its base name without the extension.
    BaseNoExtension,
}

/// A place in a template that a job fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hole {
    /// `{}` where a job has several values: all of them.
    All(PlaceholderForm),
    /// One value, counted from 0.
    Value(usize, PlaceholderForm),
    /// `{#}`: the number of the job.
    Seq,
    /// `{%}`: the slot that it runs in.
    Slot,
}

/// How many values a job has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    /// One of each of so many sources.
    Sources(usize),
    /// So many of one source, the last job perhaps fewer; none for as many as fit.
    Batch(Option<usize>),
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Bytes that stay.
    Text(Vec<u8>),
    /// A place that is filled.
    Hole(Hole),
}

/// What braces at the start of a text mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Braces {
    /// A place to fill.
    Hole(Hole),
    /// `{{}}`, which is a literal `{}`.
    Literal,
}

/// What the braces at the start of `text` mean where a job has `width` values, and how long they
/// are; none for braces that are nothing to us. The caller knows whether a `$` is in front.
pub(crate) fn braces(text: &[u8], width: usize) -> Option<(Braces, usize)> {
    if text.starts_with(b"{{}}") {
        return Some((Braces::Literal, 4));
    }
    let inside = text.strip_prefix(b"{")?;
    // The longest is `{9999/.}`.
    let end = inside.iter().take(8).position(|byte| *byte == b'}')?;
    let hole = hole(&inside[..end], width)?;
    Some((Braces::Hole(hole), end + 2))
}

/// The place that the text between braces names.
fn hole(name: &[u8], width: usize) -> Option<Hole> {
    match name {
        b"#" => return Some(Hole::Seq),
        b"%" => return Some(Hole::Slot),
        _ => {}
    }
    let digits = name.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, form) = name.split_at(digits);
    let form = match form {
        b"" => PlaceholderForm::Whole,
        b"." => PlaceholderForm::NoExtension,
        b"/" => PlaceholderForm::Base,
        b"//" => PlaceholderForm::Directory,
        b"/." => PlaceholderForm::BaseNoExtension,
        _ => return None,
    };
    match number {
        [] if width == 1 => Some(Hole::Value(0, form)),
        [] => Some(Hole::All(form)),
        [b'0', ..] | [_, _, _, _, _, ..] => None,
        digits => {
            let number = digits
                .iter()
                .fold(0, |number, digit| number * 10 + usize::from(digit - b'0'));
            // With one value `{2}` is not ours: it may count in a regular expression.
            (number <= width || width > 1).then_some(Hole::Value(number - 1, form))
        }
    }
}

/// The parts of a word that no shell reads.
pub(crate) fn pieces(word: &[u8], width: usize) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut text = Vec::new();
    let mut at = 0;
    while at < word.len() {
        // Braces behind a `$` belong to a shell.
        let found = match word[..at].last() {
            Some(b'$') => None,
            _ => braces(&word[at..], width),
        };
        match found {
            Some((Braces::Literal, length)) => {
                text.extend_from_slice(b"{}");
                at += length;
            }
            Some((Braces::Hole(hole), length)) => {
                if !text.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                }
                pieces.push(Piece::Hole(hole));
                at += length;
            }
            None => {
                text.push(word[at]);
                at += 1;
            }
        }
    }
    if !text.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Text(text));
    }
    pieces
}

impl Width {
    /// As placeholders count.
    pub(crate) fn most(self) -> usize {
        match self {
            Self::Sources(count) | Self::Batch(Some(count)) => count,
            Self::Batch(None) => usize::MAX,
        }
    }
}

impl PlaceholderForm {
    /// What it shows of `value`.
    pub(crate) fn of(self, value: &OsStr) -> OsString {
        let bytes = value.as_bytes();
        let shown = match self {
            Self::Whole => bytes,
            Self::NoExtension => without_extension(bytes),
            Self::Base => base(bytes),
            Self::Directory => directory(bytes),
            Self::BaseNoExtension => without_extension(base(bytes)),
        };
        OsString::from_vec(shown.to_vec())
    }
}

impl Hole {
    /// What fills it. A batch that came out short leaves its last values empty.
    pub(crate) fn fill(self, args: &[OsString], seq: u64, slot: u32) -> OsString {
        match self {
            Self::Value(index, form) => {
                let value = args.get(index).map(OsString::as_os_str);
                value.map_or_else(OsString::new, |value| form.of(value))
            }
            Self::All(form) => {
                let values: Vec<OsString> = args.iter().map(|value| form.of(value)).collect();
                values.join(OsStr::new(" "))
            }
            Self::Seq => seq.to_string().into(),
            Self::Slot => slot.to_string().into(),
        }
    }
}

/// Up to the last dot of the last part of the path.
fn without_extension(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|byte| matches!(byte, b'.' | b'/')) {
        Some(at) if path[at] == b'.' => &path[..at],
        _ => path,
    }
}

/// What follows the last slash, which may be nothing.
fn base(path: &[u8]) -> &[u8] {
    let slash = path.iter().rposition(|byte| *byte == b'/');
    &path[slash.map_or(0, |at| at + 1)..]
}

/// The directory, as dirname(1) tells it.
fn directory(path: &[u8]) -> &[u8] {
    let path = without_slashes(path);
    match path.iter().rposition(|byte| *byte == b'/') {
        None => b".",
        Some(at) => match without_slashes(&path[..at]) {
            [] => b"/",
            above => above,
        },
    }
}

/// The path without the slashes at its end, but for a root.
fn without_slashes(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|byte| *byte != b'/');
    match end {
        Some(end) => &path[..=end],
        None => &path[..path.len().min(1)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str, width: usize, args: &[&str]) -> String {
        let args: Vec<OsString> = args.iter().map(OsString::from).collect();
        let pieces = pieces(template.as_bytes(), width);
        let filled = pieces.into_iter().map(|piece| match piece {
            Piece::Text(text) => String::from_utf8(text).unwrap(),
            Piece::Hole(hole) => hole.fill(&args, 7, 2).into_string().unwrap(),
        });
        filled.collect()
    }

    #[test]
    fn every_form_shows_its_part() {
        let all = "{} {.} {/} {//} {/.} {#} {%}";
        for (value, shown) in [
            (
                "dir/sub/a.tar.gz",
                "dir/sub/a.tar.gz dir/sub/a.tar a.tar.gz dir/sub a.tar 7 2",
            ),
            ("a.b/c", "a.b/c a.b/c c a.b c 7 2"),
            ("plain", "plain plain plain . plain 7 2"),
            ("/a", "/a /a a / a 7 2"),
            ("d/e/", "d/e/ d/e/  d  7 2"),
            (".bashrc", ".bashrc  .bashrc .  7 2"),
            ("", "   .  7 2"),
            ("a//b", "a//b a//b b a b 7 2"),
            ("a.", "a. a a. . a 7 2"),
        ] {
            assert_eq!(filled(all, 1, &[value]), shown);
        }
    }

    #[test]
    fn values_are_counted_from_one() {
        assert_eq!(filled("{2/}-{1.}", 2, &["a.b", "c/d"]), "d-a");
        assert_eq!(filled("<{}>", 2, &["a", "b"]), "<a b>");
        assert_eq!(filled("{1} {2}", 2, &["a"]), "a ");
    }

    #[test]
    fn other_braces_stay() {
        for text in [
            "{\"a\":1}",
            "{a,b}",
            "{ }",
            "${}",
            "${1}",
            "{0}",
            "{01}",
            "{-1}",
            "{2}",
            "{x}",
            "{1..3}",
            "{///}",
            "{123456789}",
            "}{",
        ] {
            assert_eq!(filled(text, 1, &["v"]), text);
        }
    }

    #[test]
    fn doubled_braces_are_literal() {
        assert_eq!(filled("{{}} {{{}}} {}", 1, &["v"]), "{} {{}} v");
    }
}
