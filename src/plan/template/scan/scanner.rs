//! Scans a template as a shell would, to find where a value is not parsed by the shell.
//!
//! Accepted are words of simple commands, the targets of redirections, and plain double quotes.
//! Anything of which the scanner is not sure, for every shell, is rejected: after a construct that it
//! does not parse, no placeholder is accepted.

use super::assignment::is_assigned;
use super::enclosing::RedirectTarget;
use super::expansion::Ahead;
use super::injection_rules::Word;
use super::parentheses::Closed;
use super::scan_state::{Names, ScanState};
use super::scanned::{ScanContext, Scanner, ScriptPart};
use crate::plan::template::placeholder::{Braces, Hole, PlaceholderScope};

/// Scans `text`; an error says where a placeholder is not allowed.
///
/// A variable with a value is treated as the value wherever it is expanded, also before its assignment,
/// as in a loop: the text is scanned again until no further variable is found.
pub(crate) fn scan(text: &[u8], scope: PlaceholderScope) -> Result<Scanner, ScanContext> {
    let mut assigned = Names::new();
    loop {
        let mut state = ScanState::new(text, scope, &assigned);
        state.scan()?;
        state.end_word()?;
        let (scanner, found) = state.finish()?;
        if found.is_subset(&assigned) {
            return Ok(scanner);
        }
        assigned.extend(found);
    }
}

/// The oddity of `=NAME`.
const BEGINS_WITH_SIGN: &str = "in a word that begins with `=`";

