//! A command that is run once for each set of values, and the argv of each job.
//!
//! No value is ever put into text that a shell parses. Several words are an argv, in whose words the
//! placeholders are replaced. One word is a command line: if it needs no shell, its words are filled in
//! the same way; otherwise the values follow the script as `$1`, `$2`, ….

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use thiserror::Error;

use super::form::PlaceholderForm;
use super::placeholder::{
    Hole, Piece, PlaceholderError, PlaceholderScope, Width, check, fill, pieces, replacement,
};
use super::scan::{ScriptPart, Word, number_objection, objection, scan, shell_with_code};
use super::script::{Script, ScriptError};
use super::slot_assignment::SlotAssignment;
use super::split::split;
use super::variables::TemplateVariables;
use crate::os::EnvChange;
use crate::plan::command::{ShellRule, WordsError, builtins, tokenize};

/// A command with placeholders.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Template {
    /// The command line, if it was written as one word.
    pub(crate) line: Option<OsString>,
    /// Whether a shell may run it (not with --exec).
    pub(crate) allows_shell: bool,
    /// The variables before its words.
    variables: TemplateVariables,
    /// Its words, if no shell is needed.
    direct: Option<Vec<Vec<Piece>>>,
    /// The script for a shell: because one is needed, or to report why the words cannot be executed.
    script: Option<Script>,
}

/// Why a template cannot be filled. No job was started.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum TemplateError {
    /// A shell would parse the value.
    #[error(
        "the template `{line}` has a placeholder {context}, where a shell could run a value as code: \
         make the placeholder a separate word, or write \"$1\" there yourself (another pair of braces makes it text: {{{{}}}} is {{}})"
    )]
    Unsound {
        /// The template.
        line: String,
        /// Where.
        context: String,
    },
    /// A shell would parse the value after `-c`.
    #[error(
        "a placeholder in the text after `{0} -c` would run as code: write {0} -c 'echo \"$1\"' {0} {{}}"
    )]
    Code(String),
    /// The same for a shell that may not support `$1`, or a program with a name like one.
    #[error(
        "a placeholder after `{0} -c` would run as code if `{0}` is a shell: \
         use a shell that supports \"$1\": sh -c 'echo \"$1\"' sh {{}}"
    )]
    ForeignCode(String),
    /// It is not clear where the value belongs.
    #[error(
        "the template `{0}` is more than one simple command: write {{}} where the value belongs"
    )]
    NoPlaceholder(String),
    /// A value as the name of a command.
    #[error(
        "the template `{0}` would make a shell run the value as a command: write the template as several words, or use `prun ::: COMMAND...`"
    )]
    Command(String),
    /// There is no value for a placeholder.
    #[error(transparent)]
    Placeholder(#[from] PlaceholderError),
    /// A placeholder that may be a part of a script.
    #[error(
        "`{written}` may be a pattern and a command of `{program}`: write `{{1{}` for the value, \
         or `{{{written}}}` for the text `{written}`", &.written[1..]
    )]
    Pattern { program: String, written: String },
    /// The placeholders do not match the values.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// Nothing but variables.
    #[error("`{0}` is followed by no command: write the command after its variables")]
    OnlyVariables(String),
    /// Several words with `--shell`.
    #[error("--shell needs the template as one word: quote the whole template, or remove --shell")]
    ShellForWords,
    /// The template is not a command line.
    #[error(transparent)]
    Words(#[from] WordsError),
}

impl Template {
    /// Parses the template of these words, one or several.
    pub(crate) fn new(
        typed: &[OsString],
        scope: PlaceholderScope,
        rule: &ShellRule,
    ) -> Result<Self, TemplateError> {
        for word in typed {
            check(word.as_bytes(), scope)?;
        }
        check_patterns(typed, scope)?;
        match typed {
            [line] => Self::line(line, scope, rule),
            words if matches!(rule, ShellRule::Always(_)) && !words.is_empty() => {
                Err(TemplateError::ShellForWords)
            }
            words => Self::argv(words, scope, rule),
        }
    }

