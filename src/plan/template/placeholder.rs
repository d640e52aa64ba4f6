//! Placeholders: which braces of a template are replaced, and with what.
//!
//! A placeholder is `{WHICH FORM}`, without the blank: WHICH is a number, the name of a column, or
//! nothing, and FORM one of [`PlaceholderForm`]. All other braces are text. So that other languages keep
//! theirs, the text between braces holds no braces, quotes, `$`, backslashes or control characters
//! (a placeholder never reaches across the quotes of a shell), and `%SUFFIX` and `#PREFIX` after no
//! number and no name also no blanks, and nothing that printf or date format (`{%s}`, `{%Y-%m}`).

use std::ffi::{OsStr, OsString};
use std::ops::Range;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use thiserror::Error;

use super::form::PlaceholderForm;
use super::slot_assignment::{KnownSlots, SlotAssignment};

/// A placeholder in a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Hole {
    /// `{}` if a job has several values: all of them.
    All(PlaceholderForm),
    /// One value, counted from 0.
    Value(usize, PlaceholderForm),
    /// `{#}`: the number of the job.
    Seq,
    /// `{%}`: the slot in which it runs.
    Slot,
    /// `{slot}`: the value of that slot.
    SlotValue,
}

/// How many values a job has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    /// One of each column of each source; the number of columns.
    Sources(usize),
    /// Several of one source, perhaps fewer for the last job; `None` for as many as fit.
    Batch(Option<usize>),
}

/// What the placeholders of a template may name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlaceholderScope<'a> {
    /// The values of a job.
    pub(crate) width: Width,
    /// The names of the columns by position; none without `--header`.
    pub(crate) names: &'a [OsString],
    /// What is known of the slot of a job.
    pub(crate) slots: KnownSlots,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Braces {
    /// A placeholder.
    Hole(Hole),
    /// A placeholder in another pair of braces (`{{}}`), which is the text of that placeholder (`{}`).
    Literal,
}

/// Why a placeholder cannot be filled, whatever the values are.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum PlaceholderError {
    /// A placeholder for a value beyond the last.
    #[error("`{0}` is out of range: each job has only {1} values")]
    OutOfRange(String, usize),
    /// The name of a column that does not exist.
    #[error(
        "no column for `{written}`: the columns are {names} (`{{{written}}}` is the text `{written}`)"
    )]
    NoColumn { written: String, names: String },
    /// `{slot}` without values of slots.
    #[error(
        "`{{slot}}` needs the values of the slots: add --slots LIST (`{{{{slot}}}}` is the text `{{slot}}`)"
    )]
    NoSlotValues,
    /// `{%}` where the slot is not known.
    #[error(
        "`{{%}}` cannot be used with --on: the slot of a job is known only on its machine: write $PRUN_SLOT in a command line (`{{{{%}}}}` is the text `{{%}}`)"
    )]
    NoSlots,
}

/// The meaning of the text between braces.
enum Meaning {
    Hole(Hole),
    Literal,
    /// The name of a column that does not exist.
    UnknownName,
}

/// Parses the braces at the start of `text`; returns their meaning and length, or `None` for braces
/// without a meaning. The caller checks for a `$` before them.
pub(crate) fn braces(text: &[u8], scope: PlaceholderScope) -> Option<(Braces, usize)> {
    match parse(text, scope)? {
        (Meaning::Hole(hole), length) => Some((Braces::Hole(hole), length)),
        (Meaning::Literal, length) => Some((Braces::Literal, length)),
        (Meaning::UnknownName, _) => None,
    }
}

/// Parses one pair of braces, or two.
fn parse(text: &[u8], scope: PlaceholderScope) -> Option<(Meaning, usize)> {
    if let Some(inner) = text.strip_prefix(b"{")
        && let Some((_, length)) = single_braces(inner, scope)
        && inner.get(length) == Some(&b'}')
    {
        return Some((Meaning::Literal, length + 2));
    }
    single_braces(text, scope)
}

/// Parses one pair of braces.
fn single_braces(text: &[u8], scope: PlaceholderScope) -> Option<(Meaning, usize)> {
    let inside = text.strip_prefix(b"{")?;
    let ends = |byte: &u8| byte.is_ascii_control() || b"{}'\"`$\\".contains(byte);
    let end = inside.iter().position(ends)?;
    let meaning = (inside[end] == b'}').then(|| meaning(&inside[..end], scope))?;
    Some((meaning?, end + 2))
}