impl ScanState<'_> {
    fn scan(&mut self) -> Result<(), ScanContext> {
        while let Some(byte) = self.peek(0) {
            match byte {
                b' ' | b'\t' => {
                    self.end_word()?;
                    self.keep(1);
                }
                b'\n' | b';' | b'&' | b'|' => self.separator(byte)?,
                b'(' | b')' => self.parenthesis(byte)?,
                b'<' | b'>' => self.redirection(byte)?,
                b'#' if self.word.is_none() => self.comment()?,
                b'\\' => self.backslash()?,
                b'\'' => self.single_quotes()?,
                b'"' => self.double_quotes()?,
                b'`' => self.opaque("after a backquote")?,
                b'$' => {
                    self.dollar(false)?;
                }
                b'=' => self.equals_sign(),
                b'{' => self.brace()?,
                b'}' | b'[' | b']' => {
                    self.oddity = Some("in a word with other braces or brackets");
                    self.has_bracket |= byte == b'[';
                    self.keep_in_word(1);
                }
                b'*' | b'?' => {
                    self.keep_in_word(1);
                    self.word().is_dynamic = true;
                }
                // `~/` is constant, and is not split.
                b'~' if self.word.is_none() && self.peek(1) != Some(b'/') => {
                    self.oddity = Some("in a word that begins with `~`");
                    self.keep_in_word(1);
                    self.word().is_dynamic = true;
                }
                // After the `=` or a `:` of an assignment it is expanded as well.
                b'~' if self.is_assignment && self.peek(1) != Some(b'/') => {
                    self.oddity = Some("in an assignment with `~`");
                    self.keep_in_word(1);
                }
                byte if byte.is_ascii_control() => {
                    self.forbid("in a template with a control character");
                    self.keep_in_word(1);
                }
                _ => self.keep_in_word(1),
            }
        }
        Ok(())
    }

    fn separator(&mut self, byte: u8) -> Result<(), ScanContext> {
        let next = self.peek(1);
        match (byte, next) {
            (b'&', Some(b'>')) => {
                return self.opaque("after `&>` (`>FILE 2>&1` is the same in every shell)");
            }
            (b'|', Some(b'&')) => {
                return self.opaque("after `|&` (`2>&1 |` is the same in every shell)");
            }
            (b';', Some(b';' | b'&' | b'|')) => return self.opaque("after `;;`"),
            _ => {}
        }
        self.end_word()?;
        self.end_command()?;
        self.is_compound |= !self.rest().trim_ascii().is_empty() || byte != b'\n';
        let is_double = byte != b'\n' && next == Some(byte);
        self.keep(if is_double { 2 } else { 1 });
        Ok(())
    }

    fn parenthesis(&mut self, byte: u8) -> Result<(), ScanContext> {
        self.is_compound = true;
        if byte == b')' {
            self.end_word()?;
            self.end_command()?;
            return match self.close() {
                Some(Closed::Outside) => Ok(()),
                Some(Closed::InQuotes) => self.inside_quotes(),
                None => {
                    self.forbid("in a template with an unmatched `)`");
                    self.opaque("after an unmatched `)`")
                }
            };
        }
        if self.word.is_some() || !self.words.is_empty() || self.target.is_some() {
            self.forbid("in a template that defines a function");
            return self.opaque("after `(` within a command");
        }
        if self.peek(1) == Some(b'(') {
            return self.opaque("in `(( ))`");
        }
        self.open_subshell();
        Ok(())
    }

    fn redirection(&mut self, byte: u8) -> Result<(), ScanContext> {
        // A number before it is a descriptor, not a word.
        let number = |word: &Word| {
            !word.literal.is_empty()
                && !word.has_hole
                && word.literal.iter().all(u8::is_ascii_digit)
        };
        if self.word.as_ref().is_some_and(number) && !self.is_quoted {
            self.word = None;
        }
        self.end_word()?;
        match (byte, self.peek(1)) {
            (b'<', Some(b'<')) => self.opaque("after `<<`"),
            (_, Some(b'(')) => self.opaque("after `<(` or `>(`"),
            (_, Some(b'&')) => {
                self.keep(2);
                self.target = Some(RedirectTarget::Descriptor);
                Ok(())
            }
            (_, next) => {
                let is_double =
                    matches!((byte, next), (b'>', Some(b'>' | b'|')) | (b'<', Some(b'>')));
                self.keep(if is_double { 2 } else { 1 });
                self.target = Some(RedirectTarget::File);
                Ok(())
            }
        }
    }

    fn comment(&mut self) -> Result<(), ScanContext> {
        self.is_compound = true;
        let length = self.rest().iter().position(|byte| *byte == b'\n');
        let length = length.unwrap_or(self.rest().len());
        let is_simple = |byte: &u8| !b"'\"`\\()".contains(byte);
        if self.is_in_substitution() && !self.rest()[..length].iter().all(is_simple) {
            // Not every shell knows comments when it looks for the end of the substitution.
            self.forbid("in a template with a comment with quotes or parentheses in `$( )`");
        }
        self.verbatim(length, "in a comment")
    }

    fn backslash(&mut self) -> Result<(), ScanContext> {
        if self.peek(1) == Some(b'\n') {
            let is_blank = |byte: Option<u8>| matches!(byte, Some(b' ' | b'\t' | b'\n'));
            let is_between = self.word.is_none() && is_blank(self.last_byte());
            let is_before = self.word.is_some() && is_blank(self.peek(2));
            // Elsewhere it may join what is scanned as two things: `<`, `<`.
            if (is_between && self.peek(2) != Some(b'#')) || is_before {
                self.keep(2);
                return Ok(());
            }
            self.forbid("in a template with a backslash before a newline, and not between blanks");
        }
        self.keep(1);
        self.is_quoted = true;
        self.word();
        if self.hole_ahead() {
            return Err("after a backslash".into());
        }
        match self.rest() {
            // It would quote the blank before an appended value.
            [] => self.forbid("in a template that ends with a backslash"),
            _ => self.keep_in_word(1),
        }
        Ok(())
    }

    /// Handles a `=`, which may make the word an assignment.
    fn equals_sign(&mut self) {
        let is_start = self.words.is_empty() && self.target.is_none() && !self.is_quoted;
        match &self.word {
            None => self.oddity = Some(BEGINS_WITH_SIGN),
            Some(word) => {
                let is_constant = !word.has_hole && !word.is_dynamic;
                let is_subscript = word.literal.contains(&b'[');
                self.is_assignment |=
                    is_start && (is_constant || is_subscript) && is_assigned(&word.literal);
            }
        }
        self.keep_in_word(1);
    }

    fn single_quotes(&mut self) -> Result<(), ScanContext> {
        self.is_quoted = true;
        let inside = &self.rest()[1..];
        let Some(length) = inside.iter().position(|byte| *byte == b'\'') else {
            self.forbid("in a template with an unclosed quote");
            return self.verbatim(self.rest().len(), "in single quotes");
        };
        self.word().literal.extend_from_slice(&inside[..length]);
        self.verbatim(length + 2, "in single quotes")
    }

    fn double_quotes(&mut self) -> Result<(), ScanContext> {
        self.is_quoted = true;
        self.word();
        self.keep(1);
        self.inside_quotes()
    }

    /// Scans up to the end of double quotes, or to a substitution in them.
    fn inside_quotes(&mut self) -> Result<(), ScanContext> {
        loop {
            match (self.peek(0), self.peek(1)) {
                (None, _) => {
                    self.forbid("in a template with an unclosed quote");
                    return Ok(());
                }
                (Some(b'"'), _) => {
                    self.keep(1);
                    return Ok(());
                }
                (Some(b'`'), _) => return self.opaque("after a backquote in double quotes"),
                (Some(b'$'), _) => match self.dollar(true)? {
                    Ahead::Same => {}
                    Ahead::Substitution | Ahead::End => return Ok(()),
                },
                (Some(b'\\'), next) => {
                    if next == Some(b'\n') {
                        self.forbid("in a template with a backslash before a newline in quotes");
                    }
                    self.keep(1);
                    if self.hole_ahead() {
                        return Err("after a backslash".into());
                    }
                    if next.is_some() {
                        self.keep_in_word(1);
                    }
                }
                (Some(b'{'), _) => match self.braces_ahead() {
                    Some((Braces::Hole(hole @ (Hole::Seq | Hole::Slot)), length)) => {
                        self.fill_number(hole, length, true)?;
                    }
                    // zsh takes `$#$` for the length of `$$`.
                    Some((Braces::Hole(_), _)) if self.text[..self.at].ends_with(b"$#") => {
                        return Err("right after `$#`".into());
                    }
                    Some((Braces::Hole(hole), length)) => {
                        self.fill(ScriptPart::Quoted(hole), length)
                    }
                    Some((Braces::Literal, length)) => self.keep_literal_braces(length),
                    None => self.keep_in_word(1),
                },
                (Some(_), _) => self.keep_in_word(1),
            }
        }
    }

    /// Handles braces outside of quotes.
    fn brace(&mut self) -> Result<(), ScanContext> {
        match self.braces_ahead() {
            Some((Braces::Hole(hole @ (Hole::Seq | Hole::Slot)), length)) => {
                self.fill_number(hole, length, false)
            }
            Some((Braces::Hole(hole), length)) => {
                let ends = |byte: u8| b" \t\n;&|<>()".contains(&byte);
                let is_alone = self.word.is_none()
                    && self.target.is_none()
                    && self.peek(length).is_none_or(ends);
                let part = if is_alone {
                    ScriptPart::Alone
                } else {
                    ScriptPart::Bare
                };
                self.fill(part(hole), length);
                Ok(())
            }
            Some((Braces::Literal, length)) => {
                self.keep_literal_braces(length);
                Ok(())
            }
            None => {
                self.has_brace = true;
                self.keep_in_word(1);
                // A brace that is a word opens a group; others may be a brace expansion.
                if self
                    .word
                    .as_ref()
                    .is_some_and(|word| word.literal != b"{" || word.has_hole)
                    || self.peek(0).is_some_and(|byte| !byte.is_ascii_whitespace())
                {
                    self.oddity = Some("in a word with other braces or brackets");
                }
                Ok(())
            }
        }
    }

    /// Classifies the word that ends here: keyword, assignment, redirection target, or argument.
    fn end_word(&mut self) -> Result<(), ScanContext> {
        let is_quoted = std::mem::take(&mut self.is_quoted);
        let oddity = self.oddity.take();
        let is_assignment = std::mem::take(&mut self.is_assignment);
        let has_bracket = std::mem::take(&mut self.has_bracket);
        let has_brace = std::mem::take(&mut self.has_brace);
        let Some(mut word) = self.word.take() else {
            return Ok(());
        };
        if let Some(oddity) = oddity.filter(|_| word.has_hole) {
            return Err(oddity.into());
        }
        if has_bracket && word.literal != b"[" {
            self.forbid_assigned("with `[`, which may be a subscript");
            word.is_dynamic = true;
        }
        // bash makes several words of it, and zsh the path of a program.
        let is_path = oddity == Some(BEGINS_WITH_SIGN) && !matches!(&*word.literal, b"=" | b"==");
        if is_path || (has_brace && word.literal.len() > 1) {
            word.literal.clear();
            word.is_dynamic = true;
        }
        if let Some(target) = self.target.take() {
            return match target {
                // bash expands such a word twice: `>& "$@"` runs code in a value.
                RedirectTarget::Descriptor if word.has_hole => Err("after `>&` or `<&`".into()),
                _ => Ok(()),
            };
        }
        if !self.words.is_empty() {
            self.add_word(word);
            return Ok(());
        }
        match word.literal.as_slice() {
            b"if" | b"then" | b"elif" | b"else" | b"while" | b"until" | b"do" | b"{" | b"!"
            | b"time"
                if !is_quoted && !word.has_hole =>
            {
                self.is_compound = true;
                Ok(())
            }
            b"[[" => self.opaque("in `[[ ]]`"),
            b"case" => self.opaque("after `case`"),
            b"select" => self.opaque("after `select`"),
            b"coproc" => self.opaque("after `coproc`"),
            b"function" => {
                self.forbid("in a template that defines a function");
                self.opaque("after `function`")
            }
            _ if is_assignment => self.assign(&word),
            _ => {
                self.add_word(word);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests;
