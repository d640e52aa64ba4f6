//! Braces of a template that are a placeholder of GNU parallel or rush, or would be one with another source.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use thiserror::Error;

use super::placeholders::foreign_braces;
use crate::plan::template::placeholder::{Braces, Hole, PlaceholderScope, Width, braces};

/// Why braces are rejected that would be text, or hold one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum ForeignBracesError {
    /// A placeholder of another program.
    #[error(
        "`{braces}` is not a placeholder of prun: {remedy} (to pass the text itself, make it an ARG)"
    )]
    Braces {
        /// The placeholder.
        braces: String,
        /// What to write instead.
        remedy: String,
    },
    /// A regular expression.
    #[error(
        "`{0}` holds a text, not a regular expression: write the text itself, or change \"$1\" in a quoted command"
    )]
    Pattern(String),
    /// A placeholder for a source that is not given.
    #[error(
        "`{braces}` has no value: each job has {width}; add a source of arguments, or use -N for several arguments per job"
    )]
    NoSource {
        /// The placeholder.
        braces: String,
        /// How many values there are, in words.
        width: String,
    },
}

/// Rejects the placeholders of other programs.
pub(super) fn check_braces(word: &[u8], scope: PlaceholderScope) -> Result<(), ForeignBracesError> {
    let mut at = 0;
    while let Some(next) = word[at..].iter().position(|byte| *byte == b'{') {
        at += next;
        let (before, text) = word.split_at(at);
        at += match braces(text, scope) {
            // Braces after `$` belong to a shell.
            _ if before.last() == Some(&b'$') => 1,
            // In rush the base name without its extension.
            _ if text.starts_with(b"{%.}") || text.starts_with(b"{%:}") => {
                check_foreign(before, text, scope.width)?;
                1
            }
            Some((ours, length)) => {
                check_literal(&ours, &text[..length])?;
                length
            }
            None => {
                check_foreign(before, text, scope.width)?;
                1
            }
        };
    }
    Ok(())
}

/// Rejects regular expressions where a placeholder of ours holds a text.
fn check_literal(ours: &Braces, written: &[u8]) -> Result<(), ForeignBracesError> {
    let is_text = match ours {
        Braces::Hole(Hole::All(form) | Hole::Value(_, form)) => form.is_written_out(),
        _ => false,
    };
    let holds = |pattern: &&[u8]| written.windows(pattern.len()).any(|part| part == *pattern);
    if is_text && [&b".*"[..], b".+", b"[^", b"]*", b"]+"].iter().any(holds) {
        return Err(ForeignBracesError::Pattern(lossy(written)));
    }
    Ok(())
}

/// Rejects braces that are text here.
fn check_foreign(before: &[u8], text: &[u8], width: Width) -> Result<(), ForeignBracesError> {
    // Doubled braces belong to a template of the command itself, and `@{-1}` to git.
    if matches!(before.last(), Some(b'{' | b'@')) {
        return Ok(());
    }
    if let Some(found) = foreign_braces(text, width) {
        return Err(ForeignBracesError::Braces {
            braces: lossy(&text[..found.length]),
            remedy: found.remedy,
        });
    }
    match number(text).filter(|_| begins_word(before)) {
        Some(length) => Err(ForeignBracesError::NoSource {
            braces: lossy(&text[..length]),
            width: match width.count() {
                1 => "1 value".to_owned(),
                count => format!("{count} values"),
            },
        }),
        None => Ok(()),
    }
}

/// Whether what follows is the beginning of a word, or the value of an option: elsewhere `{2}` may be a
/// repetition in a regular expression.
fn begins_word(before: &[u8]) -> bool {
    let blank = before.iter().rposition(|byte| b" \t\n".contains(byte));
    let word = &before[blank.map_or(0, |at| at + 1)..];
    match word {
        [] | [b'"' | b'\''] => true,
        [name @ .., b'='] => {
            let is_variable =
                |byte: &u8| byte.is_ascii_uppercase() || b"_0123456789".contains(byte);
            name.starts_with(b"-") || !name.is_empty() && name.iter().all(is_variable)
        }
        _ => false,
    }
}

/// Returns the length of a placeholder such as `{2}` or `{2/.}` at the start of a text.
fn number(text: &[u8]) -> Option<usize> {
    let end = text.iter().position(|byte| *byte == b'}')?;
    let inside = &text[1..end];
    let digits = inside.iter().take_while(|byte| byte.is_ascii_digit());
    let (number, form) = inside.split_at(digits.count());
    let is_form = [&b""[..], b".", b"..", b"/", b"//", b"/.", b"/.."].contains(&form);
    let is_number = !number.is_empty() && !number.starts_with(b"0") && number.len() < 5;
    (is_number && is_form).then_some(end + 1)
}

