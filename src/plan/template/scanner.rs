//! Scans a template as a shell would, to find where a value is not parsed by the shell.
//!
//! Accepted are words of simple commands, the targets of redirections, and plain double quotes.
//! Anything of which the scanner is not sure, for every shell, is rejected: after a construct that it
//! does not parse, no placeholder is accepted.

use super::injection_rules::Word;
use super::placeholder::{Braces, PlaceholderScope};
use super::scan_state::{Context, Part, RedirectTarget, ScanState, Scanner};

/// Scans `text`; an error says where a placeholder is not allowed.
pub(crate) fn scan(text: &[u8], scope: PlaceholderScope) -> Result<Scanner, Context> {
    let mut state = ScanState::new(text, scope);
    state.scan()?;
    state.end_word()?;
    state.finish()
}

impl ScanState<'_> {
    fn scan(&mut self) -> Result<(), Context> {
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
                b'$' => self.dollar()?,
                b'{' => self.brace()?,
                b'}' | b'[' | b']' => {
                    self.oddity = Some("in a word with other braces or brackets");
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
                byte if byte.is_ascii_control() => {
                    self.forbid("in a template with a control character");
                    self.keep_in_word(1);
                }
                _ => self.keep_in_word(1),
            }
        }
        Ok(())
    }

    fn separator(&mut self, byte: u8) -> Result<(), Context> {
        let next = self.peek(1);
        match (byte, next) {
            (b'&', Some(b'>')) => return self.opaque("after `&>`"),
            (b'|', Some(b'&')) => return self.opaque("after `|&`"),
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

    fn parenthesis(&mut self, byte: u8) -> Result<(), Context> {
        self.is_compound = true;
        if byte == b')' {
            self.end_word()?;
            self.end_command()?;
            return match self.close() {
                true => Ok(()),
                false => {
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
        self.open(false, 1);
        Ok(())
    }

    fn redirection(&mut self, byte: u8) -> Result<(), Context> {
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

    fn comment(&mut self) -> Result<(), Context> {
        self.is_compound = true;
        let length = self.rest().iter().position(|byte| *byte == b'\n');
        let length = length.unwrap_or(self.rest().len());
        self.verbatim(length, "in a comment")
    }

    fn backslash(&mut self) -> Result<(), Context> {
        if self.peek(1) == Some(b'\n') {
            self.forbid("in a template with a backslash before a newline");
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

    fn single_quotes(&mut self) -> Result<(), Context> {
        self.is_quoted = true;
        let inside = &self.rest()[1..];
        let Some(length) = inside.iter().position(|byte| *byte == b'\'') else {
            self.forbid("in a template with an unclosed quote");
            return self.verbatim(self.rest().len(), "in single quotes");
        };
        self.word().literal.extend_from_slice(&inside[..length]);
        self.verbatim(length + 2, "in single quotes")
    }

    fn double_quotes(&mut self) -> Result<(), Context> {
        self.is_quoted = true;
        self.word();
        self.keep(1);
        let mut has_braces = false;
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
                (Some(b'$'), Some(b'(')) => return self.opaque("after `$(` in double quotes"),
                (Some(b'$'), Some(b'[')) => return self.opaque("in `$[ ]`"),
                (Some(b'$'), Some(b'{')) => {
                    has_braces = true;
                    if !self.parameter()? {
                        return Ok(());
                    }
                }
                (Some(b'$'), Some(_)) => {
                    self.variable();
                }
                (Some(b'\\'), next) => {
                    if next == Some(b'\n') {
                        self.forbid("in a template with a backslash before a newline");
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
                    Some((Braces::Hole(_), _)) if has_braces => {
                        return Err("after `${` in double quotes".into());
                    }
                    Some((Braces::Hole(hole), length)) => self.fill(Part::Quoted(hole), length)?,
                    Some((Braces::Literal, length)) => self.keep_literal_braces(length),
                    None => self.keep_in_word(1),
                },
                (Some(_), _) => self.keep_in_word(1),
            }
        }
    }

    /// Handles braces outside of quotes.
    fn brace(&mut self) -> Result<(), Context> {
        match self.braces_ahead() {
            Some((Braces::Hole(hole), length)) => {
                let ends = |byte: u8| b" \t\n;&|<>()".contains(&byte);
                let is_alone = self.word.is_none()
                    && self.target.is_none()
                    && self.peek(length).is_none_or(ends);
                let part = if is_alone { Part::Alone } else { Part::Bare };
                self.fill(part(hole), length)
            }
            Some((Braces::Literal, length)) => {
                self.keep_literal_braces(length);
                Ok(())
            }
            None => {
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

    /// Handles a `$` outside of quotes.
    fn dollar(&mut self) -> Result<(), Context> {
        match (self.peek(1), self.peek(2)) {
            (Some(b'\''), _) => self.opaque("in `$'…'`"),
            (Some(b'"'), _) => self.opaque("in `$\"…\"`"),
            (Some(b'('), Some(b'(')) => self.opaque("in `$(( ))`"),
            (Some(b'('), _) => {
                self.word();
                self.open(true, 2);
                Ok(())
            }
            (Some(b'['), _) => self.opaque("in `$[ ]`"),
            (Some(b'{'), _) => self.parameter().map(|_| ()),
            _ => {
                self.variable();
                Ok(())
            }
        }
    }

    /// Handles `${NAME}`; returns false if it is more than that, and the rest is opaque.
    fn parameter(&mut self) -> Result<bool, Context> {
        let inside = &self.rest()[2..];
        let length = name_length(inside);
        if length == 0 || inside.get(length) != Some(&b'}') {
            return self.opaque("in `${ }`").map(|()| false);
        }
        self.use_parameter(inside[0]);
        self.keep_dynamic(length + 3);
        Ok(true)
    }

    /// Handles `$NAME`, or a literal `$`.
    fn variable(&mut self) {
        let inside = &self.rest()[1..];
        let is_digit = inside.first().is_some_and(u8::is_ascii_digit);
        match if is_digit { 1 } else { name_length(inside) } {
            0 => self.keep_in_word(1),
            length => {
                self.use_parameter(inside[0]);
                self.keep_dynamic(length + 1);
            }
        }
    }

    /// Classifies the word that ends here: keyword, assignment, redirection target, or argument.
    fn end_word(&mut self) -> Result<(), Context> {
        let is_quoted = std::mem::take(&mut self.is_quoted);
        let oddity = self.oddity.take();
        let Some(word) = self.word.take() else {
            return Ok(());
        };
        if let Some(oddity) = oddity.filter(|_| word.has_hole) {
            return Err(oddity.into());
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
            literal if is_assignment(literal) => {
                self.is_compound = true;
                match word.has_hole {
                    true => Err("in an assignment, whose value a shell may evaluate later".into()),
                    false => Ok(()),
                }
            }
            _ => {
                self.add_word(word);
                Ok(())
            }
        }
    }
}

/// Returns the length of the name of a variable at the start of a text.
fn name_length(text: &[u8]) -> usize {
    match text.first() {
        Some(b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!') => 1,
        Some(byte) if byte.is_ascii_digit() => {
            text.iter().take_while(|byte| byte.is_ascii_digit()).count()
        }
        Some(_) => {
            let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
            text.iter().take_while(is_part).count()
        }
        None => 0,
    }
}

/// Whether a word at the start of a command is an assignment.
fn is_assignment(word: &[u8]) -> bool {
    let Some(sign) = word.iter().position(|byte| *byte == b'=') else {
        return false;
    };
    let name = word[..sign].strip_suffix(b"+").unwrap_or(&word[..sign]);
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let plain = name.iter().all(is_part) || name.contains(&b'[');
    plain && name.first().is_some_and(|byte| !byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
