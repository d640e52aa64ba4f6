//! The state of the scan of a template: the words so far, and what they allow.

use super::injection_rules;
use super::injection_rules::Word;
use super::placeholder::{Braces, Hole, PlaceholderScope, braces};

/// A scanned template.
#[derive(Debug, Default)]
pub(crate) struct Scanner {
    pub(crate) parts: Vec<Part>,
    /// Whether it uses `$1`, `$@` or `$*` itself.
    pub(crate) is_positional: bool,
    /// Whether it uses `$@`, `$*` or `$#`, all arguments of the shell.
    pub(crate) has_all: bool,
    /// The words, if it is one simple command and nothing else.
    pub(crate) simple: Option<Vec<Word>>,
    /// Whether a value is the name of a command.
    pub(crate) has_value_as_command: bool,
}

/// A part of a template for a shell.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Literal bytes.
    Text(Vec<u8>),
    /// A value enclosing of quotes.
    Bare(Hole),
    /// A value that is a whole argument.
    Alone(Hole),
    /// A value inside of double quotes.
    Quoted(Hole),
}

/// A description of where no value is allowed.
pub(crate) type Context = String;

/// What the next word is, if not an argument.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum RedirectTarget {
    /// The file of a redirection.
    File,
    /// After `>&`: perhaps a descriptor.
    Descriptor,
}

/// The state around an open parenthesis.
pub(crate) struct Enclosing {
    word: Option<Word>,
    words: Vec<Word>,
    is_substitution: bool,
    oddity: Option<&'static str>,
    is_quoted: bool,
    target: Option<RedirectTarget>,
}

/// The state of a scan.
#[derive(Default)]
pub(crate) struct ScanState<'a> {
    text: &'a [u8],
    at: usize,
    scope: PlaceholderScope<'a>,
    scan: Scanner,
    /// The current word, if any.
    pub(crate) word: Option<Word>,
    /// Whether a part of it is quoted, so that it is not a keyword.
    pub(crate) is_quoted: bool,
    /// Something in it that may change the meaning of a value next to it.
    pub(crate) oddity: Option<&'static str>,
    pub(crate) words: Vec<Word>,
    pub(crate) target: Option<RedirectTarget>,
    enclosing: Vec<Enclosing>,
    /// Why no placeholder is allowed anywhere, if so.
    objection: Option<Context>,
    holes: usize,
    /// The words of the last command.
    last: Vec<Word>,
    commands: usize,
    pub(crate) is_compound: bool,
}

impl<'a> ScanState<'a> {
    pub(crate) fn new(text: &'a [u8], scope: PlaceholderScope<'a>) -> Self {
        Self {
            text,
            scope,
            ..Self::default()
        }
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        &self.text[self.at..]
    }

    pub(crate) fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    /// Parses the braces that come next.
    pub(crate) fn braces_ahead(&self) -> Option<(Braces, usize)> {
        let is_expansion = self.at > 0 && self.text[self.at - 1] == b'$';
        braces(self.rest(), self.scope).filter(|_| !is_expansion)
    }

    pub(crate) fn hole_ahead(&self) -> bool {
        matches!(self.braces_ahead(), Some((Braces::Hole(_), _)))
    }

    /// Copies bytes as they are.
    pub(crate) fn keep(&mut self, count: usize) {
        self.push(&self.text[self.at..self.at + count]);
        self.at += count;
    }

