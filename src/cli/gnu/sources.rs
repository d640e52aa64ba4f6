//! Divides the words after the options: the command, and the sources of its arguments.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use crate::cli::args::{GnuSource, GnuValues};

/// The texts that begin a source, `:::` and `::::` unless they are set.
#[derive(Debug)]
pub(crate) struct Separators {
    pub(crate) list: OsString,
    pub(crate) files: OsString,
}

impl Default for Separators {
    fn default() -> Self {
        Self {
            list: ":::".into(),
            files: "::::".into(),
        }
    }
}

impl Separators {
    /// Returns what a word begins, if it begins something: whether files, and whether linked.
    fn meaning(&self, word: &OsString) -> Option<(bool, bool)> {
        let of = |word: &[u8], is_linked| {
            if word == self.list.as_bytes() {
                return Some((false, is_linked));
            }
            (word == self.files.as_bytes()).then_some((true, is_linked))
        };
        let word = word.as_bytes();
        of(word, false).or_else(|| of(word.strip_suffix(b"+")?, true))
    }

    /// Divides the words into those of the command, and the sources.
    pub(crate) fn divide(&self, words: Vec<OsString>) -> (Vec<OsString>, Vec<GnuSource>) {
        let mut command = Vec::new();
        let mut sources: Vec<GnuSource> = Vec::new();
        let mut current = None;
        for word in words {
            if let Some((is_files, is_linked)) = self.meaning(&word) {
                current = Some((is_files, is_linked));
                if !is_files {
                    sources.push(GnuSource {
                        values: GnuValues::List(Vec::new()),
                        is_linked,
                    });
                }
                continue;
            }
            match current {
                None => command.push(word),
                Some((true, is_linked)) => sources.push(GnuSource {
                    values: file(word),
                    is_linked,
                }),
                Some((false, _)) => {
                    if let Some(GnuValues::List(list)) =
                        sources.last_mut().map(|source| &mut source.values)
                    {
                        list.push(word);
                    }
                }
            }
        }
        (command, sources)
    }
}

/// Returns the source that a file name means.
pub(crate) fn file(name: OsString) -> GnuValues {
    match name.as_bytes() {
        b"-" => GnuValues::Stdin,
        _ => GnuValues::File(PathBuf::from(name)),
    }
}

/// Splits a text into words as perl's shellwords does, for `PARALLEL` and the files with options.
pub(crate) fn shell_words(text: &[u8]) -> Option<Vec<OsString>> {
    let words = shlex::bytes::split(text)?;
    Some(words.into_iter().map(OsString::from_vec).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(words: &str, is_linked: bool) -> GnuSource {
        GnuSource {
            values: GnuValues::List(words.split_whitespace().map(OsString::from).collect()),
            is_linked,
        }
    }

    fn named(name: &str, is_linked: bool) -> GnuSource {
        GnuSource {
            values: file(name.into()),
            is_linked,
        }
    }

    #[test]
    fn each_file_is_a_source_and_each_list_is_one() {
        let words = "echo {} ::: a b :::+ c d :::: x - ::::+ y";
        let words = words.split(' ').map(OsString::from).collect();
        let (command, sources) = Separators::default().divide(words);
        assert_eq!(command, ["echo", "{}"]);
        let expected = [
            list("a b", false),
            list("c d", true),
            named("x", false),
            named("-", false),
            named("y", true),
        ];
        assert_eq!(sources, expected);
    }

    #[test]
    fn other_separators_leave_the_usual_ones_to_the_command() {
        let separators = Separators {
            list: ",,".into(),
            ..Separators::default()
        };
        let words = "echo ::: ,, a".split(' ').map(OsString::from).collect();
        let (command, sources) = separators.divide(words);
        assert_eq!(command, ["echo", ":::"]);
        assert_eq!(sources, [list("a", false)]);
    }
}
