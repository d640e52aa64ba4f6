//! The placeholders of GNU parallel (with its `--plus`) and of rush that prun does not have.

use crate::plan::template::placeholder::Width;

/// A placeholder of another program at the start of a text.
pub(super) struct ForeignBraces {
    /// How many bytes it takes.
    pub(super) length: usize,
    /// What to write instead.
    pub(super) remedy: String,
}

/// Recognizes a placeholder of another program at the start of a text.
pub(super) fn foreign_braces(text: &[u8], width: Width) -> Option<ForeignBraces> {
    if text.starts_with(b"{=") {
        let end = text.windows(2).skip(2).position(|pair| pair == b"=}")? + 4;
        let remedy = "there is no Perl; write {/OLD/NEW} for the text OLD, or change \"$1\" in a quoted command";
        return Some(ForeignBraces {
            length: end,
            remedy: remedy.to_owned(),
        });
    }
    let inside = text.strip_prefix(b"{")?;
    let end = inside.iter().take(LONGEST).position(|byte| *byte == b'}')?;
    let name = std::str::from_utf8(&inside[..end]).ok()?;
    Some(ForeignBraces {
        length: end + 2,
        remedy: remedy(name, width)?,
    })
}

/// The longest placeholder that is recognized, in bytes.
const LONGEST: usize = 64;

/// Returns what to write instead of the placeholder with this text between its braces.
fn remedy(name: &str, width: Width) -> Option<String> {
    let (minus, rest) = match name.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, name),
    };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (number, form) = rest.split_at(digits);
    if minus {
        let is_form = ["", ".", "/", "//", "/."].contains(&form);
        let back: usize = number.parse().ok().filter(|back| *back > 0)?;
        return is_form.then(|| from_the_end(back, form, width));
    }
    let fixed = match name {
        "##" => "the number of jobs is not always known in advance; count the arguments beforehand",
        "0#" => "write \"$(printf %04d \"$PRUN_SEQ\")\" in a quoted command",
        "0%" => "write \"$(printf %02d \"$PRUN_SLOT\")\" in a quoted command",
        "choose_k" | "uniq" => {
            "write the condition into a quoted command: prun 'if [ \"$1\" != \"$2\" ]; then …; fi'"
        }
        "seq" => "write `{#}`",
        "host" | "sshlogin" | "hgrp" | "agrp" => {
            "jobs run on this machine; {slot} is a value of --slots, such as a host"
        }
        "%." | "%:" => "write `{/.}` for the base name without extension",
        ":" => "write \"${1%%.*}\" in a quoted command for all before the first dot",
        _ => return derived(number, form),
    };
    Some(fixed.to_owned())
}

/// `{-1}` is the last source.
fn from_the_end(back: usize, form: &str, width: Width) -> String {
    match width {
        Width::Sources(count) | Width::Batch(Some(count)) if back <= count => {
            format!("write `{{{}{form}}}`", count + 1 - back)
        }
        _ => "count the sources from the first: `{1}`, `{2}`, …".to_owned(),
    }
}

/// A part of a value, of the first source if there is no number.
fn derived(number: &str, form: &str) -> Option<String> {
    let n = if number.is_empty() { "1" } else { number };
    let quoted = |text: String| format!("write {text} in a quoted command");
    Some(match form {
        "..." => quoted(format!("\"${{{n}%.*.*.*}}\"")),
        "/..." => quoted(format!("\"$(basename \"${{{n}%.*.*.*}}\")\"")),
        "+/" => format!("write `{{{number}//}}`"),
        "+." => quoted(format!("\"${{{n}##*.}}\"")),
        "+.." => quoted(format!("\"${{{n}#\"${{{n}%.*.*}}.\"}}\"")),
        "+..." => quoted(format!("\"${{{n}#\"${{{n}%.*.*.*}}.\"}}\"")),
        form => return pattern(n, form),
    })
}

/// What is cut, replaced or changed by a pattern: `{%%.*}`, `{/\.gz/.xz}`, `{^text}`, `{:2:3}`, `{@text}`.
fn pattern(n: &str, form: &str) -> Option<String> {
    let (kind, text) = form.split_at_checked(1)?;
    if text.is_empty() || text.contains([' ', '{', '"', '\'', ',', '$']) {
        return None;
    }
    let is_pattern = |text: &str| text.contains(['\\', '*', '[']);
    Some(match kind {
        "%" | "#" if text.starts_with(kind) => {
            is_pattern(text).then(|| format!("write \"${{{n}{form}}}\" in a quoted command"))?
        }
        "%" | "#" if is_pattern(text) => format!(
            "there are no regular expressions: write the text itself, or \"${{{n}{kind}PATTERN}}\" in a quoted command"
        ),
        "/" if text.starts_with('/') && text.matches('/').count() == 2 => {
            format!("write \"${{{n}{form}}}\" with --shell=bash, as a pattern of the shell")
        }
        "/" if is_pattern(text) && text.matches('/').count() == 1 => {
            "there are no regular expressions: write the text itself, such as {/.txt/.md}"
                .to_owned()
        }
        "^" => format!(
            "write {{%SUFFIX}} to cut an ending, or \"${{{n}^^}}\" with --shell=bash for upper case"
        ),
        ":" if is_range(text) => format!("write \"${{{n}:{text}}}\" with --shell=bash"),
        "@" => "take the part of the value out in a quoted command, with sed or expr".to_owned(),
        _ => return None,
    })
}

/// `{:-text}` and `{:2:3}`, but not the `{:3}` of a format string.
fn is_range(text: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once(':') {
        Some((from, length)) => is_number(from) && is_number(length),
        None => text.starts_with('-'),
    }
}