    fn push(&mut self, bytes: &[u8]) {
        match self.scan.parts.last_mut() {
            Some(Part::Text(text)) => text.extend_from_slice(bytes),
            _ => self.scan.parts.push(Part::Text(bytes.to_vec())),
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

    /// Replaces doubled braces with the text of a placeholder: `{{}}` with `{}`.
    pub(crate) fn keep_literal_braces(&mut self, length: usize) {
        let text = &self.text[self.at + 1..self.at + length - 1];
        self.word().literal.extend_from_slice(text);
        self.push(text);
        self.at += length;
    }

    /// Forbids all placeholders of the template.
    pub(crate) fn forbid(&mut self, context: impl Into<Context>) {
        self.objection.get_or_insert_with(|| context.into());
    }

    /// Records the use of a parameter, by the first byte of its name.
    pub(crate) fn use_parameter(&mut self, name: u8) {
        self.scan.is_positional |= matches!(name, b'1'..=b'9' | b'@' | b'*');
        self.scan.has_all |= matches!(name, b'@' | b'*' | b'#');
    }

    /// Inserts a value.
    pub(crate) fn fill(&mut self, part: Part, length: usize) -> Result<(), Context> {
        if self
            .enclosing
            .iter()
            .any(|enclosing| enclosing.is_substitution)
        {
            return Err("in `$( )`".into());
        }
        self.holes += 1;
        if matches!(part, Part::Alone(Hole::All(_))) && !self.words.is_empty() {
            // It may become several words.
            self.words.push(Word {
                has_hole: true,
                ..Word::default()
            });
        }
        self.word().has_hole = true;
        self.scan.parts.push(part);
        self.at += length;
        Ok(())
    }

    /// Copies bytes in which no placeholder is allowed, except the literal `{{}}`.
    pub(crate) fn verbatim(&mut self, length: usize, context: &str) -> Result<(), Context> {
        let end = self.at + length;
        while self.at < end {
            match self.braces_ahead() {
                Some((Braces::Literal, length)) if self.at + length <= end => {
                    self.push(&self.text[self.at + 1..self.at + length - 1]);
                    self.at += length;
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
    pub(crate) fn opaque(&mut self, context: &str) -> Result<(), Context> {
        if self.word.as_ref().is_some_and(|word| word.has_hole) {
            return Err(format!("in the same word as text {context}"));
        }
        let is_test = |word: &Word| matches!(word.literal.as_slice(), b"[" | b"test");
        if self.words.first().is_some_and(is_test) && self.words.iter().any(|word| word.has_hole) {
            return Err("in a test that is too complex to check".into());
        }
        self.end_command()?;
        self.is_compound = true;
        self.enclosing.clear();
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

    /// Opens a parenthesis of `length` bytes.
    pub(crate) fn open(&mut self, is_substitution: bool, length: usize) {
        let enclosing = Enclosing {
            word: self.word.take(),
            words: std::mem::take(&mut self.words),
            is_substitution,
            oddity: self.oddity.take(),
            is_quoted: std::mem::take(&mut self.is_quoted),
            target: self.target.take(),
        };
        self.enclosing.push(enclosing);
        self.keep(length);
    }

    /// Closes one; returns false if none is open.
    pub(crate) fn close(&mut self) -> bool {
        let Some(enclosing) = self.enclosing.pop() else {
            return false;
        };
        self.keep(1);
        self.word = enclosing.word;
        self.words = enclosing.words;
        self.oddity = enclosing.oddity;
        self.is_quoted = enclosing.is_quoted;
        self.target = enclosing.target;
        if enclosing.is_substitution {
            self.word().is_dynamic = true;
        } else {
            // Only redirections may follow a subshell.
            self.words.push(Word {
                literal: b")".to_vec(),
                ..Word::default()
            });
        }
        true
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
            } else if word.literal.starts_with(b"-") {
                self.forbid("in a template with a command that begins with `-`");
            }
        }
        self.words.push(word);
    }

    /// Checks a complete command.
    pub(crate) fn end_command(&mut self) -> Result<(), Context> {
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
        // Without `in` it iterates over `$@`.
        self.scan.has_all |= matches!(words.as_slice(), [first, _] if first.literal == b"for");
        if !words.is_empty() {
            self.commands += 1;
            self.last = words;
        }
        Ok(())
    }

    /// Returns the result, or why the placeholders are not allowed.
    pub(crate) fn finish(mut self) -> Result<Scanner, Context> {
        self.end_command()?;
        if !self.enclosing.is_empty() {
            self.forbid("in a template with an unclosed parenthesis");
        }
        match self.objection {
            Some(objection) if self.holes > 0 => Err(objection),
            Some(_) => Ok(self.scan),
            None => {
                let is_simple = !self.is_compound && self.commands == 1;
                self.scan.simple = is_simple.then_some(self.last);
                Ok(self.scan)
            }
        }
    }
}

fn with_word(word: &[u8]) -> Context {
    format!("in a template with `{}`", String::from_utf8_lossy(word))
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
