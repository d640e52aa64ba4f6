//! Words of a template that mean something to GNU parallel, rush or a shell, but would be plain text here.
//!
//! Each is an error that names our spelling, so that no habit changes its meaning in silence.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use thiserror::Error;

use super::braces::{ForeignBracesError, check_braces};
use crate::plan::command::ShellRule;
use crate::plan::command::operators::{ends_find_command, is_operator};
use crate::plan::suggestion::{is_plain, joined_in_quotes};
use crate::plan::template::placeholder::PlaceholderScope;

/// Why a template is rejected that would be run as something else than was probably meant.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum ForeignSyntaxError {
    /// An operator in an argv.
    #[error(
        "`{word}` would be an argument of the command: quote the whole command: prun {} (or pass it on with --exec)",
        .quoted.as_deref().unwrap_or("'sort {} > {}.sorted'")
    )]
    Operator {
        /// The word.
        word: String,
        /// The whole template in quotes.
        quoted: Option<String>,
    },
    /// Braces of another program.
    #[error(transparent)]
    Braces(#[from] ForeignBracesError),
    /// A variable that GNU parallel sets.
    #[error("`${name}` is a variable of GNU parallel: use {ours}")]
    Variable {
        /// Its name.
        name: &'static str,
        /// The same of prun.
        ours: &'static str,
    },
}

/// Rejects words, one or several, that are not what another program would make of them.
pub(crate) fn check_foreign_syntax(
    template: &[OsString],
    scope: PlaceholderScope,
    rule: &ShellRule,
) -> Result<(), ForeignSyntaxError> {
    for word in template {
        check_braces(word.as_bytes(), scope)?;
        check_variables(word.as_bytes())?;
    }
    match (template, rule) {
        ([] | [_], _) | (_, ShellRule::Never) => Ok(()),
        _ => check_operators(template),
    }
}

/// Rejects operators, which nobody would interpret.
fn check_operators(template: &[OsString]) -> Result<(), ForeignSyntaxError> {
    let words: Vec<&[u8]> = template.iter().map(|word| word.as_bytes()).collect();
    for (index, word) in words.iter().enumerate() {
        if is_operator(word) && !ends_find_command(word, &words[..index]) {
            return Err(ForeignSyntaxError::Operator {
                word: String::from_utf8_lossy(word).into_owned(),
                quoted: quoted_whole(template),
            });
        }
    }
    Ok(())
}

/// Returns the words as one word in quotes. Braces need none, and in quotes would not be placeholders.
fn quoted_whole(words: &[OsString]) -> Option<String> {
    joined_in_quotes(words.iter().map(OsString::as_os_str), |word| {
        let bare: Vec<u8> = word
            .iter()
            .copied()
            .filter(|byte| !b"{}".contains(byte))
            .collect();
        is_operator(word) || bare.is_empty() || is_plain(&bare)
    })
}

/// Rejects the variables that GNU parallel sets for its jobs.
fn check_variables(word: &[u8]) -> Result<(), ForeignSyntaxError> {
    const VARIABLES: [(&str, &str); 2] = [
        ("PARALLEL_SEQ", "`{#}` or `$PRUN_SEQ`"),
        ("PARALLEL_JOBSLOT", "`{%}` or `$PRUN_SLOT`"),
    ];
    for (name, ours) in VARIABLES {
        let is_at = |prefix: &str| {
            let text = format!("{prefix}{name}");
            word.windows(text.len()).any(|part| part == text.as_bytes())
        };
        if is_at("$") || is_at("${") {
            return Err(ForeignSyntaxError::Variable { name, ours });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::plan::template::placeholder::Width;

    fn checked(words: &[&str], width: usize) -> Result<(), String> {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let rule = ShellRule::Auto(Arc::default());
        check_foreign_syntax(&words, Width::Sources(width).into(), &rule)
            .map_err(|error| error.to_string())
    }

    fn error(words: &[&str]) -> String {
        checked(words, 1).unwrap_err()
    }

    #[test]
    fn an_operator_among_words_suggests_quotes_around_all() {
        assert_eq!(
            error(&["zcat", "{}", ">", "{.}"]),
            "`>` would be an argument of the command: quote the whole command: prun 'zcat {} > {.}' \
             (or pass it on with --exec)"
        );
        assert_eq!(
            error(&["grep", "a b", "{}", "2>&1"]),
            "`2>&1` would be an argument of the command: quote the whole command: prun \
             \"grep 'a b' {} 2>&1\" (or pass it on with --exec)"
        );
    }

    #[test]
    fn an_operator_passes_without_a_shell_in_a_line_and_for_find() {
        let words: Vec<OsString> = ["expr", "{}", ">", "1"].map(OsString::from).into();
        assert_eq!(
            check_foreign_syntax(&words, Width::Sources(1).into(), &ShellRule::Never),
            Ok(())
        );
        assert_eq!(checked(&[">"], 1), Ok(()));
        assert_eq!(checked(&["find", "{}", "-exec", "ls", ";"], 1), Ok(()));
    }

    #[test]
    fn variables_of_gnu_parallel_are_errors() {
        assert_eq!(
            error(&["echo ${PARALLEL_SEQ} {}"]),
            "`$PARALLEL_SEQ` is a variable of GNU parallel: use `{#}` or `$PRUN_SEQ`"
        );
        assert!(error(&["echo", "$PARALLEL_JOBSLOT"]).contains("`$PRUN_SLOT`"));
    }
}
