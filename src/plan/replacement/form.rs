//! What a replacement string inserts of a value.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use super::pattern::Pattern;
use crate::plan::template::PlaceholderForm;

/// What a replacement string inserts of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReplacementForm {
    /// `{}`, `{.}`, `{/}`, `{//}`, `{/.}`.
    Part(PlaceholderForm),
    /// `{..}`, `{...}`: without so many extensions, if it has them.
    WithoutExtensions(usize),
    /// `{/..}`, `{/...}`: its base name without so many extensions.
    BaseWithoutExtensions(usize),
    /// `{+.}`, `{+..}`, `{+...}`: its last extensions, without the dot before them.
    Extensions(usize),
    /// `{+/}`: up to the last slash.
    BeforeSlash,
    /// `{:-TEXT}`: `TEXT` if it is empty or `0`.
    Default(Vec<u8>),
    /// `{:N}`: without its first N bytes.
    From(usize),
    /// `{:N:M}`: M bytes after the first N.
    Range(usize, usize),
    /// `{#TEXT}`, `{##TEXT}`: without this beginning.
    WithoutStart(Pattern),
    /// `{%TEXT}`, `{%%TEXT}`: without this end.
    WithoutEnd(Pattern),
    /// `{/OLD/NEW}`: with the first OLD replaced.
    ReplaceFirst(Pattern, Vec<u8>),
    /// `{/#OLD/NEW}`: with OLD replaced at its beginning.
    ReplaceStart(Pattern, Vec<u8>),
    /// `{/%OLD/NEW}`: with OLD replaced at its end.
    ReplaceEnd(Pattern, Vec<u8>),
    /// `{^TEXT}`, `{^^TEXT}`, `{,TEXT}`, `{,,TEXT}`: with TEXT in upper or lower case.
    Case {
        /// What changes.
        text: Pattern,
        /// To upper case, else to lower case.
        is_upper: bool,
        /// Wherever it occurs, else only at the beginning.
        is_everywhere: bool,
    },
}

impl ReplacementForm {
    /// The value as it is.
    pub(crate) const WHOLE: Self = Self::Part(PlaceholderForm::Whole);

    /// Returns what is inserted of `value`.
    pub(crate) fn of(&self, value: &OsStr) -> OsString {
        if let Self::Part(form) = self {
            return form.of(value);
        }
        OsString::from_vec(self.bytes_of(value.as_bytes()))
    }

    fn bytes_of(&self, value: &[u8]) -> Vec<u8> {
        let part = match self {
            Self::Part(form) => return form.of(OsStr::from_bytes(value)).into_vec(),
            Self::WithoutExtensions(count) => without_extensions(value, *count),
            Self::BaseWithoutExtensions(count) => without_extensions(base(value), *count),
            Self::Extensions(count) => extensions(value, *count),
            Self::BeforeSlash => {
                let slash = value.iter().rposition(|byte| *byte == b'/');
                &value[..slash.unwrap_or_default()]
            }
            Self::Default(text) if matches!(value, b"" | b"0") => text,
            Self::Default(_) => value,
            Self::From(start) => value.get(*start..).unwrap_or_default(),
            Self::Range(start, length) => {
                let rest = value.get(*start..).unwrap_or_default();
                &rest[..rest.len().min(*length)]
            }
            Self::WithoutStart(start) if start.begins(value) => &value[start.len()..],
            Self::WithoutEnd(end) if end.ends(value) => &value[..value.len() - end.len()],
            Self::WithoutStart(_) | Self::WithoutEnd(_) => value,
            Self::ReplaceFirst(old, new) => return replaced(value, old.find(value), old, new),
            Self::ReplaceStart(old, new) => {
                let at = old.begins(value).then_some(0);
                return replaced(value, at, old, new);
            }
            Self::ReplaceEnd(old, new) => {
                let at = old.ends(value).then(|| value.len() - old.len());
                return replaced(value, at, old, new);
            }
            Self::Case {
                text,
                is_upper,
                is_everywhere,
            } => return in_case(value, text, *is_upper, *is_everywhere),
        };
        part.to_vec()
    }
}

