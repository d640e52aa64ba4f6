//! Detects the format of a job file from its name and its first bytes, and rejects files that are
//! clearly something else, so that no line of them runs.
//!
//! Both decisions are pure. If in doubt, a file is a list of commands: only names and bytes that no
//! list of commands has are rejected.

use std::ffi::OsStr;
use std::path::Path;

use thiserror::Error;

use crate::plan::input::Separator;

/// The format of a job file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// One command per line.
    Lines,
    /// Commands that end with NUL and may contain newlines (`--null`).
    NullLines,
    /// One JSON object per line.
    JsonLines,
    /// One JSON array of objects.
    JsonArray,
}

/// A file that is not a job file: what it is, and the remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "this is {what}, not a job file (one command per line, JSON Lines, or a JSON array): {remedy}"
)]
pub(crate) struct Foreign {
    what: &'static str,
    remedy: &'static str,
}

/// The format detected from the first bytes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Opening {
    pub(crate) format: Format,
    /// The length in bytes of a leading `#!` line that names prun.
    pub(crate) comment: usize,
}

const RENAME: &str = "if it contains commands, rename it";
const LATER: &str = "this format is not supported yet; write the jobs in one of those";
const SCRIPT: &str =
    "run it as a command, or remove its `#!` line if each line is a separate command";
const UNPACK: &str = "convert it to plain text first";
const OBJECTS: &str =
    "write an array of objects, or rename the file to .jsonl if it has one object per line";

/// File names up to the first dot, in lower case.
const NAMES: &[(&str, &[&str])] = &[
    ("a makefile", &["makefile", "gnumakefile", "bsdmakefile"]),
    ("a container file", &["dockerfile", "containerfile"]),
    ("a CMake script", &["cmakelists"]),
    ("a justfile", &["justfile"]),
    ("a Jenkins pipeline", &["jenkinsfile"]),
    (
        "a Ruby program",
        &["rakefile", "gemfile", "vagrantfile", "brewfile", "podfile"],
    ),
    ("a Snakemake workflow", &["snakefile"]),
];

/// Extensions, in lower case.
const EXTENSIONS: &[(&str, &[&str], &str)] = &[
    ("a TOML document", &["toml"], LATER),
    ("a YAML document", &["yaml", "yml"], LATER),
    (
        "a table",
        &["csv", "tsv"],
        "to use its lines as arguments of a command, write prun -a FILE COMMAND",
    ),
    (
        "an XML document",
        &["xml", "xsd", "xsl", "svg", "plist"],
        RENAME,
    ),
    ("an HTML page", &["html", "htm", "xhtml"], RENAME),
    (
        "a text document",
        &["md", "markdown", "rst", "adoc", "tex"],
        RENAME,
    ),
    ("a style sheet", &["css", "scss", "less"], RENAME),
    ("a configuration file", &["ini"], RENAME),
    ("a patch", &["diff", "patch"], RENAME),
    ("a makefile", &["mk", "mak"], RENAME),
    ("a container file", &["dockerfile"], RENAME),
    ("a notebook", &["ipynb"], RENAME),
    ("a batch file", &["bat", "ps1"], RENAME),
    (
        "source code",
        &[
            "awk", "c", "cc", "cmake", "cpp", "cs", "cxx", "dart", "ex", "exs", "go", "gradle",
            "groovy", "h", "hpp", "hs", "java", "jl", "js", "jsx", "kt", "lua", "mjs", "ml", "nix",
            "php", "pl", "pm", "proto", "py", "r", "rb", "rs", "scala", "sql", "swift", "tcl",
            "tf", "ts", "tsx", "zig",
        ],
        RENAME,
    ),
];

