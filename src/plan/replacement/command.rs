//! A command with replacement strings, and the template that it is for a number of values.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::sync::Arc;

use thiserror::Error;

use super::form::ReplacementForm;
use super::quoted::quote_as_parallel;
use super::strings::{Inserted, Part, Position, ReplacementStrings, StringsError};
use crate::plan::command::{Shell, ShellRule, WordsError, tokenize};
use crate::plan::template::{
    Hole, Piece, PlaceholderForm, PlaceholderScope, SlotAssignment, Template, TemplateError, Width,
    pieces,
};

/// How several values are inserted for one replacement string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Context {
    /// One after another: `a{}b` is `a1 2b`.
    Joined,
    /// With the text around it: `a{}b` is `a1b a2b`.
    Repeated,
    /// Not at all (`-N0`).
    Dropped,
}

/// A command with replacement strings.
#[derive(Debug)]
pub(crate) struct ReplacementCommand {
    line: OsString,
    /// Its parts; with `--quote` those of each word, otherwise of the whole line.
    words: Vec<Vec<Part>>,
    is_quoted: bool,
    context: Context,
    rule: ShellRule,
    /// The number of jobs, if it is known.
    total: Option<u64>,
    /// The templates so far, by the number of values.
    filled: HashMap<usize, Arc<FilledCommand>>,
}

/// What a [`ReplacementCommand`] is for a number of values.
#[derive(Debug, PartialEq)]
pub(crate) struct FilledCommand {
    /// The command as written.
    line: OsString,
    runs: Runs,
    /// The values of its placeholders: which parts of which values. None if they are the values.
    inserted: Vec<(usize, ReplacementForm)>,
    /// What is shown.
    shown: Vec<Vec<Flat>>,
    is_quoted: bool,
}

/// What runs.
#[derive(Debug, PartialEq)]
enum Runs {
    Template(Template),
    /// A command line without a placeholder.
    Line {
        line: OsString,
        direct: Option<Vec<OsString>>,
        shell: Option<Arc<Shell>>,
    },
}

/// A part of a command for a number of values.
#[derive(Debug, Clone, PartialEq)]
enum Flat {
    Text(Vec<u8>),
    Value(usize, ReplacementForm),
    /// All values, as words of their own.
    Every,
    Seq,
    Slot,
}

/// Why a command cannot be run. No job was started.
#[derive(Debug, Error)]
pub(crate) enum ReplacementError {
    #[error(transparent)]
    Strings(#[from] StringsError),
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error(transparent)]
    Words(#[from] WordsError),
    /// `$1` of a shell, where values are.
    #[error(
        "the command `{0}` uses `$1`, `$@` or the like outside of single quotes, which is a value here and nothing in GNU parallel: write {{}} or a function"
    )]
    Parameters(String),
    /// Braces that mean something to prun alone, or a `$` before them.
    #[error(
        "the command `{0}` has braces that prun would replace, or a `$` before a replacement string: put them into a script or a function"
    )]
    Braces(String),
    /// `{##}` of a stream.
    #[error(
        "{{##}} needs the number of jobs, which is not known while the arguments are read: give them after `:::`, or in a file with -a"
    )]
    Total,
}

/// More values than this are passed as `"$@"`, so that the script stays short.
const MANY: usize = 64;

impl ReplacementCommand {
    /// Parses the command of these words. Without a replacement string the values are appended.
    pub(crate) fn new(
        typed: &[OsString],
        strings: &ReplacementStrings,
        is_quoted: bool,
        context: Context,
        rule: &ShellRule,
    ) -> Result<Self, ReplacementError> {
        let line = typed.join(" ".as_ref());
        let mut words = match is_quoted {
            true => {
                let words = typed.iter().map(|word| strings.parse(word.as_bytes()));
                words.collect::<Result<Vec<_>, _>>()?
            }
            false => vec![strings.parse(line.as_bytes())?],
        };
        if !is_quoted && uses_parameters(line.as_bytes()) {
            let line = line.to_string_lossy().into_owned();
            return Err(ReplacementError::Parameters(line));
        }
        let is_string = |part: &Part| matches!(part, Part::String(..));
        if !words.iter().flatten().any(is_string) {
            let value = Part::String(Position::All, Inserted::Value(ReplacementForm::WHOLE));
            match is_quoted {
                true => words.push(vec![value]),
                false => words[0].extend([Part::Text(b" ".to_vec()), value]),
            }
        }
        Ok(Self {
            line,
            words,
            is_quoted,
            context,
            rule: rule.clone(),
            total: None,
            filled: HashMap::new(),
        })
    }

