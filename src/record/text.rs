//! Bytes as JSON text, streamed: output may be larger than memory.

use std::cell::Cell;
use std::fmt;
use std::io::{self, Read};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Serialize, Serializer};

use crate::process::Spool;

/// How much of a job's output is kept where not all of it is, in bytes of each stream.
pub(crate) const TAIL: u64 = 64 * 1024;

/// Read at a time; a multiple of 3, so that base64 needs no padding between pieces.
const PIECE: usize = 48 * 1024;

/// The spool's bytes from an offset on as text: valid UTF-8, with U+FFFD where a byte is not.
pub(crate) struct Text<'a> {
    pub(super) spool: &'a Spool,
    /// Where the text begins.
    pub(super) from: u64,
    /// Set by the writing: whether a byte was not text.
    pub(super) was_lossy: &'a Cell<bool>,
    /// Set by the writing: why it is not whole.
    pub(super) error: &'a Cell<Option<io::Error>>,
}

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut carry = Vec::new();
        for_each_piece(self.spool, self.from, self.error, |piece| {
            carry.extend_from_slice(piece);
            let whole = carry.len() - cut_character(&carry);
            self.write(&carry[..whole], f)?;
            carry.drain(..whole);
            Ok(())
        })?;
        self.write(&carry, f)
    }
}

impl Text<'_> {
    fn write(&self, bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Looking for what is no text is several times slower than to see that all of it is.
        if let Ok(text) = str::from_utf8(bytes) {
            return f.write_str(text);
        }
        self.was_lossy.set(true);
        f.write_str(&String::from_utf8_lossy(bytes))
    }
}

/// How many bytes at the end begin a character whose rest may come with the next piece.
pub(crate) fn cut_character(bytes: &[u8]) -> usize {
    let is_begin = |byte: u8| byte & 0b1100_0000 != 0b1000_0000;
    // One that is whole but for its end has no more than three bytes.
    let longest = bytes.len().min(3);
    let begin = (1..=longest).find(|back| is_begin(bytes[bytes.len() - back]));
    begin.map_or(0, |back| {
        match str::from_utf8(&bytes[bytes.len() - back..]) {
            Err(error) if error.error_len().is_none() => back,
            _ => 0,
        }
    })
}

/// The spool's bytes from an offset on in base64.
pub(crate) struct Base64<'a> {
    pub(super) spool: &'a Spool,
    /// Where the text begins.
    pub(super) from: u64,
    /// Whether the text, which was written before, was not all of it.
    pub(super) was_lossy: &'a Cell<bool>,
    /// Set by the writing: why it is not whole.
    pub(super) error: &'a Cell<Option<io::Error>>,
}

impl Serialize for Base64<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Base64<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for_each_piece(self.spool, self.from, self.error, |piece| {
            f.write_str(&STANDARD.encode(piece))
        })
    }
}

/// Hands out the spool's bytes in pieces of equal length, but for the last.
///
/// A formatter must not fail by itself, so an error of reading ends the text and is set aside.
fn for_each_piece(
    spool: &Spool,
    from: u64,
    error: &Cell<Option<io::Error>>,
    mut take: impl FnMut(&[u8]) -> fmt::Result,
) -> fmt::Result {
    let mut reader = spool.kept(from);
    let mut piece = Vec::with_capacity(PIECE.min(usize::try_from(spool.len()).unwrap_or(PIECE)));
    loop {
        piece.clear();
        if let Err(reason) = reader.by_ref().take(PIECE as u64).read_to_end(&mut piece) {
            error.set(Some(reason));
            return Ok(());
        }
        if piece.is_empty() {
            return Ok(());
        }
        take(&piece)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_cut_anywhere_is_the_same_as_text_in_one_piece(
            pieces in prop::collection::vec(
                prop_oneof![
                    any::<char>().prop_map(|c| c.to_string().into_bytes()),
                    prop::collection::vec(any::<u8>(), 1..4),
                ],
                0..40,
            ),
            cut in 1usize..9,
        ) {
            let bytes = pieces.concat();
            let mut carry = Vec::new();
            let mut text = String::new();
            for piece in bytes.chunks(cut) {
                carry.extend_from_slice(piece);
                let whole = carry.len() - cut_character(&carry);
                text.push_str(&String::from_utf8_lossy(&carry[..whole]));
                carry.drain(..whole);
            }
            text.push_str(&String::from_utf8_lossy(&carry));
            prop_assert_eq!(text, String::from_utf8_lossy(&bytes));
        }
    }
}
