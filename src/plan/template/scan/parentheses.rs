//! Subshells and substitutions: what they contain is scanned as at the start of a template, and what
//! follows them as before.

use super::enclosing::{Enclosing, Parenthesis};
use super::injection_rules::Word;
use super::scan_state::ScanState;

/// Where a closed parenthesis stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closed {
    Outside,
    InQuotes,
}

impl ScanState<'_> {
    pub(crate) fn open_subshell(&mut self) {
        self.open(Parenthesis::Subshell, 1);
    }

    pub(crate) fn open_substitution(&mut self, is_quoted: bool) {
        let parenthesis = match is_quoted {
            true => Parenthesis::QuotedSubstitution,
            false => Parenthesis::Substitution,
        };
        self.open(parenthesis, 2);
    }

    fn open(&mut self, parenthesis: Parenthesis, length: usize) {
        let enclosing = Enclosing {
            parenthesis,
            word: self.word.take(),
            words: std::mem::take(&mut self.words),
            oddity: self.oddity.take(),
            is_quoted: std::mem::take(&mut self.is_quoted),
            is_assignment: std::mem::take(&mut self.is_assignment),
            has_bracket: std::mem::take(&mut self.has_bracket),
            has_brace: std::mem::take(&mut self.has_brace),
            has_value: std::mem::take(&mut self.has_value),
            target: self.target.take(),
        };
        self.enclosing.push(enclosing);
        self.keep(length);
    }

    /// Whether a substitution is open.
    pub(crate) fn is_in_substitution(&self) -> bool {
        let is_substitution = |open: &Enclosing| open.parenthesis != Parenthesis::Subshell;
        self.enclosing.iter().any(is_substitution)
    }

    /// Closes a parenthesis, if one is open.
    pub(crate) fn close(&mut self) -> Option<Closed> {
        let parenthesis = self.leave()?;
        self.keep(1);
        match parenthesis {
            Parenthesis::QuotedSubstitution => Some(Closed::InQuotes),
            Parenthesis::Subshell | Parenthesis::Substitution => Some(Closed::Outside),
        }
    }

    /// Returns to the state around the innermost parenthesis.
    pub(super) fn leave(&mut self) -> Option<Parenthesis> {
        let enclosing = self.enclosing.pop()?;
        let has_value = std::mem::replace(&mut self.has_value, enclosing.has_value);
        self.word = enclosing.word;
        self.words = enclosing.words;
        self.oddity = enclosing.oddity;
        self.is_quoted = enclosing.is_quoted;
        self.is_assignment = enclosing.is_assignment;
        self.has_bracket = enclosing.has_bracket;
        self.has_brace = enclosing.has_brace;
        self.target = enclosing.target;
        self.has_value |= has_value;
        if enclosing.parenthesis == Parenthesis::Subshell {
            // Only redirections may follow a subshell.
            self.words.push(Word {
                literal: b")".to_vec(),
                ..Word::default()
            });
            return Some(enclosing.parenthesis);
        }
        self.word().is_dynamic = true;
        if has_value {
            // The output of a command that got a value.
            self.add_value(enclosing.parenthesis == Parenthesis::Substitution);
        }
        Some(enclosing.parenthesis)
    }
}
