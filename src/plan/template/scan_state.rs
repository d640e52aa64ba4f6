//! The state of a reading of a template: the words so far, and what they allow.

use super::injection_rules;
use super::injection_rules::Word;
use super::placeholder::{Braces, Hole, braces};

/// A template as it was read.
#[derive(Debug, Default)]
pub(crate) struct Scanner {
    pub(crate) parts: Vec<Part>,
    /// Whether it uses `$1`, `$@` or `$*` itself.
    pub(crate) is_positional: bool,
    /// Whether it uses `$@`, `$*` or `$#`: all that the shell was given.
    pub(crate) has_all: bool,
    /// The words, if it is one simple command and nothing else.
    pub(crate) simple: Option<Vec<Word>>,
    /// Whether a value stands where a command's name does.
    pub(crate) has_value_as_command: bool,
}

/// A part of a template for a shell.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Bytes that stay.
    Text(Vec<u8>),
    /// A value outside of quotes.
    Bare(Hole),
    /// A value that is all of an argument.
    Alone(Hole),
    /// A value inside of double quotes.
    Quoted(Hole),
}

/// Where no value may stand, in words.
pub(crate) type Context = String;

/// What the next word is, if not an argument.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum RedirectTarget {
    /// The file of a redirection.
    File,
    /// Behind `>&`: a descriptor, perhaps.
    Descriptor,
}

/// The state around an open parenthesis.
pub(crate) struct Outside {
    word: Option<Word>,
    words: Vec<Word>,
    is_substitution: bool,
    oddity: Option<&'static str>,
    is_quoted: bool,
    target: Option<RedirectTarget>,
}

/// A template that is being read.
#[derive(Default)]
pub(crate) struct ScanState<'a> {
    text: &'a [u8],
    at: usize,
    width: usize,
    scan: Scanner,
    /// The word that is being read, if one is.
    pub(crate) word: Option<Word>,
    /// Whether a part of it is quoted, so that it is no keyword.
    pub(crate) is_quoted: bool,
    /// What in it may change the meaning of a value beside it.
    pub(crate) oddity: Option<&'static str>,
    pub(crate) words: Vec<Word>,
    pub(crate) target: Option<RedirectTarget>,
    outside: Vec<Outside>,
    /// What forbids every placeholder, if there is something.
    problem: Option<Context>,
    holes: usize,
    /// The words of the last command, and how many there were.
    last: Vec<Word>,
    commands: usize,
    pub(crate) is_compound: bool,
}

impl<'a> ScanState<'a> {
    pub(crate) fn new(text: &'a [u8], width: usize) -> Self {
        Self {
            text,
            width,
            ..Self::default()
        }
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        &self.text[self.at..]
    }

    pub(crate) fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    /// What the braces that come next mean.
    pub(crate) fn braces_ahead(&self) -> Option<(Braces, usize)> {
        let is_shells = self.at > 0 && self.text[self.at - 1] == b'$';
        braces(self.rest(), self.width).filter(|_| !is_shells)
    }

    pub(crate) fn hole_ahead(&self) -> bool {
        matches!(self.braces_ahead(), Some((Braces::Hole(_), _)))
    }

    /// Keeps bytes as they are.
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

    /// The word that is being read, begun if there is none.
    pub(crate) fn word(&mut self) -> &mut Word {
        self.word.get_or_insert_default()
    }

    /// Keeps bytes that are a part of the word.
    pub(crate) fn keep_in_word(&mut self, count: usize) {
        let bytes = &self.text[self.at..self.at + count];
        self.word().literal.extend_from_slice(bytes);
        self.keep(count);
    }

    /// Keeps what stands for something that is only known when it runs.
    pub(crate) fn keep_dynamic(&mut self, count: usize) {
        self.word().is_dynamic = true;
        self.keep(count);
    }

    /// Makes `{{}}` a literal `{}`.
    pub(crate) fn keep_literal_braces(&mut self, length: usize) {
        self.word().literal.extend_from_slice(b"{}");
        self.push(b"{}");
        self.at += length;
    }

    /// Forbids every placeholder.
    pub(crate) fn forbid(&mut self, context: impl Into<Context>) {
        self.problem.get_or_insert_with(|| context.into());
    }

    /// Notes a parameter by the first byte of its name.
    pub(crate) fn use_parameter(&mut self, name: u8) {
        self.scan.is_positional |= matches!(name, b'1'..=b'9' | b'@' | b'*');
        self.scan.has_all |= matches!(name, b'@' | b'*' | b'#');
    }

