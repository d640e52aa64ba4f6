//! The state of the scan of a template: the words so far, and what they allow.

use std::collections::BTreeSet;

use super::assignment::{assigned_name, is_ordinary};
use super::enclosing::{Enclosing, RedirectTarget};
use super::injection_rules;
use super::injection_rules::Word;
use super::number;
use super::scanned::{ScanContext, Scanner, ScriptPart};
use super::variable_rules;
use crate::plan::template::placeholder::{Braces, Hole, PlaceholderScope, braces};

/// Names of variables.
pub(crate) type Names = BTreeSet<Vec<u8>>;

/// The state of a scan.
#[derive(Default)]
pub(crate) struct ScanState<'a> {
    pub(super) text: &'a [u8],
    pub(super) at: usize,
    scope: PlaceholderScope<'a>,
    scan: Scanner,
    /// The current word, if any.
    pub(crate) word: Option<Word>,
    /// Whether a part of it is quoted, so that it is not a keyword.
    pub(crate) is_quoted: bool,
    /// Whether it is an assignment.
    pub(crate) is_assignment: bool,
    /// Whether it has an unquoted `[`.
    pub(crate) has_bracket: bool,
    /// Whether it has an unquoted `{` that is not a placeholder's.
    pub(crate) has_brace: bool,
    /// Something in it that may change the meaning of a value next to it.
    pub(crate) oddity: Option<&'static str>,
    pub(crate) words: Vec<Word>,
    pub(crate) target: Option<RedirectTarget>,
    pub(super) enclosing: Vec<Enclosing>,
    /// Whether the innermost parenthesis contains a value.
    pub(super) has_value: bool,
    /// Why no placeholder is allowed anywhere, if so.
    objection: Option<ScanContext>,
    /// Why no variable may have a value, if so.
    assigned_objection: Option<ScanContext>,
    /// The variables with a value, as far as they are known.
    assigned: Option<&'a Names>,
    found: Names,
    holes: usize,
    /// The words of the last command.
    last: Vec<Word>,
    commands: usize,
    pub(crate) is_compound: bool,
}

impl<'a> ScanState<'a> {
    /// The start of a scan in which these variables have a value.
    pub(crate) fn new(text: &'a [u8], scope: PlaceholderScope<'a>, assigned: &'a Names) -> Self {
        Self {
            text,
            scope,
            assigned: Some(assigned),
            ..Self::default()
        }
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        &self.text[self.at..]
    }

    pub(crate) fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    pub(crate) fn last_byte(&self) -> Option<u8> {
        self.text[..self.at].last().copied()
    }

    /// Parses the braces that come next.
    pub(crate) fn braces_ahead(&self) -> Option<(Braces, usize)> {
        let is_expansion = self.at > 0 && self.text[self.at - 1] == b'$';
        braces(self.rest(), self.scope).filter(|_| !is_expansion)
    }

    pub(crate) fn hole_ahead(&self) -> bool {
        matches!(self.braces_ahead(), Some((Braces::Hole(_), _)))
    }

    /// Copies bytes as they are, up to the end: the rest may have been copied already.
    pub(crate) fn keep(&mut self, count: usize) {
        let end = self.text.len().min(self.at + count);
        self.push(&self.text[self.at..end]);
        self.at = end;
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        match self.scan.parts.last_mut() {
            Some(ScriptPart::Text(text)) => text.extend_from_slice(bytes),
            _ => self.scan.parts.push(ScriptPart::Text(bytes.to_vec())),
        }
    }

    /// Returns the current word, a new one if there is none.
    pub(crate) fn word(&mut self) -> &mut Word {
        self.word.get_or_insert_default()
    }

    /// Copies bytes that are a part of the word.
    pub(crate) fn keep_in_word(&mut self, count: usize) {
        let bytes = &self.text[self.at..self.at + count];
        self.word().literal.extend_from_slice(bytes);
        self.keep(count);
    }

    /// Copies an expansion, whose value is only known at run time.
    pub(crate) fn keep_dynamic(&mut self, count: usize) {
        self.word().is_dynamic = true;
        self.keep(count);
    }

    /// Copies the expansion of a variable. If it has a value, it is one, and outside of quotes perhaps
    /// several words.
    pub(crate) fn expand(&mut self, name: &[u8], count: usize, is_quoted: bool) {
        let has_value = self.assigned.is_some_and(|names| names.contains(name));
        self.use_parameter(name[0]);
        self.keep_dynamic(count);
        if matches!(name, b"SHELL" | b"BASH" | b"0") {
            // The path of a shell.
            self.word().literal.extend_from_slice(b"sh");
        }
        if has_value {
            self.add_value(!is_quoted);
        }
    }

    /// Records that the word contains a value.
    pub(super) fn add_value(&mut self, is_split: bool) {
        self.has_value = true;
        let word = self.word();
        word.has_hole = true;
        word.is_split |= is_split;
    }

    /// Replaces doubled braces with the text of a placeholder: `{{}}` with `{}`.
    pub(crate) fn keep_literal_braces(&mut self, length: usize) {
        let text = &self.text[self.at + 1..self.at + length - 1];
        self.word().literal.extend_from_slice(text);
        self.push(text);
        self.at += length;
    }

    /// Forbids all placeholders of the template.
    pub(crate) fn forbid(&mut self, context: impl Into<ScanContext>) {
        self.objection.get_or_insert_with(|| context.into());
    }

    /// Forbids variables with a value in the whole template.
    pub(crate) fn forbid_assigned(&mut self, context: impl Into<ScanContext>) {
        self.assigned_objection
            .get_or_insert_with(|| context.into());
    }

