//! A text with replacement strings that no shell parses: a prefix, or a path.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use super::strings::{CommandPart, Inserted, Position, ReplacementStrings, StringsError};

/// A text with replacement strings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReplacementText {
    parts: Vec<CommandPart>,
}

impl ReplacementText {
    /// Parses a text.
    pub(crate) fn parse(text: &[u8], strings: &ReplacementStrings) -> Result<Self, StringsError> {
        let parts = strings.parse(text)?;
        let unknown = |part: &&CommandPart| {
            matches!(
                part,
                CommandPart::String(_, Inserted::Slot | Inserted::Total)
            )
        };
        match parts.iter().find(unknown) {
            Some(_) => Err(StringsError::AllJobs(
                String::from_utf8_lossy(text).into_owned(),
            )),
            None => Ok(Self { parts }),
        }
    }

    /// Whether anything in it is replaced.
    pub(crate) fn has_strings(&self) -> bool {
        let is_string = |part: &CommandPart| matches!(part, CommandPart::String(..));
        self.parts.iter().any(is_string)
    }

    /// Returns it for the arguments of a job; `change` is applied to each that is inserted.
    pub(crate) fn fill(
        &self,
        args: &[OsString],
        seq: u64,
        change: impl Fn(&[u8]) -> Vec<u8>,
    ) -> Vec<u8> {
        let mut filled = Vec::new();
        for part in &self.parts {
            let (position, form) = match part {
                CommandPart::Text(text) => {
                    filled.extend_from_slice(text);
                    continue;
                }
                CommandPart::String(position, Inserted::Value(form)) => (position, form),
                CommandPart::String(..) => {
                    filled.extend_from_slice(seq.to_string().as_bytes());
                    continue;
                }
            };
            let value = |arg: &OsString| change(form.of(arg).as_bytes());
            match position {
                Position::All => {
                    let values: Vec<Vec<u8>> = args.iter().map(value).collect();
                    filled.extend(values.join(&b' '));
                }
                Position::At(_) => {
                    let index = position.index(args.len());
                    filled.extend(index.map(|at| value(&args[at])).unwrap_or_default());
                }
            }
        }
        filled
    }
}