    /// Sets the number of jobs, before the first is made.
    pub(crate) fn set_total(&mut self, total: Option<u64>) {
        self.total = total;
    }

    /// Returns what it is for so many values.
    pub(crate) fn filled(&mut self, values: usize) -> Result<Arc<FilledCommand>, ReplacementError> {
        if let Some(filled) = self.filled.get(&values) {
            return Ok(Arc::clone(filled));
        }
        let shown = self.flattened(values)?;
        let is_every = |flat: &Flat| matches!(flat, Flat::Text(_) | Flat::Every);
        let is_many = values > MANY && shown.iter().flatten().all(is_every);
        let mut text = Text {
            values,
            is_quoted: self.is_quoted,
            is_many,
            ..Text::default()
        };
        for (at, word) in shown.iter().enumerate() {
            if at > 0 {
                text.bytes.push(b' ');
            }
            text.add(word);
        }
        let filled = Arc::new(FilledCommand {
            line: self.line.clone(),
            runs: self.runs(text.bytes, &text.holes, text.inserted.len(), text.has_every)?,
            inserted: text.inserted,
            shown,
            is_quoted: self.is_quoted,
        });
        self.filled.insert(values, Arc::clone(&filled));
        Ok(filled)
    }

    /// Returns what runs for a text with these placeholders.
    fn runs(
        &self,
        text: Vec<u8>,
        holes: &[Hole],
        inserted: usize,
        has_every: bool,
    ) -> Result<Runs, ReplacementError> {
        if holes.is_empty() && !has_every {
            return line(text, &self.rule);
        }
        let scope = PlaceholderScope {
            width: Width::Sources(inserted.max(1)),
            names: &[],
            has_slot_values: false,
        };
        let found = pieces(&text, scope);
        let found = found.into_iter().filter_map(|piece| match piece {
            Piece::Hole(hole) => Some(hole),
            Piece::Text(_) => None,
        });
        if !found.eq(holes.iter().cloned()) {
            let line = self.line.to_string_lossy().into_owned();
            return Err(ReplacementError::Braces(line));
        }
        let line = OsString::from_vec(text);
        let template = Template::new(&[line], scope, &self.rule)?;
        Ok(Runs::Template(template))
    }

    /// Returns how many bytes of a command line are the same for all values, how often each value occurs
    /// in it, and how many bytes are repeated with it.
    pub(crate) fn cost(&self) -> (usize, usize, usize) {
        let (mut fixed, mut times, mut around) = (0, 0, 0);
        for word in self.words.iter().flat_map(|word| split_at_blanks(word)) {
            let is_repeated = self.context == Context::Repeated && word.iter().any(is_all);
            for part in &word {
                match part {
                    Part::Text(text) if is_repeated => around += text.len(),
                    Part::Text(text) => fixed += text.len(),
                    part if is_all(part) => times += 1,
                    Part::String(..) => {}
                }
            }
        }
        (fixed, times, around)
    }

