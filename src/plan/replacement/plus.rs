//! The forms of `--plus` that have a text in them, and the substitutions of `--rpl`.

use super::form::ReplacementForm;
use super::pattern::Pattern;

/// What braces of `--plus` with a text in them mean.
pub(super) enum Plus {
    Form(ReplacementForm),
    /// A regular expression.
    Pattern,
    Other,
}

impl Plus {
    fn with(pattern: &[u8], form: impl Fn(Pattern) -> ReplacementForm) -> Self {
        match (pattern.is_empty(), Pattern::parse(pattern)) {
            (true, _) => Self::Other,
            (false, Some(pattern)) => Self::Form(form(pattern)),
            (false, None) => Self::Pattern,
        }
    }
}

/// Returns the meaning of the text between braces.
pub(super) fn plus(inside: &[u8]) -> Plus {
    let case = |is_upper, is_everywhere| {
        move |text| ReplacementForm::Case {
            text,
            is_upper,
            is_everywhere,
        }
    };
    match inside {
        [b':', b'-', text @ ..] if !text.is_empty() => {
            Plus::Form(ReplacementForm::Default(text.to_vec()))
        }
        [b':', numbers @ ..] => range(numbers).map_or(Plus::Other, Plus::Form),
        [b'#', b'#', text @ ..] | [b'#', text @ ..] => {
            Plus::with(text, ReplacementForm::WithoutStart)
        }
        [b'%', b'%', text @ ..] | [b'%', text @ ..] => {
            Plus::with(text, ReplacementForm::WithoutEnd)
        }
        // All of them.
        [b'/', b'/', _, ..] if inside[2..].contains(&b'/') => Plus::Pattern,
        [b'/', b'#', text @ ..] => replacement(text, ReplacementForm::ReplaceStart),
        [b'/', b'%', text @ ..] => replacement(text, ReplacementForm::ReplaceEnd),
        [b'/', text @ ..] => replacement(text, ReplacementForm::ReplaceFirst),
        [b'^', b'^', text @ ..] => Plus::with(text, case(true, true)),
        [b'^', text @ ..] => Plus::with(text, case(true, false)),
        [b',', b',', text @ ..] => Plus::with(text, case(false, true)),
        [b',', text @ ..] => Plus::with(text, case(false, false)),
        _ => Plus::Other,
    }
}

/// Parses `N` or `N:M`.
fn range(text: &[u8]) -> Option<ReplacementForm> {
    let number = |text: &[u8]| std::str::from_utf8(text).ok()?.parse().ok();
    match text.iter().position(|byte| *byte == b':') {
        None => Some(ReplacementForm::From(number(text)?)),
        Some(at) => Some(ReplacementForm::Range(
            number(&text[..at])?,
            number(&text[at + 1..])?,
        )),
    }
}

/// Parses `OLD/NEW`.
fn replacement(text: &[u8], form: impl Fn(Pattern, Vec<u8>) -> ReplacementForm) -> Plus {
    let Some(slash) = text.iter().position(|byte| *byte == b'/') else {
        return Plus::Other;
    };
    let (old, new) = (&text[..slash], &text[slash + 1..]);
    // In perl it would insert something that was found.
    if new.iter().any(|byte| b"$\\@".contains(byte)) {
        return Plus::Pattern;
    }
    Plus::with(old, |old| form(old, new.to_vec()))
}

/// Parses `s/OLD/NEW/`, with any separator, `^` before OLD and `$` behind it.
pub(super) fn substitution(expression: &[u8]) -> Option<ReplacementForm> {
    let [b's', separator, rest @ ..] = expression else {
        return None;
    };
    if !separator.is_ascii_punctuation() || *separator == b'\\' {
        return None;
    }
    let rest = rest.strip_suffix(&[*separator])?;
    let mut parts = rest.split(|byte| byte == separator);
    let (old, new) = (parts.next()?, parts.next()?);
    let is_plain = parts.next().is_none() && !new.iter().any(|byte| b"$\\@".contains(byte));
    let (new, pattern) = (new.to_vec(), |text: &[u8]| {
        Pattern::parse(text).filter(|pattern| is_plain && pattern.len() > 0)
    });
    if let Some(old) = old.strip_suffix(b"$").filter(|old| !old.ends_with(b"\\")) {
        return Some(ReplacementForm::ReplaceEnd(pattern(old)?, new));
    }
    match old.strip_prefix(b"^") {
        Some(old) => Some(ReplacementForm::ReplaceStart(pattern(old)?, new)),
        None => Some(ReplacementForm::ReplaceFirst(pattern(old)?, new)),
    }
}
