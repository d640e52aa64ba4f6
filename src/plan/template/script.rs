//! The part of a shell in a template: a script, and the values that follow it as `$1`, `$2`, ….

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::sync::Arc;

use thiserror::Error;

use super::injection_rules;
use super::placeholder::{Hole, PlaceholderForm, Width};
use super::scan_state::{Part, Scanner};
use crate::plan::command::Shell;

/// A script that is given values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Script {
    shell: Arc<Shell>,
    text: OsString,
    /// How many values come before what is derived of them; a batch that came out short is padded.
    width: usize,
    /// What follows the values.
    derived: Vec<Hole>,
}

/// Why the places of a template cannot be filled.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum ScriptError {
    /// A shell that does not know `$1`.
    #[error(
        "`{0}` is not known to take values as \"$1\": use sh, bash, dash, ksh or zsh, or several words, which no shell reads"
    )]
    ForeignShell(String),
    /// A source that is not there.
    #[error("`{{{0}}}` stands for a value of source {0}, but there are only {1}")]
    NoSource(usize, usize),
    /// Several values within a word.
    #[error(
        "`{{}}` stands for several values, so it must be a word of its own: write {{1}}, {{2}}, … for one of them"
    )]
    Several,
    /// A shell would have to be told how many values come before.
    #[error(
        "with -N, a command line for a shell takes `{{}}` alone or {{1}}, {{2}}, … alone: write the template as several words"
    )]
    MixedBatch,
    /// What is derived would count as a value.
    #[error(
        "`$@`, `$*` and `$#` would take in what `{{.}}`, `{{#}}` and their like stand for: write {{}} or {{1}}, {{2}}, … in their place"
    )]
    AllAndDerived,
}

impl Script {
    /// Refuses a shell that may not know `$1`.
    pub(crate) fn check(shell: &Shell) -> Result<(), ScriptError> {
        let program = shell.program();
        match injection_rules::is_shell(program.as_bytes()) {
            true => Ok(()),
            false => Err(ScriptError::ForeignShell(
                program.to_string_lossy().into_owned(),
            )),
        }
    }

    /// The script of a template; `is_appended` puts all values at its end.
    pub(crate) fn new(
        scan: &Scanner,
        is_appended: bool,
        width: Width,
        shell: &Arc<Shell>,
    ) -> Result<Self, ScriptError> {
        let mut script = Self {
            shell: Arc::clone(shell),
            text: OsString::new(),
            width: match width {
                Width::Sources(count) | Width::Batch(Some(count)) => count,
                Width::Batch(None) => 0,
            },
            derived: Vec::new(),
        };
        let holes = scan.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Bare(hole) | Part::Alone(hole) | Part::Quoted(hole) => Some(*hole),
        });
        check_holes(holes.clone(), width)?;
        let has_all = holes.clone().any(|hole| matches!(hole, Hole::All(_)));
        let is_plain = |hole| {
            matches!(
                hole,
                Hole::Value(_, PlaceholderForm::Whole) | Hole::All(PlaceholderForm::Whole)
            )
        };
        // `"$@"` would take in whatever follows the values.
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
                Part::Text(bytes) => text.extend_from_slice(bytes),
                Part::Alone(Hole::All(form)) => script.all_values(*form, width, &mut text)?,
                Part::Bare(Hole::All(_)) | Part::Quoted(Hole::All(_)) => {
                    return Err(ScriptError::Several);
                }
                Part::Bare(hole) | Part::Alone(hole) => {
                    let parameter = script.parameter(*hole, width);
                    text.extend_from_slice(format!("\"{parameter}\"").as_bytes());
                }
                Part::Quoted(hole) => {
                    text.extend_from_slice(script.parameter(*hole, width).as_bytes());
                }
            }
        }
        if scan.has_all && !script.derived.is_empty() {
            return Err(ScriptError::AllAndDerived);
        }
        if is_appended {
            let end = text.trim_ascii_end().len();
            // A blank at the end may belong to a word: `a\ `.
            let at = if text[..end].ends_with(b"\\") {
                text.len()
            } else {
                end
            };
            text.splice(at..at, *b" \"$@\"");
            script.width = 0;
        }
        script.text = OsString::from_vec(text);
        Ok(script)
    }

    /// All values as words.
    fn all_values(
        &mut self,
        form: PlaceholderForm,
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
            let parameter = self.parameter(Hole::Value(index, form), width);
            let blank = if index > 0 { " " } else { "" };
            text.extend_from_slice(format!("{blank}\"{parameter}\"").as_bytes());
        }
        Ok(())
    }

    /// The positional parameter for a place. One that a short batch leaves unset is empty, also under
    /// `set -u`.
    fn parameter(&mut self, hole: Hole, width: Width) -> String {
        match hole {
            Hole::Value(index @ 1.., PlaceholderForm::Whole)
                if matches!(width, Width::Batch(_)) =>
            {
                format!("${{{}-}}", index + 1)
            }
            Hole::Value(index, PlaceholderForm::Whole) => format!("${{{}}}", index + 1),
            _ => {
                let known = self.derived.iter().position(|derived| *derived == hole);
                let place = known.unwrap_or_else(|| {
                    self.derived.push(hole);
                    self.derived.len() - 1
                });
                format!("${{{}}}", self.width + place + 1)
            }
        }
    }

    /// The words of one attempt.
    pub(crate) fn argv(&self, args: &[OsString], seq: u64, slot: u32) -> Vec<OsString> {
        let mut argv = self.shell.argv(&self.text);
        argv.push("sh".into());
        argv.extend_from_slice(args);
        // Otherwise `$@` and `$#` are of the values alone.
        if !self.derived.is_empty() {
            let missing = self.width.saturating_sub(args.len());
            argv.extend(std::iter::repeat_n(OsString::new(), missing));
            let derived = self.derived.iter();
            argv.extend(derived.map(|hole| hole.fill(args, seq, slot)));
        }
        argv
    }
}

/// Refuses values that are not there.
pub(crate) fn check_holes(
    mut holes: impl Iterator<Item = Hole>,
    width: Width,
) -> Result<(), ScriptError> {
    let most = width.most();
    let beyond = holes.find_map(|hole| match hole {
        Hole::Value(index, _) if index >= most => Some(index + 1),
        _ => None,
    });
    beyond.map_or(Ok(()), |number| Err(ScriptError::NoSource(number, most)))
}