    /// Parses words that no shell parses.
    fn argv(
        typed: &[OsString],
        scope: PlaceholderScope,
        rule: &ShellRule,
    ) -> Result<Self, TemplateError> {
        let (variables, command) = TemplateVariables::divide(typed, scope);
        if command.is_empty() {
            let last = typed.last().map(|word| word.to_string_lossy().into_owned());
            return Err(TemplateError::OnlyVariables(last.unwrap_or_default()));
        }
        let mut direct: Vec<_> = command
            .iter()
            .map(|word| pieces(word.as_bytes(), scope))
            .collect();
        if !variables.has_value() && scope.width.has_values() {
            append_unless_placeholder(&mut direct, scope.width);
        }
        check_words(variables.values())?;
        check_words(direct.iter().filter(|word| word.len() > 1))?;
        let words: Vec<Word> = direct.iter().flat_map(|word| known_words(word)).collect();
        if let Some((shell, is_known)) = shell_with_code(&words) {
            let name = String::from_utf8_lossy(shell).into_owned();
            return Err(match is_known {
                true => TemplateError::Code(name),
                false => TemplateError::ForeignCode(name),
            });
        }
        Ok(Self {
            line: None,
            allows_shell: *rule != ShellRule::Never,
            variables,
            direct: Some(direct),
            script: None,
        })
    }

    /// Parses a command line.
    fn line(
        line: &OsStr,
        scope: PlaceholderScope,
        rule: &ShellRule,
    ) -> Result<Self, TemplateError> {
        let width = scope.width;
        let text = line.as_bytes();
        let text_lossy = || String::from_utf8_lossy(text).into_owned();
        tokenize::check(text)?;
        if let ShellRule::Auto(shell) | ShellRule::Always(shell) = rule {
            Script::check(shell)?;
        }
        let unsound = |context| TemplateError::Unsound {
            line: text_lossy(),
            context,
        };
        let mut scan = scan(text, scope).map_err(unsound)?;
        let has_hole = scan
            .parts
            .iter()
            .any(|part| !matches!(part, ScriptPart::Text(_)));
        let is_appended = !has_hole && !scan.is_positional && width.has_values();
        if is_appended {
            let Some(mut words) = scan.simple.take() else {
                return Err(TemplateError::NoPlaceholder(text_lossy()));
            };
            words.extend(known_words(&[Piece::Hole(all(width))]));
            if let Some(context) = objection(&words) {
                return Err(unsound(context));
            }
        }
        if scan.has_value_as_variable && *rule == ShellRule::Never {
            return Err(unsound(
                "in an assignment, which only a shell can make".into(),
            ));
        }
        let mut direct = match rule {
            ShellRule::Auto(_) if scan.is_positional => None,
            ShellRule::Auto(_) => plain_words(text, scope)?,
            ShellRule::Always(_) => None,
            ShellRule::Never => split(text, scope, |line| tokenize::exact_words(line).map(Some))?,
        };
        if let Some(words) = &mut direct {
            if is_appended {
                words.push(vec![Piece::Hole(all(width))]);
            }
            check_words(words.iter().filter(|word| word.len() > 1))?;
        }
        let script = match rule {
            ShellRule::Never => None,
            // The shell might have a builtin with the value's name.
            ShellRule::Auto(_) if direct.is_some() && scan.has_value_as_command => None,
            _ if scan.has_value_as_command => return Err(TemplateError::Command(text_lossy())),
            ShellRule::Auto(shell) | ShellRule::Always(shell) => {
                Some(Script::new(&scan, is_appended, width, shell)?)
            }
        };
        Ok(Self {
            line: Some(line.to_owned()),
            allows_shell: *rule != ShellRule::Never,
            variables: TemplateVariables::default(),
            direct,
            script,
        })
    }

    /// Returns the argv of one attempt without a shell, if it needs none.
    pub(crate) fn direct(&self, args: &[OsString], to: SlotAssignment) -> Option<Vec<OsString>> {
        let words = self.direct.as_ref()?;
        let mut filled = Vec::with_capacity(words.len() + args.len());
        for word in words {
            match word.as_slice() {
                [Piece::Hole(Hole::All(form))] => {
                    filled.extend(args.iter().map(|value| form.of(value)));
                }
                pieces => filled.push(fill(pieces, args, to)),
            }
        }
        Some(filled)
    }

    /// Returns the argv of one attempt with a shell, if one may be used.
    pub(crate) fn shell(&self, args: &[OsString], to: SlotAssignment) -> Option<Vec<OsString>> {
        let script = self.script.as_ref()?;
        Some(script.argv(args, to))
    }

    /// Returns the changes to the environment of one attempt.
    pub(crate) fn variables(&self, args: &[OsString], to: SlotAssignment) -> Vec<EnvChange> {
        self.variables.fill(args, to)
    }

