//! A command for a number of values: what runs, and what is shown.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::sync::Arc;

use super::form::ReplacementForm;
use super::quoted::quote_as_parallel;
use super::shell_text::Flat;
use crate::plan::command::{Shell, ShellRule, WordsError, tokenize};
use crate::plan::template::{SlotAssignment, Template};

/// What a `ReplacementCommand` is for a number of values.
#[derive(Debug, PartialEq)]
pub(crate) struct FilledCommand {
    /// The command as written.
    pub(super) line: OsString,
    pub(super) runs: Runs,
    /// The values of its placeholders: which parts of which values. None if they are the values.
    pub(super) inserted: Vec<(usize, ReplacementForm)>,
    /// What is shown.
    pub(super) shown: Vec<Vec<Flat>>,
    pub(super) is_quoted: bool,
}

/// What runs.
#[derive(Debug, PartialEq)]
pub(super) enum Runs {
    Template(Template),
    /// A command line without a placeholder.
    Line {
        line: OsString,
        direct: Option<Vec<OsString>>,
        shell: Option<Arc<Shell>>,
    },
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
pub(super) fn line(text: Vec<u8>, rule: &ShellRule) -> Result<Runs, WordsError> {
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
