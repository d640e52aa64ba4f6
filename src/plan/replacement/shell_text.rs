//! The text of a template for a number of values, and which values its placeholders are.

use super::form::ReplacementForm;
use super::quoted::quote_as_parallel;
use crate::plan::template::{Hole, PlaceholderForm};

/// A part of a command for a number of values.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Flat {
    Text(Vec<u8>),
    Value(usize, ReplacementForm),
    /// All values, as words of their own.
    Every,
    Seq,
    Slot,
}

/// Whether the end of a text is outside of all quotes and here-documents.
fn is_unquoted(text: &[u8]) -> bool {
    let mut quote = None;
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        match (byte, quote) {
            (b'\\', None | Some(b'"')) => drop(bytes.next()),
            (b'\'' | b'"', None) => quote = Some(*byte),
            (byte, Some(open)) if *byte == open => quote = None,
            (b'`' | b'#', None) => return false,
            _ => {}
        }
    }
    quote.is_none() && !text.windows(2).any(|pair| pair == b"<<")
}

/// The text of a template, whose placeholders are values that are computed.
#[derive(Default)]
pub(super) struct ShellText {
    /// How many values a job has.
    pub(super) values: usize,
    /// Whether words are quoted.
    pub(super) is_quoted: bool,
    /// Whether there are too many values for a placeholder each.
    pub(super) is_many: bool,
    pub(super) bytes: Vec<u8>,
    pub(super) inserted: Vec<(usize, ReplacementForm)>,
    pub(super) holes: Vec<Hole>,
    /// Whether values are inserted in another way than by a placeholder.
    pub(super) has_every: bool,
}

impl ShellText {
    /// Adds a word, in double quotes if it is to be quoted and has what a shell would parse.
    pub(super) fn add(&mut self, word: &[Flat]) {
        let is_plain = |flat: &Flat| match flat {
            Flat::Text(text) => quote_as_parallel(text) == *text,
            Flat::Every => word.len() == 1,
            Flat::Value(..) | Flat::Seq | Flat::Slot => true,
        };
        let in_quotes = self.is_quoted && (word.is_empty() || !word.iter().all(is_plain));
        if in_quotes {
            self.bytes.push(b'"');
        }
        let only = Flat::Value(0, ReplacementForm::WHOLE);
        for (at, flat) in word.iter().enumerate() {
            let flat = match flat {
                Flat::Every if self.values == 1 => &only,
                flat => flat,
            };
            match flat {
                Flat::Value(index, form) if !self.is_quoted && self.is_exit(word.get(at + 1)) => {
                    let number = self.number_of(*index, form);
                    // Only digits, so that no shell can evaluate anything else.
                    let text = format!("\"${{{number}%%[!0-9-]*}}\"");
                    self.bytes.extend_from_slice(text.as_bytes());
                    self.has_every = true;
                }
                Flat::Text(text) => self.literal(text, in_quotes),
                Flat::Seq => self.hole(Hole::Seq, b"{#}"),
                Flat::Slot => self.hole(Hole::Slot, b"{%}"),
                Flat::Value(index, form) => self.value(*index, form),
                Flat::Every if self.is_many => {
                    self.has_every = true;
                    self.bytes.extend_from_slice(b"\"$@\"");
                }
                Flat::Every => {
                    for index in 0..self.values {
                        if index > 0 {
                            self.bytes.push(b' ');
                        }
                        self.value(index, &ReplacementForm::WHOLE);
                    }
                }
            }
        }
        if in_quotes {
            self.bytes.push(b'"');
        }
    }

    /// Whether what comes next is the argument of `exit`, outside of quotes.
    fn is_exit(&self, next: Option<&Flat>) -> bool {
        let ends = |byte: &u8| b" \t\n;&|)}".contains(byte);
        let is_whole = match next {
            None => true,
            Some(Flat::Text(text)) => text.first().is_some_and(ends),
            Some(_) => false,
        };
        let before = self.bytes.strip_suffix(b"exit ");
        let begins = |byte: &u8| b" \t\n;&|({".contains(byte);
        let is_command = before.is_some_and(|before| before.last().is_none_or(begins));
        is_whole && is_command && is_unquoted(&self.bytes)
    }

    /// Returns the number of a value among those that the placeholders have, from 1.
    fn number_of(&mut self, index: usize, form: &ReplacementForm) -> usize {
        let known = self
            .inserted
            .iter()
            .position(|(at, known)| *at == index && known == form);
        let number = known.unwrap_or_else(|| {
            self.inserted.push((index, form.clone()));
            self.inserted.len() - 1
        });
        number + 1
    }

    fn value(&mut self, index: usize, form: &ReplacementForm) {
        let number = self.number_of(index, form);
        let form = PlaceholderForm::Whole;
        let text = format!("{{{number}}}");
        self.hole(Hole::Value(number - 1, form), text.as_bytes());
    }

    fn hole(&mut self, hole: Hole, text: &[u8]) {
        self.holes.push(hole);
        self.bytes.extend_from_slice(text);
    }

    fn literal(&mut self, text: &[u8], in_quotes: bool) {
        let mut rest = text;
        while let Some((byte, after)) = rest.split_first() {
            if let Some(after) = rest.strip_prefix(b"{}") {
                // Only with another -I.
                self.bytes.extend_from_slice(b"{{}}");
                rest = after;
                continue;
            }
            if in_quotes && b"\\\"$`".contains(byte) {
                self.bytes.push(b'\\');
            }
            self.bytes.push(*byte);
            rest = after;
        }
    }
}

/// Whether a shell would insert its own arguments somewhere in a text: `$1`, `${1}`, `$@`, `$*`, `$#`.
pub(super) fn uses_parameters(text: &[u8]) -> bool {
    let mut is_double = false;
    let mut at = 0;
    while at < text.len() {
        match (text[at], text.get(at + 1)) {
            (b'\\', _) => at += 1,
            (b'"', _) => is_double = !is_double,
            (b'\'', _) if !is_double => {
                let end = text[at + 1..].iter().position(|byte| *byte == b'\'');
                at += end.map_or(text.len(), |end| end + 1);
            }
            (b'$', Some(b'1'..=b'9' | b'@' | b'*' | b'#')) => return true,
            (b'$', Some(b'{')) => {
                let inside = &text[at + 2..];
                let inside = inside.strip_prefix(b"#").unwrap_or(inside);
                if matches!(inside.first(), Some(b'1'..=b'9' | b'@' | b'*' | b'}')) {
                    return true;
                }
            }
            _ => {}
        }
        at += 1;
    }
    false
}