    /// Returns its words for so many values.
    fn flattened(&self, values: usize) -> Result<Vec<Vec<Flat>>, ReplacementError> {
        let mut flattened = Vec::with_capacity(self.words.len());
        for word in &self.words {
            let mut flat = Vec::new();
            match self.context {
                Context::Repeated => {
                    for word in split_at_blanks(word) {
                        let repeats = word.iter().any(is_all);
                        for at in 0..if repeats { values } else { 1 } {
                            if at > 0 {
                                flat.push(Flat::Text(b" ".to_vec()));
                            }
                            let is_alone = word.len() == 1;
                            if repeats && is_alone && is_whole(&word[0]) {
                                flat.push(Flat::Every);
                                break;
                            }
                            for part in &word {
                                self.flatten(part, values, Some(at), false, &mut flat)?;
                            }
                        }
                    }
                }
                Context::Joined | Context::Dropped => {
                    for (at, part) in word.iter().enumerate() {
                        let ends = |part: Option<&Part>, end: fn(&[u8]) -> Option<&u8>| match part {
                            None => true,
                            Some(Part::Text(text)) => end(text).is_some_and(|byte| *byte == b' '),
                            Some(Part::String(..)) => false,
                        };
                        let is_alone = ends(at.checked_sub(1).map(|at| &word[at]), <[u8]>::last)
                            && ends(word.get(at + 1), <[u8]>::first);
                        self.flatten(part, values, None, is_alone, &mut flat)?;
                    }
                }
            }
            flattened.push(flat);
        }
        Ok(flattened)
    }

    /// Adds a part for so many values, or for the one at `repetition`.
    fn flatten(
        &self,
        part: &Part,
        values: usize,
        repetition: Option<usize>,
        is_alone: bool,
        flat: &mut Vec<Flat>,
    ) -> Result<(), ReplacementError> {
        let (position, inserted) = match part {
            Part::Text(text) => {
                flat.push(Flat::Text(text.clone()));
                return Ok(());
            }
            Part::String(position, inserted) => (*position, inserted),
        };
        let form = match inserted {
            Inserted::Seq => {
                flat.push(Flat::Seq);
                return Ok(());
            }
            Inserted::Slot => {
                flat.push(Flat::Slot);
                return Ok(());
            }
            Inserted::Total => {
                let total = self.total.ok_or(ReplacementError::Total)?;
                flat.push(Flat::Text(total.to_string().into_bytes()));
                return Ok(());
            }
            Inserted::Value(form) => form,
        };
        if self.context == Context::Dropped {
            return Ok(());
        }
        let index = match position {
            Position::All if repetition.is_some() => repetition,
            Position::All if is_alone && *form == ReplacementForm::WHOLE => {
                flat.push(Flat::Every);
                return Ok(());
            }
            Position::All => {
                for index in 0..values {
                    if index > 0 {
                        flat.push(Flat::Text(b" ".to_vec()));
                    }
                    flat.push(Flat::Value(index, form.clone()));
                }
                return Ok(());
            }
            position => position.index(values),
        };
        // A value that there is not is nothing, as in GNU parallel.
        if let Some(index) = index {
            flat.push(Flat::Value(index, form.clone()));
        }
        Ok(())
    }
}

fn is_all(part: &Part) -> bool {
    matches!(part, Part::String(Position::All, Inserted::Value(_)))
}

fn is_whole(part: &Part) -> bool {
    *part == Part::String(Position::All, Inserted::Value(ReplacementForm::WHOLE))
}

/// Splits at blanks, which become parts of their own.
fn split_at_blanks(parts: &[Part]) -> Vec<Vec<Part>> {
    let mut words = vec![Vec::new()];
    for part in parts {
        let Part::Text(text) = part else {
            words
                .last_mut()
                .expect("there is a first word")
                .push(part.clone());
            continue;
        };
        for chunk in text.chunk_by(|one, other| (*one == b' ') == (*other == b' ')) {
            let chunk_part = Part::Text(chunk.to_vec());
            if chunk[0] == b' ' {
                words.extend([vec![chunk_part], Vec::new()]);
            } else {
                words
                    .last_mut()
                    .expect("there is a first word")
                    .push(chunk_part);
            }
        }
    }
    words
}

