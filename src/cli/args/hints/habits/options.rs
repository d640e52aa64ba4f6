//! Options of prun whose letter, or whose value, means something else to users of other programs.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use thiserror::Error;

use super::words::is_number;
use crate::cli::args::args::Args;
use crate::cli::args::values::{FailFastMode, GuardMode, JsonMode, RaceMode};

/// An option that would do something else than was probably meant.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum OptionHabit {
    #[error(
        "`-u {0}` would remove the variable `{0}`, which is not set: GNU parallel's -u is `-o raw` (write --unset if you mean a variable)"
    )]
    UnsetOfNoVariable(String),
    #[error(
        "`-u {0}` right before `:::` would remove a variable, and run the values as commands: GNU parallel's -u is `-o raw`"
    )]
    UnsetBeforeValues(String),
    #[error(
        "`{option} {value}` would run the command `{value}`: write {option}={value} (or `--` before a command)"
    )]
    DetachedValue { option: String, value: String },
    #[error(
        "`-s` is --shell, and `{0}` would be a command: there is no limit of length but the system's, to which `-N max` keeps"
    )]
    MaxChars(String),
    #[error(
        "`-s` is --shell, and `{0}` would be a command: every job must succeed, or with `--race` the first to end"
    )]
    Success(String),
}

/// `-u` of GNU parallel has no value.
pub(super) fn check_unset(
    args: &Args,
    typed: &[OsString],
    is_set: impl Fn(&OsStr) -> bool,
) -> Result<(), OptionHabit> {
    let shown = |name: &OsStr| name.to_string_lossy().into_owned();
    if args.commands.first().is_some_and(|word| word == ":::")
        && let Some(name) = args.unset.last()
        && ends_with_short_unset(&typed[..typed.len() - args.commands.len()], name)
    {
        return Err(OptionHabit::UnsetBeforeValues(shown(name)));
    }
    let is_long = |name: &OsStr| {
        let with_value = [b"--unset=", name.as_bytes()].concat();
        typed.iter().any(|word| word.as_bytes() == with_value)
            || typed
                .windows(2)
                .any(|pair| pair[0] == "--unset" && pair[1] == name)
    };
    let is_name = |name: &OsStr| !name.is_empty() && !name.as_bytes().contains(&b'=');
    let is_known = |name: &OsStr| is_set(name) || args.env.iter().any(|(key, _)| key == name);
    let mut names = args.unset.iter().map(OsString::as_os_str);
    match names.find(|name| is_name(name) && !is_known(name) && !is_long(name)) {
        Some(name) => Err(OptionHabit::UnsetOfNoVariable(shown(name))),
        None => Ok(()),
    }
}

/// `-u gzip -9`: the same, if an option of the command is unknown, and none of ours was before it.
pub(crate) fn check_unknown(
    typed: &[OsString],
    is_set: impl Fn(&OsStr) -> bool,
) -> Result<(), OptionHabit> {
    match typed {
        [unset, name, option, ..]
            if unset == "-u" && option.as_bytes().starts_with(b"-") && !is_set(name) =>
        {
            let name = name.to_string_lossy().into_owned();
            Err(OptionHabit::UnsetOfNoVariable(name))
        }
        _ => Ok(()),
    }
}

/// Whether the words end with `-u NAME` or `-uNAME`, perhaps behind other letters.
fn ends_with_short_unset(words: &[OsString], name: &OsStr) -> bool {
    let is_short = |word: &[u8]| word.starts_with(b"-") && !word.starts_with(b"--");
    let with_value = [b"u", name.as_bytes()].concat();
    match words {
        [.., option, last] if last == name => {
            is_short(option.as_bytes()) && option.as_bytes().ends_with(b"u")
        }
        [.., last] => is_short(last.as_bytes()) && last.as_bytes().ends_with(&with_value),
        [] => false,
    }
}

/// `--json events` and the like: these values follow with `=`.
pub(super) fn check_values(args: &Args, typed: &[OsString]) -> Result<(), OptionHabit> {
    let Some(value) = args.commands.first().and_then(|word| word.to_str()) else {
        return Ok(());
    };
    let before = typed.len() - args.commands.len();
    let Some(option) = before.checked_sub(1).and_then(|at| typed[at].to_str()) else {
        return Ok(());
    };
    const SHELLS: [&str; 8] = [
        "sh", "bash", "dash", "zsh", "ksh", "fish", "busybox", "pwsh",
    ];
    let is_value = match option {
        "--json" => args.json == Some(JsonMode::Jobs) && ["jobs", "events"].contains(&value),
        "--fail-fast" => {
            args.fail_fast == Some(FailFastMode::Now) && ["now", "soon"].contains(&value)
        }
        "--race" => args.race == Some(RaceMode::End) && ["end", "ok"].contains(&value),
        "--guard" => {
            args.guard == GuardMode::Always && ["auto", "always", "never"].contains(&value)
        }
        "--shell" | "-s" => {
            let mut words = value.split_whitespace();
            let program = words.next().and_then(|path| path.rsplit('/').next());
            program.is_some_and(|program| SHELLS.contains(&program))
                && words.all(|word| word.starts_with('-') || word == "pipefail")
        }
        _ => false,
    };
    if is_value {
        let option = if option == "-s" { "--shell" } else { option };
        return Err(OptionHabit::DetachedValue {
            option: option.to_owned(),
            value: value.to_owned(),
        });
    }
    let is_success = ["first", "last", "all"].contains(&value)
        || value.trim_start_matches('!').starts_with("command-");
    match option {
        "-s" if is_number(value) => Err(OptionHabit::MaxChars(value.to_owned())),
        "-s" if is_success => Err(OptionHabit::Success(value.to_owned())),
        _ => Ok(()),
    }
}
