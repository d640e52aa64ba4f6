//! How a file of jobs is written, told by its name and its first bytes; and what is plainly something
//! else, so that no line of it may run.
//!
//! Both decisions are pure. In doubt a file is one of command lines: only names and bytes that no
//! list of commands has are refused.

use std::ffi::OsStr;
use std::path::Path;

use thiserror::Error;

use crate::plan::input::Separator;

/// How a job file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// One command line a line.
    Lines,
    /// Command lines that end with NUL, and may hold newlines (`--null`).
    NullLines,
    /// One JSON object a line.
    JsonLines,
    /// One JSON array of objects.
    JsonArray,
}

/// Why a file is no job file: it is something else, and this is what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "this is {what}, not a job file, which has one command line a line, or is JSON Lines or one JSON array: {remedy}"
)]
pub(crate) struct Foreign {
    what: &'static str,
    remedy: &'static str,
}

/// What the first bytes of a file tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Opening {
    pub(crate) format: Format,
    /// How many bytes at the start are a `#!` line that names prun.
    pub(crate) comment: usize,
}

const RENAME: &str = "if it holds command lines, give it another name";
const LATER: &str = "such documents are not read yet, write the jobs in one of these forms";
const SCRIPT: &str =
    "run it as a command, or remove its `#!` line if each line is a command of its own";
const UNPACK: &str = "name or pipe in the text itself";
const OBJECTS: &str =
    "write an array of objects, or name the file .jsonl if it has one object a line";

/// Names up to their first dot, in lower case.
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
    ("a workflow of Snakemake", &["snakefile"]),
];

/// Extensions, in lower case.
const EXTENSIONS: &[(&str, &[&str], &str)] = &[
    ("a TOML document", &["toml"], LATER),
    ("a YAML document", &["yaml", "yml"], LATER),
    (
        "a table",
        &["csv", "tsv"],
        "with a command its lines are arguments, prun -a FILE COMMAND",
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
        "a program's source",
        &[
            "awk", "c", "cc", "cmake", "cpp", "cs", "cxx", "dart", "ex", "exs", "go", "gradle",
            "groovy", "h", "hpp", "hs", "java", "jl", "js", "jsx", "kt", "lua", "mjs", "ml", "nix",
            "php", "pl", "pm", "proto", "py", "r", "rb", "rs", "scala", "sql", "swift", "tcl",
            "tf", "ts", "tsx", "zig",
        ],
        RENAME,
    ),
];

/// Bytes that something else begins with.
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

/// Text that something else begins with, blanks in front and case apart. A command line may begin
/// with `<` and the name of a file, but not with these.
const MARKUP: &[(&[u8], &str)] = &[
    (b"<?xml ", "an XML document"),
    (b"<?php", "a program's source"),
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

/// How far the look goes for what decides.
const LOOK_BYTES: usize = 4096;

/// What the name of a file tells: its format, if it tells one.
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

/// What the first bytes of a file tell, whose name tells `named`; none while more bytes are needed.
/// What holds for some bytes holds for them and any that follow.
pub(crate) fn by_first_bytes(
    first: &[u8],
    named: Option<Format>,
    records: Separator,
) -> Result<Option<Opening>, Foreign> {
    let first = &first[..first.len().min(LOOK_BYTES)];
    match find(first, MAGIC, |one, other| one == other) {
        Found::Sign(what) => return Err(Foreign::new(what, UNPACK)),
        Found::Undecided => return Ok(None),
        Found::Nothing => {}
    }
    // Whoever asks for records that end with NUL says what it is, and each may be a whole script.
    if records == Separator::Null && named.is_none() {
        return Ok(Some(Opening {
            format: Format::NullLines,
            comment: 0,
        }));
    }
    let Some(comment) = comment(first)? else {
        return Ok(None);
    };
    let text = &first[comment..];
    let found = match find(past_comments(text), MARKUP, <[u8]>::eq_ignore_ascii_case) {
        Found::Sign(what) => return Err(Foreign::new(what, RENAME)),
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
                "a JSON document with an object at the top",
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
    /// A text whose records end like this.
    pub(crate) fn of(records: Separator) -> Self {
        match records {
            Separator::Newline => Self::Lines,
            Separator::Null => Self::NullLines,
        }
    }
}

impl Foreign {
    const fn new(what: &'static str, remedy: &'static str) -> Self {
        Self { what, remedy }
    }
}

/// What a text looks like.
enum Shape {
    /// `{` and then `"` or `}`, blanks apart.
    Object,
    /// `[` and then `{` or `]`, blanks apart.
    Array,
    /// Anything else.
    Text,
}

/// Whether some bytes begin with one of the signs of a table.
enum Found {
    Sign(&'static str),
    /// They may be the beginning of one.
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
            true if length == sign.len() => return Found::Sign(what),
            true => found = Found::Undecided,
            false => {}
        }
    }
    found
}

/// How long the `#!` line at the start is, with its end, where it names prun; none while more bytes
/// are needed.
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

/// What a text looks like; none while more bytes are needed.
fn shape(text: &[u8]) -> Result<Option<Shape>, Foreign> {
    let mut visible = text.iter().filter(|byte| !is_blank(byte));
    Ok(match (visible.next(), visible.next()) {
        (None, _) | (Some(b'{' | b'['), None) => None,
        (Some(b'{'), Some(b'"' | b'}')) => Some(Shape::Object),
        (Some(b'['), Some(b'{' | b']')) => Some(Shape::Array),
        _ => match past_comments(text) {
            [] => None,
            [b'[', rest @ ..] => section(rest)?,
            _ => Some(Shape::Text),
        },
    })
}

/// The text behind the blank lines and the comments at its start, and the blanks of the next line.
fn past_comments(mut text: &[u8]) -> &[u8] {
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

/// Refuses the head of a section, `[name]` or `[[name]]`: no command has such a name.
fn section(rest: &[u8]) -> Result<Option<Shape>, Foreign> {
    let rest = rest.strip_prefix(b"[").unwrap_or(rest);
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    let length = rest.iter().take_while(|byte| is_part(byte)).count();
    let behind = &rest[length..];
    let Some(end) = behind.iter().position(|byte| *byte == b'\n') else {
        let may_be = length > 0 && behind.iter().all(|byte| is_blank(byte) || *byte == b']');
        return Ok(if may_be || rest.is_empty() {
            None
        } else {
            Some(Shape::Text)
        });
    };
    match behind[..end].trim_ascii_end() {
        b"]" | b"]]" if length > 0 => Err(Foreign::new("a TOML or INI document", LATER)),
        _ => Ok(Some(Shape::Text)),
    }
}

fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests;