/// Whether a shell would insert its own arguments somewhere in a text: `$1`, `${1}`, `$@`, `$*`, `$#`.
fn uses_parameters(text: &[u8]) -> bool {
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

impl FilledCommand {
    /// Returns the command as written.
    pub(crate) fn line(&self) -> &OsStr {
        &self.line
    }

    /// Returns the argv of one attempt without a shell, if it needs none.
    pub(crate) fn direct(&self, args: &[OsString], to: SlotAssignment) -> Option<Vec<OsString>> {
        match &self.runs {
            Runs::Template(template) => template.direct(&self.values(args), to),
            Runs::Line { direct, .. } => direct.clone(),
        }
    }

    /// Returns the argv of one attempt with a shell, if one may be used.
    pub(crate) fn shell(&self, args: &[OsString], to: SlotAssignment) -> Option<Vec<OsString>> {
        match &self.runs {
            Runs::Template(template) => template.shell(&self.values(args), to),
            Runs::Line { line, shell, .. } => shell.as_ref().map(|shell| shell.argv(line)),
        }
    }

    /// Returns the values of the placeholders.
    fn values<'a>(&self, args: &'a [OsString]) -> Cow<'a, [OsString]> {
        if self.inserted.is_empty() {
            return Cow::Borrowed(args);
        }
        let inserted = self.inserted.iter();
        inserted
            .map(|(index, form)| form.of(&args[*index]))
            .collect()
    }

    /// Returns the command as GNU parallel prints it: for people, never to be run.
    pub(crate) fn written(&self, args: &[OsString], seq: u64, slot: u32) -> Vec<u8> {
        let mut written = Vec::new();
        for (at, word) in self.shown.iter().enumerate() {
            if at > 0 {
                written.push(b' ');
            }
            let mut shown = Vec::new();
            let is_every = *word == [Flat::Every];
            let is_raw = self.is_quoted && !is_every;
            for flat in word {
                let value = |value: &OsStr| match is_raw {
                    true => value.as_bytes().to_vec(),
                    false => quote_as_parallel(value.as_bytes()),
                };
                match flat {
                    Flat::Text(text) => shown.extend_from_slice(text),
                    Flat::Value(index, form) => shown.extend(value(&form.of(&args[*index]))),
                    Flat::Every => {
                        let values: Vec<_> = args.iter().map(|arg| value(arg)).collect();
                        shown.extend(values.join(&b' '));
                    }
                    Flat::Seq => shown.extend(seq.to_string().into_bytes()),
                    Flat::Slot => shown.extend(slot.to_string().into_bytes()),
                }
            }
            match is_raw {
                true => written.extend(quote_as_parallel(&shown)),
                false => written.append(&mut shown),
            }
        }
        written
    }
}

/// Returns a command line without a placeholder.
fn line(text: Vec<u8>, rule: &ShellRule) -> Result<Runs, ReplacementError> {
    let (direct, shell) = match rule {
        // A shell does nothing.
        _ if text.trim_ascii().is_empty() => (Some(vec!["true".into()]), None),
        ShellRule::Auto(shell) => (tokenize::plain_words(&text), Some(Arc::clone(shell))),
        ShellRule::Always(shell) => (None, Some(Arc::clone(shell))),
        ShellRule::Never => (Some(tokenize::exact_words(&text)?), None),
    };
    Ok(Runs::Line {
        line: OsString::from_vec(text),
        direct,
        shell,
    })
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
struct Text {
    /// How many values a job has.
    values: usize,
    /// Whether words are quoted.
    is_quoted: bool,
    /// Whether there are too many values for a placeholder each.
    is_many: bool,
    bytes: Vec<u8>,
    inserted: Vec<(usize, ReplacementForm)>,
    holes: Vec<Hole>,
    /// Whether values are inserted in another way than by a placeholder.
    has_every: bool,
}

impl Text {
    /// Adds a word, in double quotes if it is to be quoted and has what a shell would parse.
    fn add(&mut self, word: &[Flat]) {
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
