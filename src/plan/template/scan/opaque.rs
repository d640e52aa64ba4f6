//! Text that is copied without being parsed: it may have no value, but for the digits of `{#}` and `{%}`.

use super::injection_rules;
use super::injection_rules::Word;
use super::number;
use super::scan_state::{ScanState, with_word};
use super::scanned::ScanContext;
use crate::plan::template::placeholder::{Braces, Hole};

impl ScanState<'_> {
    /// Copies bytes in which no placeholder is allowed, except the literal `{{}}`.
    pub(crate) fn verbatim(&mut self, length: usize, context: &str) -> Result<(), ScanContext> {
        let end = self.at + length;
        while self.at < end {
            match self.braces_ahead() {
                Some((Braces::Literal, length)) if self.at + length <= end => {
                    self.push(&self.text[self.at + 1..self.at + length - 1]);
                    self.at += length;
                }
                Some((Braces::Hole(hole @ (Hole::Seq | Hole::Slot)), length))
                    if self.at + length <= end =>
                {
                    let (before, after) = (&self.text[..self.at], &self.text[self.at + length..]);
                    if let Some(context) = number::objection(before, after) {
                        return Err(context.into());
                    }
                    self.push_number(hole, length);
                }
                Some((Braces::Hole(_), length)) if self.at + length <= end => {
                    return Err(context.to_owned());
                }
                _ => self.keep(1),
            }
        }
        Ok(())
    }

    /// Parses no further: the rest is copied as it is, and may have no placeholder.
    pub(crate) fn opaque(&mut self, context: &str) -> Result<(), ScanContext> {
        self.forbid_assigned(format!("with text {context}"));
        // What stands around it is complete as far as it is known.
        loop {
            if self.word.as_ref().is_some_and(|word| word.has_hole) {
                return Err(format!("in the same word as text {context}"));
            }
            let is_test = |word: &Word| matches!(word.literal.as_slice(), b"[" | b"test");
            let has_hole = self.words.iter().any(|word| word.has_hole);
            if self.words.first().is_some_and(is_test) && has_hole {
                return Err("in a test that is too complex to check".into());
            }
            if std::mem::take(&mut self.is_assignment)
                && let Some(word) = self.word.take()
            {
                self.assign(&word)?;
            }
            if self.target.take().is_some() {
                self.word = None;
            }
            self.end_command()?;
            if self.leave().is_none() {
                break;
            }
        }
        self.is_compound = true;
        let rest = self.rest();
        if let Some(word) = tokens(rest).find(|word| injection_rules::is_forbidden(word)) {
            self.forbid(with_word(word));
        } else if rest.windows(2).any(|pair| pair == b"()") {
            self.forbid("in a template that defines a function");
        } else if tokens(self.text)
            .any(|word| [&b"read"[..], b"mapfile", b"readarray"].contains(&word))
        {
            self.forbid("in a template that reads variables and may evaluate them");
        }
        for name in parameters(rest) {
            self.use_parameter(name);
        }
        self.verbatim(rest.len(), context)
    }
}

/// Returns possible words of text that is not parsed as a shell would.
fn tokens(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| !byte.is_ascii_alphanumeric() && !b"._-/".contains(byte))
}

/// Returns the byte after each `$` and `${` of a text. `${#NAME}` is a length, not a use of `$#`.
fn parameters(text: &[u8]) -> impl Iterator<Item = u8> {
    let after = text.split(|byte| *byte == b'$').skip(1);
    after.filter_map(|after| match after {
        [b'{', b'#', name, ..] if *name != b'}' => Some(*name),
        [b'{', name, ..] | [name, ..] => Some(*name),
        [] => None,
    })
}
