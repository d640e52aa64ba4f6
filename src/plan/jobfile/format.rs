//! Detects the format of a job file from its name and its first bytes, and rejects files that are
//! clearly something else, so that no line of them runs.
//!
//! Both decisions are pure. If in doubt, a file is a list of commands: only names and bytes that no
//! list of commands has are rejected.

use std::ffi::OsStr;
use std::path::Path;

use super::foreign::{
    DOCUMENTS, EXTENSIONS, Foreign, Found, MAGIC, MARKUP, NAMES, OTHER, RENAME, SCRIPT, UNPACK,
    find,
};
use crate::plan::document::Spelling;
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
    /// A document: jobs by name, and what they share.
    Document(Spelling),
}

/// The format detected from the first bytes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Opening {
    pub(crate) format: Format,
    /// The length in bytes of a leading `#!` line that names prun.
    pub(crate) comment: usize,
}

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
        _ => {}
    }
    let document = DOCUMENTS
        .iter()
        .find(|(_, names)| names.contains(&whole.as_str()));
    if let Some((what, _)) = document {
        return Err(Foreign::new(what, OTHER));
    }
    match extension {
        "json" => return Ok(Some(Format::JsonArray)),
        "toml" => return Ok(Some(Format::Document(Spelling::Toml))),
        "yaml" | "yml" => return Ok(Some(Format::Document(Spelling::Yaml))),
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
    if let Some(format @ Format::Document(_)) = named {
        return Ok(Some(Opening { format, comment }));
    }
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
        (Some(Format::JsonArray), Shape::Object | Shape::Document(Spelling::Json)) => {
            Format::Document(Spelling::Json)
        }
        (Some(format), _) => format,
        (None, Shape::Object) => Format::JsonLines,
        (None, Shape::Document(spelling)) => Format::Document(spelling),
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

/// The syntax that a text begins with.
enum Shape {
    /// `{` and then `"` or `}`, ignoring blanks.
    Object,
    /// `[` and then `{` or `]`, ignoring blanks.
    Array,
    /// A key that only a document has.
    Document(Spelling),
    /// Anything else.
    Text,
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
        (Some(b'{'), Some(b'}')) => Some(Shape::Object),
        (Some(b'{'), Some(b'"')) => object(text),
        (Some(b'['), Some(b'{' | b']')) => Some(Shape::Array),
        _ => match skip_comments(text) {
            [] => None,
            [b'[', rest @ ..] => section(rest)?,
            text => yaml(text),
        },
    })
}

/// Returns what an object is by its first key: a document, or a job in JSON Lines; `None` while more bytes
/// are needed.
fn object(text: &[u8]) -> Option<Shape> {
    let start = 1 + text.iter().position(|byte| *byte == b'"')?;
    let key = &text[start..];
    let has = |name: &&[u8]| {
        key.strip_prefix(*name)
            .is_some_and(|rest| rest.starts_with(b"\""))
    };
    let may_have = |name: &&[u8]| name.starts_with(key);
    match DOCUMENT_KEYS.iter().any(has) {
        true => Some(Shape::Document(Spelling::Json)),
        false => (!DOCUMENT_KEYS.iter().any(may_have)).then_some(Shape::Object),
    }
}

/// Recognizes a YAML document, by `---` or by a line that begins with a key of a document, and has nothing
/// else or a table: no command does. `None` while more bytes are needed.
fn yaml(text: &[u8]) -> Option<Shape> {
    let Some(end) = text.iter().position(|byte| *byte == b'\n') else {
        let may_be = |start: &[u8]| start.starts_with(text) || text.starts_with(start);
        let starts = DOCUMENT_KEYS.map(|key| [key, b":"].concat());
        let may_be_yaml = may_be(b"---") || starts.iter().any(|start| may_be(start));
        return (!may_be_yaml).then_some(Shape::Text);
    };
    let line = text[..end].trim_ascii_end();
    let value = DOCUMENT_KEYS.iter().find_map(|key| {
        let rest = line.strip_prefix(*key)?;
        rest.strip_prefix(b":")
    });
    let is_key = value.is_some_and(|value| {
        let after = value.trim_ascii_start();
        after.is_empty() || (after.len() < value.len() && b"{#&".contains(&after[0]))
    });
    Some(match is_key || line == b"---" {
        true => Shape::Document(Spelling::Yaml),
        false => Shape::Text,
    })
}

/// The keys at the top of a document that no other format has.
const DOCUMENT_KEYS: [&[u8]; 4] = [b"defaults", b"pools", b"jobs", b"$schema"];

fn is_document_key(key: &[u8]) -> bool {
    DOCUMENT_KEYS.contains(&key)
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

/// Recognizes the header of a section, `[name]` or `[[name]]`: no command has such a name. That of a
/// document is `[jobs.NAME]`, `[defaults]` or `[pools]`; any other is rejected.
fn section(rest: &[u8]) -> Result<Option<Shape>, Foreign> {
    let document = Ok(Some(Shape::Document(Spelling::Toml)));
    if rest.starts_with(b"jobs.") {
        return document;
    }
    let rest = rest.strip_prefix(b"[").unwrap_or(rest);
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    let length = rest.iter().take_while(|byte| is_part(byte)).count();
    let (name, after) = rest.split_at(length);
    let Some(end) = after.iter().position(|byte| *byte == b'\n') else {
        let may_be = length > 0 && after.iter().all(|byte| is_blank(byte) || *byte == b']');
        return Ok(if may_be || rest.is_empty() {
            None
        } else {
            Some(Shape::Text)
        });
    };
    let line = &after[..end];
    // A comment may follow.
    let line = line.split(|byte| *byte == b'#').next().unwrap_or(line);
    match line.trim_ascii_end() {
        b"]" if is_document_key(name) => document,
        b"]" | b"]]" if length > 0 => Err(Foreign::new("a TOML or INI document", RENAME)),
        _ => Ok(Some(Shape::Text)),
    }
}

fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests;
