//! A command with replacement strings, and the template that it is for a number of values.

use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::sync::Arc;

use thiserror::Error;

use super::filled::{FilledCommand, Runs, line};
use super::form::ReplacementForm;
use super::shell_text::{Flat, ShellText, uses_parameters};
use super::strings::{CommandPart, Inserted, Position, ReplacementStrings, StringsError};
use crate::plan::command::{ShellRule, WordsError};
use crate::plan::template::{
    Hole, KnownSlots, Piece, PlaceholderScope, Template, TemplateError, Width, pieces,
};

/// How several values are inserted for one replacement string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Insertion {
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
    words: Vec<Vec<CommandPart>>,
    is_quoted: bool,
    context: Insertion,
    rule: ShellRule,
    /// The number of jobs, if it is known.
    total: Option<u64>,
    /// The templates so far, by the number of values.
    filled: HashMap<usize, Arc<FilledCommand>>,
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
    /// `{}` where there are blocks.
    #[error(
        "with --pipe a job has no arguments, but a block as its standard input: {{#}} is the number of the block"
    )]
    NoArguments,
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
        context: Insertion,
        rule: &ShellRule,
    ) -> Result<Self, ReplacementError> {
        let line = typed.join(" ".as_ref());
        let mut words = parsed(typed, strings, is_quoted)?;
        let is_string = |part: &CommandPart| matches!(part, CommandPart::String(..));
        if !words.iter().flatten().any(is_string) {
            let value = CommandPart::String(Position::All, Inserted::Value(ReplacementForm::WHOLE));
            match is_quoted {
                true => words.push(vec![value]),
                false => words[0].extend([CommandPart::Text(b" ".to_vec()), value]),
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

    /// Returns the text of a command whose jobs have no arguments, as a template has it.
    pub(crate) fn without_arguments(
        typed: &[OsString],
        strings: &ReplacementStrings,
        is_quoted: bool,
    ) -> Result<OsString, ReplacementError> {
        let mut text = ShellText {
            is_quoted,
            ..ShellText::default()
        };
        for (at, word) in parsed(typed, strings, is_quoted)?.into_iter().enumerate() {
            if at > 0 {
                text.bytes.push(b' ');
            }
            let flat = word.into_iter().map(|part| match part {
                CommandPart::Text(text) => Ok(Flat::Text(text)),
                CommandPart::String(_, Inserted::Seq) => Ok(Flat::Seq),
                CommandPart::String(_, Inserted::Slot) => Ok(Flat::Slot),
                CommandPart::String(..) => Err(ReplacementError::NoArguments),
            });
            text.add(&flat.collect::<Result<Vec<_>, _>>()?);
        }
        Ok(OsString::from_vec(text.bytes))
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
        let mut text = ShellText {
            values,
            is_quoted: self.is_quoted,
            is_many,
            ..ShellText::default()
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
            return Ok(line(text, &self.rule)?);
        }
        let scope = PlaceholderScope {
            width: Width::Sources(inserted.max(1)),
            names: &[],
            slots: KnownSlots::default(),
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
            let is_repeated = self.context == Insertion::Repeated && word.iter().any(is_all);
            for part in &word {
                match part {
                    CommandPart::Text(text) if is_repeated => around += text.len(),
                    CommandPart::Text(text) => fixed += text.len(),
                    part if is_all(part) => times += 1,
                    CommandPart::String(..) => {}
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
                Insertion::Repeated => {
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
                Insertion::Joined | Insertion::Dropped => {
                    for (at, part) in word.iter().enumerate() {
                        let ends = |part: Option<&CommandPart>, end: fn(&[u8]) -> Option<&u8>| {
                            match part {
                                None => true,
                                Some(CommandPart::Text(text)) => {
                                    end(text).is_some_and(|byte| *byte == b' ')
                                }
                                Some(CommandPart::String(..)) => false,
                            }
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
        part: &CommandPart,
        values: usize,
        repetition: Option<usize>,
        is_alone: bool,
        flat: &mut Vec<Flat>,
    ) -> Result<(), ReplacementError> {
        let (position, inserted) = match part {
            CommandPart::Text(text) => {
                flat.push(Flat::Text(text.clone()));
                return Ok(());
            }
            CommandPart::String(position, inserted) => (*position, inserted),
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
        if self.context == Insertion::Dropped {
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

/// Parses the words of a command; without `is_quoted` they are one line.
fn parsed(
    typed: &[OsString],
    strings: &ReplacementStrings,
    is_quoted: bool,
) -> Result<Vec<Vec<CommandPart>>, ReplacementError> {
    if is_quoted {
        let words = typed.iter().map(|word| strings.parse(word.as_bytes()));
        return Ok(words.collect::<Result<_, _>>()?);
    }
    let line = typed.join(" ".as_ref());
    match uses_parameters(line.as_bytes()) {
        true => Err(ReplacementError::Parameters(
            line.to_string_lossy().into_owned(),
        )),
        false => Ok(vec![strings.parse(line.as_bytes())?]),
    }
}

fn is_all(part: &CommandPart) -> bool {
    matches!(part, CommandPart::String(Position::All, Inserted::Value(_)))
}

fn is_whole(part: &CommandPart) -> bool {
    *part == CommandPart::String(Position::All, Inserted::Value(ReplacementForm::WHOLE))
}

/// Splits at blanks, which become parts of their own.
fn split_at_blanks(parts: &[CommandPart]) -> Vec<Vec<CommandPart>> {
    let mut words = vec![Vec::new()];
    for part in parts {
        let CommandPart::Text(text) = part else {
            words
                .last_mut()
                .expect("there is a first word")
                .push(part.clone());
            continue;
        };
        for chunk in text.chunk_by(|one, other| (*one == b' ') == (*other == b' ')) {
            let chunk_part = CommandPart::Text(chunk.to_vec());
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

#[cfg(test)]
mod tests;