fn lossy(bytes: &[u8]) -> String {
    OsStr::from_bytes(bytes).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(words: &[&str]) -> Result<(), String> {
        let checked = words
            .iter()
            .map(|word| check_braces(word.as_bytes(), Width::Sources(1).into()));
        checked
            .collect::<Result<(), _>>()
            .map_err(|error| error.to_string())
    }

    fn error(words: &[&str]) -> String {
        checked(words).unwrap_err()
    }

    #[test]
    fn a_number_beyond_the_sources_is_an_error_where_it_begins_a_word() {
        assert_eq!(
            error(&["mv", "{1}", "{2}"]),
            "`{2}` has no value: each job has 1 value; add a source of arguments, or use -N for \
             several arguments per job"
        );
        for words in [
            &["mv", "{1}", "{2/.}"][..],
            &["mv {1} {2}"],
            &["mv {1} \"{2}\""],
            &["cat {1} > {2}.out"],
            &["x", "--out={2}"],
            &["CUDA_VISIBLE_DEVICES={2} x {1}"],
            &["{2}"],
        ] {
            assert!(error(words).contains("has no value"), "{words:?}");
        }
    }

    #[test]
    fn a_repetition_in_a_regular_expression_is_text() {
        for words in [
            &["grep", "-E", "a{2}", "{}"][..],
            &["grep -E '^.{3}$' {}"],
            &["sed", "s/x{2}/=/", "{}"],
            &["echo", "${2}", "{0}", "{01}", "{12345}"],
            &["sh", "-c", "echo a={2}"],
        ] {
            assert_eq!(checked(words), Ok(()), "{words:?}");
        }
    }

    #[test]
    fn braces_of_gnu_parallel_are_errors_with_our_spelling() {
        assert_eq!(
            error(&["mv", "{}", "{= s/a/b/ =}"]),
            "`{= s/a/b/ =}` is not a placeholder of prun: there is no Perl; write {/OLD/NEW} for \
             the text OLD, or change \"$1\" in a quoted command (to pass the text itself, make it an ARG)"
        );
        assert_eq!(
            error(&["x {} {+/}"]),
            "`{+/}` is not a placeholder of prun: write `{//}` (to pass the text itself, make it an ARG)"
        );
    }

    #[test]
    fn other_braces_are_text() {
        for word in [
            "{\"a\":1}",
            "{a,b}",
            "a{,.bak}",
            "{1..3}",
            "{ ls; }",
            "awk '{print $1}'",
            "{{host}}",
            "{{...}}",
            "${1##*.}",
            "${x%%.*}",
            "git checkout @{-1}",
            "{x}",
            "{:3}",
            "{:.2f}",
            "{=}",
            "a{,3}",
            "{}{.}{/}{//}{/.}{#}{%}{{}}{..}{/..}{%.gz}{#a}{/a/b}{1/a/b}",
            "{%s}",
            "{%Y-%m}",
            "{{##}}",
        ] {
            assert_eq!(checked(&[word, "{}"]), Ok(()), "{word}");
        }
    }

    #[test]
    fn each_foreign_placeholder_is_recognized() {
        for word in [
            "{-1}",
            "{-1.}",
            "{-2/}",
            "{+/}",
            "{+.}",
            "{+..}",
            "{+...}",
            "{...}",
            "{/...}",
            "{1...}",
            "{2+.}",
            "{##}",
            "{0#}",
            "{0%}",
            "{choose_k}",
            "{uniq}",
            "{hgrp}",
            "{agrp}",
            "{host}",
            "{sshlogin}",
            "{seq}",
            "{=s/a/b/=}",
            "{=1 $_++ =}",
            "{%%.*}",
            "{##*_}",
            "{%\\.gz}",
            "{/\\.gz/.xz}",
            "{//a/b}",
            "{^.gz}",
            "{^^a}",
            "{:2:3}",
            "{:-none}",
            "{:}",
            "{@(.+)}",
            "{%.}",
            "{%:}",
            "{%.*}",
            "{#.*_}",
            "{/[^a]/b}",
        ] {
            assert!(checked(&["x", word, "{}"]).is_err(), "{word}");
        }
    }
}