    /// Puts a value here.
    pub(crate) fn fill(&mut self, part: Part, length: usize) -> Result<(), Context> {
        if self.outside.iter().any(|outside| outside.is_substitution) {
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

    /// Keeps bytes in which no placeholder may be, but for the literal one.
    pub(crate) fn verbatim(&mut self, length: usize, context: &str) -> Result<(), Context> {
        let end = self.at + length;
        while self.at < end {
            match self.braces_ahead() {
                Some((Braces::Literal, length)) if self.at + length <= end => {
                    self.push(b"{}");
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

    /// Reads no further: whatever follows stays as it is, and takes no placeholder.
    pub(crate) fn opaque(&mut self, context: &str) -> Result<(), Context> {
        if self.word.as_ref().is_some_and(|word| word.has_hole) {
            return Err(format!("in one word with what stands {context}"));
        }
        let is_test = |word: &Word| matches!(word.literal.as_slice(), b"[" | b"test");
        if self.words.first().is_some_and(is_test) && self.words.iter().any(|word| word.has_hole) {
            return Err("in a test that is not plain".into());
        }
        self.end_command()?;
        self.is_compound = true;
        self.outside.clear();
        let rest = self.rest();
        if let Some(word) = tokens(rest).find(|word| injection_rules::is_treacherous(word)) {
            self.forbid(with_word(word));
        } else if rest.windows(2).any(|pair| pair == b"()") {
            self.forbid("in a template that defines a function");
        } else if tokens(self.text)
            .any(|word| [&b"read"[..], b"mapfile", b"readarray"].contains(&word))
        {
            self.forbid("in a template that reads variables which it may evaluate");
        }
        for name in parameters(rest) {
            self.use_parameter(name);
        }
        self.verbatim(rest.len(), context)
    }

    /// Opens a parenthesis of so many bytes.
    pub(crate) fn open(&mut self, is_substitution: bool, length: usize) {
        let outside = Outside {
            word: self.word.take(),
            words: std::mem::take(&mut self.words),
            is_substitution,
            oddity: self.oddity.take(),
            is_quoted: std::mem::take(&mut self.is_quoted),
            target: self.target.take(),
        };
        self.outside.push(outside);
        self.keep(length);
    }

    /// Closes one; false if none is open.
    pub(crate) fn close(&mut self) -> bool {
        let Some(outside) = self.outside.pop() else {
            return false;
        };
        self.keep(1);
        self.word = outside.word;
        self.words = outside.words;
        self.oddity = outside.oddity;
        self.is_quoted = outside.is_quoted;
        self.target = outside.target;
        if outside.is_substitution {
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

    /// Adds the word, which is complete, to those of its command.
    pub(crate) fn add_word(&mut self, word: Word) {
        if self.words.is_empty() {
            self.scan.has_value_as_command |= word.has_hole;
            if word.is_dynamic {
                self.forbid("in a template with a command that is only known when it runs");
            }
            if injection_rules::is_treacherous(&word.literal) {
                self.forbid(with_word(&word.literal));
            } else if word.literal.starts_with(b"-") {
                self.forbid("in a template with a command that begins with `-`");
            }
        }
        self.words.push(word);
    }

    /// Judges the command, which is complete.
    pub(crate) fn end_command(&mut self) -> Result<(), Context> {
        if let Some(word) = self.word.take() {
            self.add_word(word);
        }
        if self.target.take().is_some() {
            self.forbid("in a template with a redirection to nothing");
        }
        let words = std::mem::take(&mut self.words);
        if let Some(context) = injection_rules::objection(&words) {
            return Err(self.problem.take().unwrap_or(context));
        }
        if let Some(word) = injection_rules::hidden_treachery(&words) {
            self.forbid(with_word(word));
        }
        // Without `in` it goes through `$@`.
        self.scan.has_all |= matches!(words.as_slice(), [first, _] if first.literal == b"for");
        if !words.is_empty() {
            self.commands += 1;
            self.last = words;
        }
        Ok(())
    }

    /// What was read, or why its placeholders cannot stand.
    pub(crate) fn finish(mut self) -> Result<Scanner, Context> {
        self.end_command()?;
        if !self.outside.is_empty() {
            self.forbid("in a template with an open parenthesis");
        }
        match self.problem {
            Some(problem) if self.holes > 0 => Err(problem),
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

/// What may be a word in a text that is not read as a shell would.
fn tokens(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| !byte.is_ascii_alphanumeric() && !b"._-/".contains(byte))
}

/// What stands behind each `$` and `${` of a text. `${#NAME}` is a length, and no use of `$#`.
fn parameters(text: &[u8]) -> impl Iterator<Item = u8> {
    let after = text.split(|byte| *byte == b'$').skip(1);
    after.filter_map(|after| match after {
        [b'{', b'#', name, ..] if *name != b'}' => Some(*name),
        [b'{', name, ..] | [name, ..] => Some(*name),
        [] => None,
    })
}