/// Parses the text between braces. A name wins over other meanings, except for the forms of one or two
/// characters.
fn meaning(text: &[u8], scope: PlaceholderScope) -> Option<Meaning> {
    let all = |form| match scope.width.count() {
        1 => Hole::Value(0, form),
        _ => Hole::All(form),
    };
    let hole = match text {
        b"#" => Some(Hole::Seq),
        b"%" => Some(Hole::Slot),
        _ => PlaceholderForm::fixed(text)
            .map(all)
            .or_else(|| column(text, scope.names))
            .or_else(|| numbered(text, scope.width.count()))
            .or_else(|| bare_form(text).map(all))
            .or_else(|| (text == b"slot").then_some(Hole::SlotValue)),
    };
    match hole {
        Some(hole) => Some(Meaning::Hole(hole)),
        None if !scope.names.is_empty() && is_named(text) => Some(Meaning::UnknownName),
        None => None,
    }
}

/// Parses the form of a placeholder after a number or a name.
fn form(text: &[u8]) -> Option<PlaceholderForm> {
    PlaceholderForm::fixed(text).or_else(|| PlaceholderForm::written_out(text))
}

/// Parses a form without a number or a name.
fn bare_form(text: &[u8]) -> Option<PlaceholderForm> {
    let is_foreign = match text {
        [b'%', rest @ ..] => is_conversion(rest) || rest.iter().any(|byte| b" %".contains(byte)),
        [b'#', rest @ ..] => rest.contains(&b' '),
        _ => false,
    };
    (!is_foreign).then(|| form(text))?
}

/// Whether a text after `%` is a conversion of printf(3) or date(1): `s`, `-5d`, `.3f`, `lu`.
fn is_conversion(text: &[u8]) -> bool {
    fn digits(text: &[u8]) -> &[u8] {
        &text[text.iter().take_while(|byte| byte.is_ascii_digit()).count()..]
    }
    let text = digits(text.strip_prefix(b"-").unwrap_or(text));
    let text = match text {
        [b'.', b'0'..=b'9', rest @ ..] => digits(rest),
        _ => text,
    };
    let text = text
        .strip_prefix(b"l")
        .filter(|rest| !rest.is_empty())
        .unwrap_or(text);
    matches!(text, [letter] if letter.is_ascii_alphabetic())
}

/// Parses the number of a value and a form.
fn numbered(text: &[u8], width: usize) -> Option<Hole> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, rest) = text.split_at(digits);
    if matches!(number, [] | [b'0', ..] | [_, _, _, _, _, ..]) {
        return None;
    }
    let form = form(rest)?;
    let number = number
        .iter()
        .fold(0, |number, digit| number * 10 + usize::from(digit - b'0'));
    // With one value `{2}` is not a placeholder: it may be a repetition in a regular expression.
    (number <= width || width > 1).then_some(Hole::Value(number - 1, form))
}

/// Parses the name of a column, the longest if there are several, and a form.
fn column(text: &[u8], names: &[OsString]) -> Option<Hole> {
    let candidate = |(index, name): (usize, &OsString)| {
        let rest = text.strip_prefix(name.as_bytes())?;
        (!name.is_empty()).then_some((name.len(), index, form(rest)?))
    };
    let candidates = names.iter().enumerate().filter_map(candidate);
    let (_, index, form) = candidates.max_by_key(|(length, ..)| *length)?;
    Some(Hole::Value(index, form))
}

/// Whether a text looks like the name of a column and a form.
fn is_named(text: &[u8]) -> bool {
    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_' || **byte >= 0x80;
    let name = text.iter().take_while(is_part).count();
    name > 0 && !text[0].is_ascii_digit() && form(&text[name..]).is_some()
}

/// Returns where braces with a meaning stand in a word, and that meaning.
fn all_braces(word: &[u8], scope: PlaceholderScope) -> Vec<(Range<usize>, Meaning)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < word.len() {
        // Braces after a `$` belong to a shell.
        let is_candidate = word[at] == b'{' && !word[..at].ends_with(b"$");
        match is_candidate.then(|| parse(&word[at..], scope)).flatten() {
            Some((meaning, length)) => {
                found.push((at..at + length, meaning));
                at += length;
            }
            None => at += 1,
        }
    }
    found
}

/// Splits a word that no shell parses into its pieces.
pub(crate) fn pieces(word: &[u8], scope: PlaceholderScope) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut text = Vec::new();
    let mut start = 0;
    for (at, meaning) in all_braces(word, scope) {
        text.extend_from_slice(&word[start..at.start]);
        start = at.end;
        match meaning {
            Meaning::UnknownName => text.extend_from_slice(&word[at]),
            Meaning::Literal => text.extend_from_slice(&word[at.start + 1..at.end - 1]),
            Meaning::Hole(hole) => {
                if !text.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                }
                pieces.push(Piece::Hole(hole));
            }
        }
    }
    text.extend_from_slice(&word[start..]);
    if !text.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Text(text));
    }
    pieces
}