    /// Handles an assignment.
    pub(crate) fn assign(&mut self, word: &Word) -> Result<(), ScanContext> {
        self.is_compound = true;
        let name = assigned_name(&word.literal);
        if name.contains(&b'[') {
            self.forbid_assigned("with a subscript");
        }
        if !word.has_hole {
            return Ok(());
        }
        if !is_ordinary(name) {
            let name = String::from_utf8_lossy(name);
            return Err(format!(
                "in an assignment to `{name}`, which a shell may evaluate"
            ));
        }
        self.found.insert(name.to_vec());
        Ok(())
    }

    /// Records the use of a parameter, by the first byte of its name.
    pub(crate) fn use_parameter(&mut self, name: u8) {
        self.scan.is_positional |= matches!(name, b'1'..=b'9' | b'@' | b'*');
        self.scan.has_all |= matches!(name, b'@' | b'*' | b'#');
    }

    /// Inserts a value.
    pub(crate) fn fill(&mut self, part: ScriptPart, length: usize) {
        self.holes += 1;
        if matches!(part, ScriptPart::Alone(Hole::All(_))) && !self.words.is_empty() {
            // It may become several words.
            self.words.push(Word {
                has_hole: true,
                ..Word::default()
            });
        }
        self.add_value(false);
        self.scan.parts.push(part);
        self.at += length;
    }

    /// Inserts digits, with empty quotes before them where they would extend a name or be the number of a
    /// descriptor.
    pub(crate) fn fill_number(
        &mut self,
        hole: Hole,
        length: usize,
        is_quoted: bool,
    ) -> Result<(), ScanContext> {
        let (before, after) = (&self.text[..self.at], &self.text[self.at + length..]);
        let is_extension = number::extends_name(before);
        let is_descriptor = number::is_descriptor(before, after);
        // A shell that gets the word as code would not see these quotes.
        if number::extends_name(&self.word().literal) {
            return Err("right after the name of a variable".into());
        }
        if is_quoted && is_descriptor {
            return Err("right before `<` or `>`".into());
        }
        if is_extension || is_descriptor {
            self.push(b"\"\"");
            self.is_quoted = true;
        }
        let word = self.word();
        word.literal.push(b'1');
        word.is_dynamic = true;
        self.push_number(hole, length);
        Ok(())
    }

    pub(super) fn push_number(&mut self, hole: Hole, length: usize) {
        self.scan.parts.push(ScriptPart::Number(hole));
        self.at += length;
    }

    /// Adds a complete word to its command.
    pub(crate) fn add_word(&mut self, word: Word) {
        if self.words.is_empty() {
            self.scan.has_value_as_command |= word.has_hole;
            if word.is_dynamic {
                self.forbid("in a template with a command that is only known at run time");
            }
            if injection_rules::is_forbidden(&word.literal) {
                self.forbid(with_word(&word.literal));
            } else if word.literal.contains(&b'=') {
                self.forbid("in a template with a command with `=` in its name");
            } else if word.literal.starts_with(b"-") {
                self.forbid("in a template with a command that begins with `-`");
            }
        }
        if word.is_split {
            self.words.push(word.clone());
        }
        self.words.push(word);
    }

    /// Checks a complete command.
    pub(crate) fn end_command(&mut self) -> Result<(), ScanContext> {
        if let Some(word) = self.word.take() {
            self.add_word(word);
        }
        if self.target.take().is_some() {
            self.forbid("in a template with a redirection without a target");
        }
        let words = std::mem::take(&mut self.words);
        if let Some(context) = injection_rules::objection(&words) {
            return Err(self.objection.take().unwrap_or(context));
        }
        if let Some(word) = injection_rules::forbidden_argument(&words) {
            self.forbid(with_word(word));
        }
        if let Some(context) = variable_rules::assigned_objection(&words) {
            self.forbid_assigned(context);
        }
        // `(a) let {}`, `{ a } always { shift }`: what zsh takes after a compound command.
        let ends_compound = |word: &Word| {
            matches!(
                word.literal.as_slice(),
                b")" | b"}" | b"fi" | b"done" | b"esac"
            )
        };
        if words.len() > 1 && words.first().is_some_and(ends_compound) {
            self.forbid("in a template with words after a compound command");
        }
        // What is read may be the output of a command with a value.
        if let Some(names) = variable_rules::read_names(&words) {
            let names = names.iter().map(|word| word.literal.clone());
            self.found.extend(names.chain([b"REPLY".to_vec()]));
        }
        // Without `in` it iterates over `$@`.
        self.scan.has_all |= matches!(words.as_slice(), [first, _] if first.literal == b"for");
        if !words.is_empty() {
            self.commands += 1;
            self.last = words;
        }
        Ok(())
    }

    /// Returns the result, or why the placeholders are not allowed.
    pub(crate) fn finish(mut self) -> Result<(Scanner, Names), ScanContext> {
        self.end_command()?;
        if self.holes > 0
            && !self.found.is_empty()
            && let Some(context) = &self.assigned_objection
        {
            return Err(format!("that becomes a variable, in a template {context}"));
        }
        self.scan.has_value_as_variable = self.holes > 0 && !self.found.is_empty();
        if !self.enclosing.is_empty() {
            self.forbid("in a template with an unclosed parenthesis");
        }
        match self.objection {
            Some(objection) if self.holes > 0 => Err(objection),
            Some(_) => Ok((self.scan, self.found)),
            None => {
                let is_simple = !self.is_compound && self.commands == 1;
                self.scan.simple = is_simple.then_some(self.last);
                Ok((self.scan, self.found))
            }
        }
    }
}

pub(super) fn with_word(word: &[u8]) -> ScanContext {
    let word = String::from_utf8_lossy(word);
    let hint = match &*word {
        "set" => " (for `set -e` there is --shell='bash -euo pipefail')",
        _ => "",
    };
    format!("in a template with `{word}`{hint}")
}