fn base(path: &[u8]) -> &[u8] {
    let slash = path.iter().rposition(|byte| *byte == b'/');
    &path[slash.map_or(0, |at| at + 1)..]
}

/// Returns the position of the dot before the last `count` extensions of the last component.
fn dot(path: &[u8], count: usize) -> Option<usize> {
    let start = path.len() - base(path).len();
    let dots = path.iter().enumerate().skip(start);
    let mut dots = dots.filter(|(_, byte)| **byte == b'.').rev();
    dots.nth(count - 1).map(|(at, _)| at)
}

fn without_extensions(path: &[u8], count: usize) -> &[u8] {
    dot(path, count).map_or(path, |at| &path[..at])
}

/// Of one extension GNU parallel takes what follows the last dot of the whole path.
fn extensions(path: &[u8], count: usize) -> &[u8] {
    let at = match count {
        1 => path.iter().rposition(|byte| *byte == b'.'),
        count => dot(path, count),
    };
    at.map_or(b"", |at| &path[at + 1..])
}

fn replaced(value: &[u8], at: Option<usize>, old: &Pattern, new: &[u8]) -> Vec<u8> {
    match at {
        Some(at) => [&value[..at], new, &value[at + old.len()..]].concat(),
        None => value.to_vec(),
    }
}

fn in_case(value: &[u8], text: &Pattern, is_upper: bool, is_everywhere: bool) -> Vec<u8> {
    let mut changed = value.to_vec();
    let mut at = 0;
    while at < changed.len() && text.len() > 0 && (at == 0 || is_everywhere) {
        if text.begins(&value[at..]) {
            let part = &mut changed[at..at + text.len()];
            match is_upper {
                true => part.make_ascii_uppercase(),
                false => part.make_ascii_lowercase(),
            }
            at += text.len();
        } else {
            at += 1;
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(form: &ReplacementForm, value: &str) -> String {
        form.of(OsStr::new(value)).into_string().unwrap()
    }

    #[test]
    fn extensions_are_counted_from_the_end() {
        let value = "dir.d/sub/file.ex1.ex2.ex3";
        let without = |count| of(&ReplacementForm::WithoutExtensions(count), value);
        assert_eq!(without(2), "dir.d/sub/file.ex1");
        assert_eq!(without(3), "dir.d/sub/file");
        assert_eq!(without(4), value);
        assert_eq!(of(&ReplacementForm::Extensions(2), value), "ex2.ex3");
        assert_eq!(of(&ReplacementForm::Extensions(4), value), "");
        assert_eq!(
            of(&ReplacementForm::BaseWithoutExtensions(2), value),
            "file.ex1"
        );
        assert_eq!(of(&ReplacementForm::BeforeSlash, value), "dir.d/sub");
        assert_eq!(of(&ReplacementForm::BeforeSlash, "a"), "");
    }

    #[test]
    fn parts_are_those_of_bash() {
        let pattern = |text: &str| Pattern::parse(text.as_bytes()).unwrap();
        assert_eq!(of(&ReplacementForm::Default(b"x".to_vec()), ""), "x");
        assert_eq!(of(&ReplacementForm::From(2), "abcd"), "cd");
        assert_eq!(of(&ReplacementForm::From(9), "abcd"), "");
        assert_eq!(of(&ReplacementForm::Range(1, 2), "abcd"), "bc");
        assert_eq!(
            of(&ReplacementForm::WithoutStart(pattern("ab")), "abab"),
            "ab"
        );
        assert_eq!(
            of(&ReplacementForm::WithoutEnd(pattern("ab")), "abab"),
            "ab"
        );
        let first = ReplacementForm::ReplaceFirst(pattern("b"), b"X".to_vec());
        assert_eq!(of(&first, "abab"), "aXab");
        let case = |is_everywhere| ReplacementForm::Case {
            text: pattern("a"),
            is_upper: true,
            is_everywhere,
        };
        assert_eq!(of(&case(false), "abAa"), "AbAa");
        assert_eq!(of(&case(true), "abAa"), "AbAA");
    }
}
