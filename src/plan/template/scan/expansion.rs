//! Scans what begins with a `$`: variables, parameters with plain operators, substitutions.

use super::assignment::is_name;
use super::scan_state::ScanState;
use super::scanned::ScanContext;

impl ScanState<'_> {
    /// Handles a `$`, in double quotes or outside of quotes; what it opens is scanned by the caller.
    pub(crate) fn dollar(&mut self, is_quoted: bool) -> Result<Ahead, ScanContext> {
        let opaque = match (self.peek(1), self.peek(2)) {
            (Some(b'\''), _) if !is_quoted => "in `$'…'`",
            (Some(b'"'), _) if !is_quoted => "in `$\"…\"`",
            (Some(b'('), Some(b'(')) => {
                let context = "in `$(( ))`";
                if let Some(length) = arithmetic_length(self.rest()) {
                    self.word().is_dynamic = true;
                    self.forbid_assigned("with arithmetic");
                    self.verbatim(length, context)?;
                    return Ok(Ahead::Same);
                }
                context
            }
            (Some(b'('), _) => {
                self.word();
                self.open_substitution(is_quoted);
                return Ok(Ahead::Substitution);
            }
            (Some(b'['), _) => "in `$[ ]`",
            (Some(b'{'), _) => match self.parameter(is_quoted) {
                true => return Ok(Ahead::Same),
                false => "in `${ }`",
            },
            _ => match self.variable(is_quoted) {
                true => return Ok(Ahead::Same),
                // zsh evaluates the subscript as arithmetic.
                false => "in a subscript",
            },
        };
        self.opaque(opaque)?;
        Ok(Ahead::End)
    }

    /// Handles `${NAME}`, `${#NAME}` and `${NAME%PATTERN}` with plain text after the operator; returns
    /// false if it is more than that.
    fn parameter(&mut self, is_quoted: bool) -> bool {
        let inside = &self.rest()[2..];
        if let [b'#', length_of @ ..] = inside {
            let length = name_length(length_of);
            let name = &length_of[..length];
            if is_own_name(name) && length_of.get(length) == Some(&b'}') {
                self.use_parameter(name[0]);
                self.keep_dynamic(length + 4);
                return true;
            }
        }
        let length = name_length(inside);
        let (name, after) = inside.split_at(length);
        let Some(end) = after.iter().position(|byte| *byte == b'}') else {
            return false;
        };
        let is_plain = end == 0 || (is_own_name(name) && is_plain_operation(&after[..end]));
        if length == 0 || !is_plain {
            return false;
        }
        self.expand(name, length + end + 3, is_quoted);
        true
    }

    /// Handles `$NAME`, or a literal `$`; returns false if a subscript follows.
    fn variable(&mut self, is_quoted: bool) -> bool {
        let inside = &self.rest()[1..];
        let is_digit = inside.first().is_some_and(u8::is_ascii_digit);
        let length = if is_digit { 1 } else { name_length(inside) };
        if length == 0 {
            if matches!(inside.first(), Some(b'=' | b'~' | b'^' | b'+')) {
                self.forbid("in a template with `$=`, `$~`, `$^` or `$+`, which zsh expands");
            }
            self.keep_in_word(1);
            return true;
        }
        self.expand(&inside[..length], length + 1, is_quoted);
        self.peek(0) != Some(b'[')
    }
}

/// How the scan continues after a `$`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ahead {
    /// As before it.
    Same,
    /// In a substitution, as at the start of a template.
    Substitution,
    /// Not at all: the rest was copied.
    End,
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

/// Returns the length of a `$(( ))` with nothing but numbers, variables, operators and balanced
/// parentheses, where every shell finds the same end.
fn arithmetic_length(text: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.iter().enumerate().skip(3) {
        match byte {
            b'(' => depth += 1,
            b')' if depth > 0 => depth -= 1,
            b')' => return (text.get(at + 1) == Some(&b')')).then_some(at + 2),
            b'$' if text.get(at + 1).is_some_and(u8::is_ascii_alphabetic) => {}
            byte if byte.is_ascii_alphanumeric() || b" _+-*/%<>=&|!?:^~,{}#".contains(byte) => {}
            _ => return None,
        }
    }
    None
}

/// Whether a parameter is a variable, a positional parameter or all of these.
fn is_own_name(name: &[u8]) -> bool {
    let is_number = !name.is_empty() && name.iter().all(u8::is_ascii_digit);
    is_number || is_name(name) || matches!(name, b"@" | b"*")
}

/// Whether the operator and its word are text without a meaning of its own: no quotes, no expansions, no
/// arithmetic (`${x:1}`), no assignment (`${x=y}`).
fn is_plain_operation(text: &[u8]) -> bool {
    let word = match text {
        [b':', b'-' | b'+' | b'?', word @ ..] => word,
        [
            b'%' | b'#' | b'-' | b'+' | b'?' | b'/' | b'^' | b',',
            word @ ..,
        ] => word,
        _ => return false,
    };
    word.iter()
        .all(|byte| byte.is_ascii_alphanumeric() || b"_./,:=+@%#*?- ".contains(byte))
}
