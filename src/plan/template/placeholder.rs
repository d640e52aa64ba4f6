//! Placeholders: which braces of a template are replaced, and with which part of a value.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// Which part of a value a placeholder inserts, with the semantics of GNU parallel.
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

/// A placeholder in a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hole {
    /// `{}` if a job has several values: all of them.
    All(PlaceholderForm),
    /// One value, counted from 0.
    Value(usize, PlaceholderForm),
    /// `{#}`: the number of the job.
    Seq,
    /// `{%}`: the slot in which it runs.
    Slot,
}

/// How many values a job has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    /// One of each source; the number of sources.
    Sources(usize),
    /// Several of one source, perhaps fewer for the last job; `None` for as many as fit.
    Batch(Option<usize>),
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Literal bytes.
    Text(Vec<u8>),
    /// A placeholder.
    Hole(Hole),
}

/// The meaning of braces at the start of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Braces {
    /// A placeholder.
    Hole(Hole),
    /// `{{}}`, which is a literal `{}`.
    Literal,
}

/// Parses the braces at the start of `text`, where a job has `width` values; returns their meaning and
/// length, or `None` for braces without a meaning. The caller checks for a `$` before them.
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

/// Parses the text between braces.
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
            // With one value `{2}` is not a placeholder: it may be a repetition in a regular expression.
            (number <= width || width > 1).then_some(Hole::Value(number - 1, form))
        }
    }
}

/// Splits a word that no shell parses into its pieces.
pub(crate) fn pieces(word: &[u8], width: usize) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut text = Vec::new();
    let mut at = 0;
    while at < word.len() {
        // Braces after a `$` belong to a shell.
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

/// Whether a typed word has a placeholder for a value: then the words are a template, even without a
/// source of values.
pub(crate) fn has_placeholder(word: &OsStr) -> bool {
    let is_value = |piece: &Piece| matches!(piece, Piece::Hole(Hole::Value(..) | Hole::All(_)));
    pieces(word.as_bytes(), 1).iter().any(is_value)
}

impl Width {
    /// Returns the number of values, as placeholders count them.
    pub(crate) fn count(self) -> usize {
        match self {
            Self::Sources(count) | Self::Batch(Some(count)) => count,
            Self::Batch(None) => usize::MAX,
        }
    }
}

impl PlaceholderForm {
    /// Returns this part of `value`.
    pub(crate) fn of(self, value: &OsStr) -> OsString {
        let bytes = value.as_bytes();
        let part = match self {
            Self::Whole => bytes,
            Self::NoExtension => without_extension(bytes),
            Self::Base => base(bytes),
            Self::Directory => directory(bytes),
            Self::BaseNoExtension => without_extension(base(bytes)),
        };
        OsString::from_vec(part.to_vec())
    }
}

impl Hole {
    /// Returns its replacement. Values that a short batch lacks are empty.
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

/// Returns the path up to the last dot of its last component.
fn without_extension(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|byte| matches!(byte, b'.' | b'/')) {
        Some(at) if path[at] == b'.' => &path[..at],
        _ => path,
    }
}

/// Returns the part after the last slash, which may be empty.
fn base(path: &[u8]) -> &[u8] {
    let slash = path.iter().rposition(|byte| *byte == b'/');
    &path[slash.map_or(0, |at| at + 1)..]
}

/// Returns the directory, as dirname(1) does.
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

/// Returns the path without trailing slashes, except for the root.
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
    fn every_form_inserts_its_part() {
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
    fn other_braces_are_kept() {
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
