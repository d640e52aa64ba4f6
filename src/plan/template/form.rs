//! Which part of a value a placeholder inserts.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::sync::Arc;

/// Which part of a value a placeholder inserts, with the semantics of GNU parallel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PlaceholderForm {
    /// `{}`: all of it.
    Whole,
    /// `{.}`: without its extension.
    NoExtension,
    /// `{..}`: without its two extensions, if it has two.
    NoExtensions,
    /// `{/}`: its base name.
    Base,
    /// `{//}`: its directory.
    Directory,
    /// `{/.}`: its base name without the extension.
    BaseNoExtension,
    /// `{/..}`: its base name without two extensions.
    BaseNoExtensions,
    /// `{%SUFFIX}`: without this ending.
    NoSuffix(Arc<[u8]>),
    /// `{#PREFIX}`: without this beginning.
    NoPrefix(Arc<[u8]>),
    /// `{/OLD/NEW}`: with the first OLD replaced.
    Replaced { old: Arc<[u8]>, new: Arc<[u8]> },
}

impl PlaceholderForm {
    /// Parses what follows the number or the name of a value, except for the forms that
    /// [`written_out`](Self::written_out) parses.
    pub(crate) fn fixed(text: &[u8]) -> Option<Self> {
        Some(match text {
            b"" => Self::Whole,
            b"." => Self::NoExtension,
            b".." => Self::NoExtensions,
            b"/" => Self::Base,
            b"//" => Self::Directory,
            b"/." => Self::BaseNoExtension,
            b"/.." => Self::BaseNoExtensions,
            _ => return None,
        })
    }

    /// Parses the forms that hold a text: `%SUFFIX`, `#PREFIX`, `/OLD/NEW`. `##` and `%%` are left to
    /// GNU parallel.
    pub(crate) fn written_out(text: &[u8]) -> Option<Self> {
        match text {
            [b'%', suffix @ ..] if !suffix.is_empty() && !suffix.starts_with(b"%") => {
                Some(Self::NoSuffix(suffix.into()))
            }
            [b'#', prefix @ ..] if !prefix.is_empty() && !prefix.starts_with(b"#") => {
                Some(Self::NoPrefix(prefix.into()))
            }
            [b'/', rest @ ..] => {
                let slash = rest.iter().position(|byte| *byte == b'/')?;
                let (old, new) = (&rest[..slash], &rest[slash + 1..]);
                (!old.is_empty()).then(|| Self::Replaced {
                    old: old.into(),
                    new: new.into(),
                })
            }
            _ => None,
        }
    }

    /// Whether it holds a text.
    pub(crate) fn is_written_out(&self) -> bool {
        matches!(
            self,
            Self::NoSuffix(_) | Self::NoPrefix(_) | Self::Replaced { .. }
        )
    }

    /// Returns this part of `value`.
    pub(crate) fn of(&self, value: &OsStr) -> OsString {
        let mut part = Vec::new();
        self.append(value, &mut part);
        OsString::from_vec(part)
    }

    /// Appends this part of `value` to `word`.
    pub(crate) fn append(&self, value: &OsStr, word: &mut Vec<u8>) {
        let bytes = value.as_bytes();
        let part = match self {
            Self::Whole => bytes,
            Self::NoExtension => without_extension(bytes),
            Self::NoExtensions => without_extensions(bytes),
            Self::Base => base(bytes),
            Self::Directory => directory(bytes),
            Self::BaseNoExtension => without_extension(base(bytes)),
            Self::BaseNoExtensions => without_extensions(base(bytes)),
            Self::NoSuffix(suffix) => bytes.strip_suffix(&**suffix).unwrap_or(bytes),
            Self::NoPrefix(prefix) => bytes.strip_prefix(&**prefix).unwrap_or(bytes),
            Self::Replaced { old, new } => {
                match bytes.windows(old.len()).position(|part| part == &**old) {
                    Some(at) => {
                        word.extend_from_slice(&bytes[..at]);
                        word.extend_from_slice(new);
                        &bytes[at + old.len()..]
                    }
                    None => bytes,
                }
            }
        };
        word.extend_from_slice(part);
    }
}

/// Returns the path up to the last dot of its last component.
fn without_extension(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|byte| matches!(byte, b'.' | b'/')) {
        Some(at) if path[at] == b'.' => &path[..at],
        _ => path,
    }
}

/// Returns the path up to the last but one dot of its last component; all of it with one dot or none.
fn without_extensions(path: &[u8]) -> &[u8] {
    let once = without_extension(path);
    let twice = without_extension(once);
    if twice.len() < once.len() {
        twice
    } else {
        path
    }
}

/// Returns the part after the last slash, which may be empty.
fn base(path: &[u8]) -> &[u8] {
    let slash = path.iter().rposition(|byte| *byte == b'/');
    &path[slash.map_or(0, |at| at + 1)..]
}

/// Returns the directory, as dirname(1) does.
fn directory(path: &[u8]) -> &[u8] {
    let path = without_slashes(path);
    match path.iter().rposition(|byte| *byte == b'/') {
        None => b".",
        Some(at) => match without_slashes(&path[..at]) {
            [] => b"/",
            above => above,
        },
    }
}

/// Returns the path without trailing slashes, except for the root.
fn without_slashes(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|byte| *byte != b'/');
    match end {
        Some(end) => &path[..=end],
        None => &path[..path.len().min(1)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(form: &str, value: &str) -> String {
        let form = PlaceholderForm::fixed(form.as_bytes())
            .or_else(|| PlaceholderForm::written_out(form.as_bytes()))
            .unwrap();
        form.of(value.as_ref()).into_string().unwrap()
    }

    /// What GNU parallel 20221122 prints for these with `--plus`.
    #[test]
    fn two_extensions_are_removed_only_together() {
        for (value, whole, base) in [
            ("d/a.tar.gz", "d/a", "a"),
            ("x.c", "x.c", "x.c"),
            ("d.x/a.gz", "d.x/a.gz", "a.gz"),
            ("d.x.y/a", "d.x.y/a", "a"),
            (".bashrc", ".bashrc", ".bashrc"),
            ("a.", "a.", "a."),
            ("..", "", ""),
        ] {
            assert_eq!(part("..", value), whole);
            assert_eq!(part("/..", value), base);
        }
    }

    #[test]
    fn an_ending_and_a_beginning_are_removed_once_and_only_there() {
        assert_eq!(part("%.gz", "a.gz.gz"), "a.gz");
        assert_eq!(part("%.gz", "a.gzip"), "a.gzip");
        assert_eq!(part("%a.gz", "a.gz"), "");
        assert_eq!(part("#in/", "in/in/x"), "in/x");
        assert_eq!(part("#in/", "x/in/"), "x/in/");
    }

    #[test]
    fn the_first_match_is_replaced_literally() {
        assert_eq!(part("/_R1_/_R2_", "s_R1_R1_.fq"), "s_R2_R1_.fq");
        assert_eq!(part("/./-", "a.b.c"), "a-b.c");
        assert_eq!(part("/x/", "axbx"), "abx");
        assert_eq!(part("/in/out/new", "in/f"), "out/new/f");
        assert_eq!(part("/longer/x", "long"), "long");
    }

    #[test]
    fn a_form_that_says_nothing_is_none() {
        for text in ["%", "#", "%%x", "##", "///", "//x", "/x", "x", ".x"] {
            let text = text.as_bytes();
            assert!(PlaceholderForm::written_out(text).is_none(), "{text:?}");
        }
    }
}