    /// Returns how many bytes of an argument list the words take without values, and how often each
    /// value occurs in them.
    pub(crate) fn cost(&self) -> (usize, usize) {
        let (mut fixed, mut times) = (0, 0);
        let variables = self.variables.values();
        for word in self.direct.iter().flatten().chain(variables) {
            fixed += WORD_BYTES;
            for piece in word {
                match piece {
                    Piece::Text(text) => fixed += text.len(),
                    Piece::Hole(_) => times += 1,
                }
            }
        }
        if let Some(script) = &self.script {
            let words = script.argv(&[], SlotAssignment::without_value(u64::MAX, u32::MAX));
            fixed += words
                .iter()
                .map(|word| word.len() + WORD_BYTES)
                .sum::<usize>();
            times = times.max(1);
        }
        (fixed, times)
    }
}

/// The overhead of a word in an argument list: a pointer, and the NUL at its end.
pub(crate) const WORD_BYTES: usize = size_of::<usize>() + 1;

/// The placeholder for all values, or for the only one.
fn all(width: Width) -> Hole {
    match width {
        Width::Sources(1) | Width::Batch(Some(1)) => Hole::Value(0, PlaceholderForm::Whole),
        _ => Hole::All(PlaceholderForm::Whole),
    }
}

/// Appends the values, unless the words have a placeholder.
fn append_unless_placeholder(words: &mut Vec<Vec<Piece>>, width: Width) {
    let is_hole = |piece: &Piece| matches!(piece, Piece::Hole(_));
    if !words.iter().flatten().any(is_hole) {
        words.push(vec![Piece::Hole(all(width))]);
    }
}

/// Rejects several values in words that cannot become several.
fn check_words<'a>(mut words: impl Iterator<Item = &'a Vec<Piece>>) -> Result<(), ScriptError> {
    let is_several = |piece: &Piece| matches!(piece, Piece::Hole(Hole::All(_)));
    match words.any(|word| word.iter().any(is_several)) {
        true => Err(ScriptError::Several),
        false => Ok(()),
    }
}

/// Rejects `{/OLD/NEW}` in a template of a program in whose scripts that has another meaning.
fn check_patterns(typed: &[OsString], scope: PlaceholderScope) -> Result<(), TemplateError> {
    const PROGRAMS: [&str; 8] = ["sed", "gsed", "awk", "gawk", "mawk", "nawk", "perl", "ruby"];
    let mut words = typed.iter().map(|word| word.as_bytes());
    let Some(written) = words.clone().find_map(|word| replacement(word, scope)) else {
        return Ok(());
    };
    let mut tokens = words.by_ref().flat_map(|word| {
        word.split(|byte| !byte.is_ascii_alphanumeric() && !b"._-".contains(byte))
    });
    let known = |token: &[u8]| {
        PROGRAMS
            .into_iter()
            .find(|program| program.as_bytes() == token)
    };
    match tokens.find_map(known) {
        Some(program) => Err(TemplateError::Pattern {
            program: program.to_owned(),
            written: String::from_utf8_lossy(written).into_owned(),
        }),
        None => Ok(()),
    }
}

/// Returns a word as far as it is known.
fn known(word: &[Piece]) -> Word {
    let mut known = Word::default();
    for (at, piece) in word.iter().enumerate() {
        let after = match word.get(at + 1) {
            Some(Piece::Text(text)) => text.as_slice(),
            _ => &[],
        };
        match piece {
            Piece::Text(text) => known.literal.extend_from_slice(text),
            // Digits are no code.
            Piece::Hole(Hole::Seq | Hole::Slot)
                if number_objection(&known.literal, after).is_none() =>
            {
                known.literal.push(b'1');
            }
            Piece::Hole(_) => known.has_hole = true,
        }
    }
    known
}

/// The same for a placeholder that may become several words.
fn known_words(word: &[Piece]) -> Vec<Word> {
    match word {
        [Piece::Hole(Hole::All(_))] => vec![known(word); 2],
        _ => vec![known(word)],
    }
}

/// Returns the words of a line that every shell reads as just these words, if it is such a line.
fn plain_words(
    text: &[u8],
    scope: PlaceholderScope,
) -> Result<Option<Vec<Vec<Piece>>>, TemplateError> {
    let words = split(text, scope, |line| Ok(tokenize::plain_words(line)))?;
    let is_known = |word: &Vec<Piece>| !builtins::is_shell_word(&known(word).literal);
    Ok(words.filter(|words| words.first().is_some_and(is_known)))
}
