//! Functions that bash has exported (`export -f`): neither programs nor other shells know them.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use crate::process::Environment;

/// Returns the argv that calls the exported function that the first word names, with the other words as
/// its arguments; none of them becomes a part of the script.
pub(super) fn call(words: &[OsString], environment: &Environment) -> Option<Vec<OsString>> {
    let (name, arguments) = words.split_first()?;
    if !is_plain(name.as_bytes()) || !is_exported(name, environment) {
        return None;
    }
    let mut script = name.clone();
    script.push(" \"$@\"");
    let bash = ["bash".into(), "-c".into(), script, name.clone()];
    Some(bash.into_iter().chain(arguments.iter().cloned()).collect())
}

/// Returns why the shell `argv` may not have found a command of a line: it is such a function.
pub(super) fn not_found(
    line: Option<&OsStr>,
    argv: &[OsString],
    environment: &Environment,
) -> Option<String> {
    let shell = argv.first()?.as_bytes();
    if shell.ends_with(b"bash") {
        return None;
    }
    let words = line?.as_bytes().split(|byte| !is_part(byte));
    let mut names = words.filter(|word| is_plain(word)).map(OsStr::from_bytes);
    let name = names.find(|name| is_exported(name, environment))?;
    let name = name.to_string_lossy();
    Some(format!("`{name}` is a function of bash: add --shell=bash"))
}

fn is_exported(name: &OsStr, environment: &Environment) -> bool {
    let mut variable = OsString::from("BASH_FUNC_");
    variable.push(name);
    variable.push("%%");
    environment.get(variable).is_some()
}

/// Whether a word has no meaning to a shell but its own.
fn is_plain(word: &[u8]) -> bool {
    word.first().is_some_and(|first| *first != b'-') && word.iter().all(is_part)
}

fn is_part(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.:".contains(byte)
}
