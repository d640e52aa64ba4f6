//! A template for a shell: a script, and the values that follow it as `$1`, `$2`, ….

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::sync::Arc;

use thiserror::Error;

use super::form::PlaceholderForm;
use super::placeholder::{Hole, Piece, Width, fill};
use super::scan::{Scanner, ScriptPart, is_shell};
use super::slot_assignment::SlotAssignment;
use crate::plan::command::Shell;

/// A script that takes values as arguments.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Script {
    shell: Arc<Shell>,
    text: Vec<Piece>,
    /// How many values come before the derived ones; a batch with fewer is padded.
    width: usize,
    /// The derived values (`{.}`, `{#}`) that follow the values.
    derived: Vec<Hole>,
}

/// Why the placeholders of a template cannot be filled.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum ScriptError {
    /// A shell that may not support `$1`.
    #[error(
        "`{0}` is not known to support \"$1\": use sh, bash, dash, ksh or zsh, or write the template as several words"
    )]
    ForeignShell(String),
    /// Several values within a word.
    #[error(
        "`{{}}` expands to several values, so it must be a separate word: write {{1}}, {{2}}, … for one of them"
    )]
    Several,
    /// The shell would need to know how many values come before.
    #[error(
        "with -N, a shell command line may use either `{{}}` or {{1}}, {{2}}, …, and no other form: write the template as several words"
    )]
    MixedBatch,
    /// A derived value would count as a value.
    #[error(
        "`$@`, `$*` and `$#` would include the values of `{{.}}`, `{{/}}` and the like: write {{}} or {{1}}, {{2}}, … instead"
    )]
    AllAndDerived,
}

impl Script {
    /// Rejects a shell that may not support `$1`.
    pub(crate) fn check(shell: &Shell) -> Result<(), ScriptError> {
        let program = shell.program();
        match is_shell(program.as_bytes()) {
            true => Ok(()),
            false => Err(ScriptError::ForeignShell(
                program.to_string_lossy().into_owned(),
            )),
        }
    }

    /// Returns the script of a template; `is_appended` puts all values at its end.
    pub(crate) fn new(
        scan: &Scanner,
        is_appended: bool,
        width: Width,
        shell: &Arc<Shell>,
    ) -> Result<Self, ScriptError> {
        let mut script = Self {
            shell: Arc::clone(shell),
            text: Vec::new(),
            width: match width {
                Width::Sources(count) | Width::Batch(Some(count)) => count,
                Width::Batch(None) => 0,
            },
            derived: Vec::new(),
        };
        let holes = scan.parts.iter().filter_map(|part| match part {
            ScriptPart::Text(_) | ScriptPart::Number(_) => None,
            ScriptPart::Bare(hole) | ScriptPart::Alone(hole) | ScriptPart::Quoted(hole) => {
                Some(hole)
            }
        });
        let has_all = holes.clone().any(|hole| matches!(hole, Hole::All(_)));
        let is_plain = |hole: &Hole| {
            matches!(
                hole,
                Hole::Value(_, PlaceholderForm::Whole) | Hole::All(PlaceholderForm::Whole)
            )
        };
        // `"$@"` would include what follows the values.
        if matches!(width, Width::Batch(_)) && has_all {
            script.width = 0;
            if !holes
                .clone()
                .all(|hole| matches!(hole, Hole::All(PlaceholderForm::Whole)))
            {
                return Err(ScriptError::MixedBatch);
            }
        } else if width == Width::Batch(None) && !holes.clone().all(is_plain) {
            return Err(ScriptError::MixedBatch);
        }
        let mut text = Vec::new();
        for part in &scan.parts {
            match part {
                ScriptPart::Text(bytes) => text.extend_from_slice(bytes),
                ScriptPart::Number(hole) => {
                    script.text.push(Piece::Text(std::mem::take(&mut text)));
                    script.text.push(Piece::Hole(hole.clone()));
                }
                ScriptPart::Alone(Hole::All(form)) => script.all_values(form, width, &mut text)?,
                ScriptPart::Bare(Hole::All(_)) | ScriptPart::Quoted(Hole::All(_)) => {
                    return Err(ScriptError::Several);
                }
                ScriptPart::Bare(hole) | ScriptPart::Alone(hole) => {
                    let parameter = script.parameter(hole, width);
                    text.extend_from_slice(format!("\"{parameter}\"").as_bytes());
                }
                ScriptPart::Quoted(hole) => {
                    text.extend_from_slice(script.parameter(hole, width).as_bytes());
                }
            }
        }
        if scan.has_all && !script.derived.is_empty() {
            return Err(ScriptError::AllAndDerived);
        }
        if is_appended {
            let end = text.trim_ascii_end().len();
            // A trailing blank may belong to a word: `a\ `.
            let at = if text[..end].ends_with(b"\\") {
                text.len()
            } else {
                end
            };
            text.splice(at..at, *b" \"$@\"");
            script.width = 0;
        }
        script.text.push(Piece::Text(text));
        Ok(script)
    }

    /// Appends all values as words.
    fn all_values(
        &mut self,
        form: &PlaceholderForm,
        width: Width,
        text: &mut Vec<u8>,
    ) -> Result<(), ScriptError> {
        let count = match (width, form) {
            (Width::Batch(_), PlaceholderForm::Whole) => {
                text.extend_from_slice(b"\"$@\"");
                return Ok(());
            }
            (Width::Batch(_), _) => return Err(ScriptError::MixedBatch),
            (Width::Sources(count), _) => count,
        };
        for index in 0..count {
            let parameter = self.parameter(&Hole::Value(index, form.clone()), width);
            let blank = if index > 0 { " " } else { "" };
            text.extend_from_slice(format!("{blank}\"{parameter}\"").as_bytes());
        }
        Ok(())
    }

    /// Returns the positional parameter for a placeholder. One that a short batch leaves unset is
    /// empty, also under `set -u`.
    fn parameter(&mut self, hole: &Hole, width: Width) -> String {
        match hole {
            Hole::Value(index @ 1.., PlaceholderForm::Whole)
                if matches!(width, Width::Batch(_)) =>
            {
                format!("${{{}-}}", index + 1)
            }
            Hole::Value(index, PlaceholderForm::Whole) => format!("${{{}}}", index + 1),
            _ => {
                let known = self.derived.iter().position(|derived| derived == hole);
                let position = known.unwrap_or_else(|| {
                    self.derived.push(hole.clone());
                    self.derived.len() - 1
                });
                format!("${{{}}}", self.width + position + 1)
            }
        }
    }

    /// Returns the argv of one attempt.
    pub(crate) fn argv(&self, args: &[OsString], to: SlotAssignment) -> Vec<OsString> {
        let mut argv = self.shell.argv(&fill(&self.text, args, to));
        argv.push("sh".into());
        argv.extend_from_slice(args);
        // Otherwise `$@` and `$#` cover only the values.
        if !self.derived.is_empty() {
            let missing = self.width.saturating_sub(args.len());
            argv.extend(std::iter::repeat_n(OsString::new(), missing));
            let derived = self.derived.iter();
            argv.extend(derived.map(|hole| {
                let mut value = Vec::new();
                hole.append(args, to, &mut value);
                OsString::from_vec(value)
            }));
        }
        argv
    }
}
