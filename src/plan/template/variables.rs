//! The variables before the command of a template, as in env(1): `NAME=VALUE... COMMAND...`.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use super::placeholder::{Hole, Piece, PlaceholderScope, fill, pieces};
use super::slot_assignment::SlotAssignment;
use crate::os::EnvChange;

/// The names of variables, and the templates of their values.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct TemplateVariables(Vec<(OsString, Vec<Piece>)>);

impl TemplateVariables {
    /// Divides the words of a template into its variables and its command.
    pub(crate) fn divide<'a>(
        typed: &'a [OsString],
        scope: PlaceholderScope,
    ) -> (Self, &'a [OsString]) {
        let mut variables = Vec::new();
        let mut words = typed;
        while let [word, rest @ ..] = words
            && let Some((name, value)) = assignment(word.as_bytes())
        {
            variables.push((OsString::from_vec(name.to_vec()), pieces(value, scope)));
            words = rest;
        }
        (Self(variables), words)
    }

    /// The templates of the values.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Vec<Piece>> {
        self.0.iter().map(|(_, value)| value)
    }

    /// Whether a variable gets a value of the job.
    pub(crate) fn has_value(&self) -> bool {
        let is_value = |piece: &Piece| matches!(piece, Piece::Hole(Hole::Value(..) | Hole::All(_)));
        self.values().flatten().any(is_value)
    }

    /// Returns the changes to the environment of one job.
    pub(crate) fn fill(&self, args: &[OsString], to: SlotAssignment) -> Vec<EnvChange> {
        let change = |(name, value): &(OsString, Vec<Piece>)| EnvChange {
            name: name.clone(),
            value: Some(fill(value, args, to)),
        };
        self.0.iter().map(change).collect()
    }
}

/// Splits a word that sets a variable with an ordinary name.
pub(crate) fn assignment(word: &[u8]) -> Option<(&[u8], &[u8])> {
    let sign = word.iter().position(|byte| *byte == b'=')?;
    let (name, value) = (&word[..sign], &word[sign + 1..]);
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let is_name = name.iter().all(is_part) && name.first().is_some_and(|b| !b.is_ascii_digit());
    is_name.then_some((name, value))
}
