//! Splits a command line with placeholders into words.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use super::placeholder::{Hole, Piece, PlaceholderScope, pieces};
use crate::plan::command::WordsError;

/// Splits a line with `by`, with each placeholder replaced by letters without a meaning.
pub(crate) fn split(
    text: &[u8],
    scope: PlaceholderScope,
    by: impl Fn(&[u8]) -> Result<Option<Vec<OsString>>, WordsError>,
) -> Result<Option<Vec<Vec<Piece>>>, WordsError> {
    let mark = unused_mark(text);
    let mut holes = Vec::new();
    let mut line = Vec::new();
    for piece in pieces(text, scope) {
        match piece {
            Piece::Text(text) => line.extend_from_slice(&text),
            Piece::Hole(hole) => {
                line.extend_from_slice(&mark);
                holes.push(hole);
            }
        }
    }
    let mut holes = holes.into_iter();
    let Some(words) = by(&line)? else {
        return Ok(None);
    };
    let mut split = Vec::with_capacity(words.len());
    for word in words {
        split.push(split_at_marks(word.as_bytes(), &mark, &mut holes));
    }
    Ok(Some(split))
}

/// Splits a word at the marks, each of which is the next of `holes`.
fn split_at_marks(word: &[u8], mark: &[u8], holes: &mut impl Iterator<Item = Hole>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = word;
    while let Some(at) = rest.windows(mark.len()).position(|bytes| bytes == mark) {
        if at > 0 {
            pieces.push(Piece::Text(rest[..at].to_vec()));
        }
        pieces.extend(holes.next().map(Piece::Hole));
        rest = &rest[at + mark.len()..];
    }
    if !rest.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Text(rest.to_vec()));
    }
    pieces
}

/// Returns letters that do not occur in a text. Their first and last letters occur only once, so that
/// a match cannot overlap with the text.
fn unused_mark(text: &[u8]) -> Vec<u8> {
    let holds = |mark: &[u8]| text.windows(mark.len()).any(|bytes| bytes == mark);
    let marks = (0..).map(|number| format!("Q{number}Z").into_bytes());
    let mut free = marks.filter(|mark| !holds(mark));
    free.next().expect("a text is finite")
}