/// The first bytes of other files.
const MAGIC: &[(&[u8], &str)] = &[
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
    (b"\x7fELF", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"),
    (b"!<arch>\n", "a library"),
    (b"\x1f\x8b", "gzip data"),
    (b"\xfd7zXZ\0", "xz data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"BZh9", "bzip2 data"),
    (b"PK\x03\x04", "a zip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
];

/// The first text of other files, after blanks and in any case. A command may begin with `<` and the
/// name of a file, but not with these.
const MARKUP: &[(&[u8], &str)] = &[
    (b"<?xml ", "an XML document"),
    (b"<?php", "source code"),
    (b"<!doctype ", "an HTML page"),
    (b"<!--", "an HTML page"),
    (b"<html>", "an HTML page"),
    (b"<html lang=", "an HTML page"),
    (b"<html xmlns=", "an HTML page"),
    (b"<svg xmlns=", "a picture"),
    (b"---\n", "a YAML document"),
    (b"---\r\n", "a YAML document"),
    (b"--- ", "a patch"),
    (b".PHONY:", "a makefile"),
];

/// How many bytes are examined at most.
const LOOK_BYTES: usize = 4096;

/// Returns the format that the name of a file implies, if any.
pub(crate) fn by_name(name: &Path) -> Result<Option<Format>, Foreign> {
    let lower = |text: Option<&OsStr>| text?.to_str().map(str::to_ascii_lowercase);
    let whole = lower(name.file_name()).unwrap_or_default();
    let stem = whole
        .trim_start_matches('.')
        .split('.')
        .next()
        .unwrap_or_default();
    let extension = lower(name.extension()).unwrap_or_default();
    let extension = extension.as_str();
    match extension {
        "jsonl" | "ndjson" => return Ok(Some(Format::JsonLines)),
        "json" => return Ok(Some(Format::JsonArray)),
        _ => {}
    }
    let by_stem = NAMES.iter().find(|(_, names)| names.contains(&stem));
    let by_extension = EXTENSIONS
        .iter()
        .find(|(_, all, _)| all.contains(&extension));
    match (by_stem, by_extension) {
        (Some((what, _)), _) => Err(Foreign::new(what, RENAME)),
        (None, Some((what, _, remedy))) => Err(Foreign::new(what, remedy)),
        (None, None) => Ok(None),
    }
}

/// Detects the format of a file from its first bytes, given the format `named` that its name implies;
/// `None` while more bytes are needed. A result does not change with further bytes.
pub(crate) fn by_first_bytes(
    first: &[u8],
    named: Option<Format>,
    separator: Separator,
) -> Result<Option<Opening>, Foreign> {
    let first = &first[..first.len().min(LOOK_BYTES)];
    match find(first, MAGIC, |one, other| one == other) {
        Found::Match(what) => return Err(Foreign::new(what, UNPACK)),
        Found::Undecided => return Ok(None),
        Found::Nothing => {}
    }
    // --null states the format, and each command may be a whole script.
    if separator == Separator::Null && named.is_none() {
        return Ok(Some(Opening {
            format: Format::NullLines,
            comment: 0,
        }));
    }
    let Some(comment) = comment(first)? else {
        return Ok(None);
    };
    let text = &first[comment..];
    let found = match find(skip_comments(text), MARKUP, <[u8]>::eq_ignore_ascii_case) {
        Found::Match(what) => return Err(Foreign::new(what, RENAME)),
        Found::Undecided => None,
        Found::Nothing => shape(text)?,
    };
    let shape = match found {
        Some(shape) => shape,
        None if first.len() == LOOK_BYTES => Shape::Text,
        None => return Ok(None),
    };
    let format = match (named, shape) {
        (Some(Format::JsonArray), Shape::Object) => {
            return Err(Foreign::new(
                "a JSON document with an object at the top level",
                OBJECTS,
            ));
        }
        (Some(format), _) => format,
        (None, Shape::Object) => Format::JsonLines,
        (None, Shape::Array) => Format::JsonArray,
        (None, Shape::Text) => Format::Lines,
    };
    Ok(Some(Opening { format, comment }))
}

impl Format {
    /// Returns the format of commands with this separator.
    pub(crate) fn of(separator: Separator) -> Self {
        match separator {
            Separator::Newline | Separator::Byte(_) => Self::Lines,
            Separator::Null => Self::NullLines,
        }
    }
}

impl Foreign {
    const fn new(what: &'static str, remedy: &'static str) -> Self {
        Self { what, remedy }
    }
}

/// The syntax that a text begins with.
enum Shape {
    /// `{` and then `"` or `}`, ignoring blanks.
    Object,
    /// `[` and then `{` or `]`, ignoring blanks.
    Array,
    /// Anything else.
    Text,
}

/// Whether some bytes begin with an entry of a table.
enum Found {
    Match(&'static str),
    /// They are a prefix of one.
    Undecided,
    Nothing,
}

fn find(
    bytes: &[u8],
    table: &[(&[u8], &'static str)],
    are_equal: impl Fn(&[u8], &[u8]) -> bool,
) -> Found {
    let mut found = Found::Nothing;
    for (sign, what) in table {
        let length = sign.len().min(bytes.len());
        match are_equal(&bytes[..length], &sign[..length]) {
            true if length == sign.len() => return Found::Match(what),
            true => found = Found::Undecided,
            false => {}
        }
    }
    found
}

/// Returns the length of a leading `#!` line that names prun, with its newline; `None` while more
/// bytes are needed. Rejects any other `#!` line.
fn comment(first: &[u8]) -> Result<Option<usize>, Foreign> {
    match first {
        [] | [b'#'] => return Ok(None),
        [b'#', b'!', ..] => {}
        _ => return Ok(Some(0)),
    }
    let end = first.iter().position(|byte| *byte == b'\n');
    let line = &first[2..end.unwrap_or(first.len())];
    let mut words = line.split(is_blank);
    let is_prun = words.any(|word| word.rsplit(|byte| *byte == b'/').next() == Some(b"prun"));
    match end {
        Some(end) if is_prun => Ok(Some(end + 1)),
        None if first.len() < LOOK_BYTES => Ok(None),
        _ => Err(Foreign::new("a script", SCRIPT)),
    }
}

/// Returns the syntax that a text begins with; `None` while more bytes are needed.
fn shape(text: &[u8]) -> Result<Option<Shape>, Foreign> {
    let mut visible = text.iter().filter(|byte| !is_blank(byte));
    Ok(match (visible.next(), visible.next()) {
        (None, _) | (Some(b'{' | b'['), None) => None,
        (Some(b'{'), Some(b'"' | b'}')) => Some(Shape::Object),
        (Some(b'['), Some(b'{' | b']')) => Some(Shape::Array),
        _ => match skip_comments(text) {
            [] => None,
            [b'[', rest @ ..] => section(rest)?,
            _ => Some(Shape::Text),
        },
    })
}

/// Skips leading blank lines and comments, and the blanks of the next line.
fn skip_comments(mut text: &[u8]) -> &[u8] {
    loop {
        let blanks = text.iter().take_while(|byte| is_blank(byte)).count();
        text = &text[blanks..];
        if !text.starts_with(b"#") {
            return text;
        }
        let end = text.iter().position(|byte| *byte == b'\n');
        text = &text[end.unwrap_or(text.len())..];
    }
}

/// Rejects a section header, `[name]` or `[[name]]`: no command has such a name.
fn section(rest: &[u8]) -> Result<Option<Shape>, Foreign> {
    let rest = rest.strip_prefix(b"[").unwrap_or(rest);
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    let length = rest.iter().take_while(|byte| is_part(byte)).count();
    let after = &rest[length..];
    let Some(end) = after.iter().position(|byte| *byte == b'\n') else {
        let may_be = length > 0 && after.iter().all(|byte| is_blank(byte) || *byte == b']');
        return Ok(if may_be || rest.is_empty() {
            None
        } else {
            Some(Shape::Text)
        });
    };
    match after[..end].trim_ascii_end() {
        b"]" | b"]]" if length > 0 => Err(Foreign::new("a TOML or INI document", LATER)),
        _ => Ok(Some(Shape::Text)),
    }
}

fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests;