/// Returns a word with its placeholders filled.
pub(crate) fn fill(pieces: &[Piece], args: &[OsString], to: SlotAssignment) -> OsString {
    let mut word = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => word.extend_from_slice(text),
            Piece::Hole(hole) => hole.append(args, to, &mut word),
        }
    }
    OsString::from_vec(word)
}

/// Rejects placeholders of a word for which there will be no value.
pub(crate) fn check(word: &[u8], scope: PlaceholderScope) -> Result<(), PlaceholderError> {
    let count = scope.width.count();
    for (at, meaning) in all_braces(word, scope) {
        let written = || String::from_utf8_lossy(&word[at.clone()]).into_owned();
        match meaning {
            Meaning::Hole(Hole::Value(index, _)) if index >= count => {
                return Err(PlaceholderError::OutOfRange(written(), count));
            }
            Meaning::Hole(Hole::SlotValue) if scope.slots != KnownSlots::Values => {
                return Err(PlaceholderError::NoSlotValues);
            }
            Meaning::Hole(Hole::Slot) if scope.slots == KnownSlots::None => {
                return Err(PlaceholderError::NoSlots);
            }
            Meaning::UnknownName => {
                let names = scope.names.iter().map(|name| name.to_string_lossy());
                return Err(PlaceholderError::NoColumn {
                    written: written(),
                    names: names.collect::<Vec<_>>().join(", "),
                });
            }
            Meaning::Hole(_) | Meaning::Literal => {}
        }
    }
    Ok(())
}

/// Whether a typed word has a placeholder for a value: then the words are a template, even without a
/// source of values. A text in braces that has another meaning elsewhere (`{/foo/d}` of sed, `{%H}`)
/// is too weak a sign.
pub(crate) fn has_placeholder(word: &OsStr) -> bool {
    let word = word.as_bytes();
    let mut found = all_braces(word, Width::Sources(1).into()).into_iter();
    found.any(|(at, meaning)| match meaning {
        Meaning::Hole(Hole::Value(_, form) | Hole::All(form)) => {
            !form.is_written_out() || word[at.start + 1].is_ascii_digit()
        }
        _ => false,
    })
}

/// Returns the first `{/OLD/NEW}` of a word, without a number or a name. In a script for sed or awk it
/// may be a pattern and a command: `/a/,/b/{/foo/d}`.
pub(crate) fn replacement<'a>(word: &'a [u8], scope: PlaceholderScope) -> Option<&'a [u8]> {
    let is_replacement = |hole: &Hole| {
        matches!(
            hole,
            Hole::All(PlaceholderForm::Replaced { .. })
                | Hole::Value(_, PlaceholderForm::Replaced { .. })
        )
    };
    all_braces(word, scope)
        .into_iter()
        .find_map(|(at, meaning)| match meaning {
            Meaning::Hole(hole) if is_replacement(&hole) && word[at.start + 1] == b'/' => {
                Some(&word[at])
            }
            _ => None,
        })
}

impl Width {
    /// Whether a job has values at all.
    pub(crate) fn has_values(self) -> bool {
        self != Self::Sources(0)
    }

    /// Returns the number of values, as placeholders count them.
    pub(crate) fn count(self) -> usize {
        match self {
            Self::Sources(count) | Self::Batch(Some(count)) => count,
            Self::Batch(None) => usize::MAX,
        }
    }
}

impl Default for PlaceholderScope<'_> {
    fn default() -> Self {
        Width::Sources(0).into()
    }
}

impl From<Width> for PlaceholderScope<'_> {
    fn from(width: Width) -> Self {
        Self {
            width,
            names: &[],
            slots: KnownSlots::default(),
        }
    }
}

impl Hole {
    /// Appends its replacement to `word`. Values that a short batch lacks are empty.
    pub(crate) fn append(&self, args: &[OsString], to: SlotAssignment, word: &mut Vec<u8>) {
        match self {
            Self::Value(index, form) => {
                if let Some(value) = args.get(*index) {
                    form.append(value, word);
                }
            }
            Self::All(form) => {
                for (index, value) in args.iter().enumerate() {
                    if index > 0 {
                        word.push(b' ');
                    }
                    form.append(value, word);
                }
            }
            Self::Seq => word.extend_from_slice(to.seq.to_string().as_bytes()),
            Self::Slot => word.extend_from_slice(to.slot.to_string().as_bytes()),
            Self::SlotValue => {
                word.extend_from_slice(to.slot_value.unwrap_or_default().as_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests;
