//! Words of a command that users of other programs mean as something else.

use std::os::unix::ffi::OsStrExt;

use thiserror::Error;

use crate::cli::args::args::Args;
use crate::cli::args::hints::gnu_parallel::BATCH;
use crate::cli::args::option_names::is_option;

/// A word that would be run as something else than was probably meant.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum WordHabit {
    #[error("{BATCH}")]
    Batch,
    #[error("`-n` is --dry-run; name the commands instead: prun '{name}: {command}'")]
    Names { name: String, command: String },
    #[error("`{word}` is a script of package.json: write '{command}'")]
    Script { word: String, command: String },
    #[error("`{0}`: options go before the command")]
    LateOption(String),
}

/// `-n 1 gzip` would be a dry run of the command `1`, and `-n web,api` one of the command `web,api`.
pub(super) fn check_first_word(args: &Args) -> Result<(), WordHabit> {
    let [first, rest @ ..] = args.commands.as_slice() else {
        return Ok(());
    };
    let Some(first) = first.to_str().filter(|_| args.dry_run) else {
        return Ok(());
    };
    if is_number(first) {
        return Err(WordHabit::Batch);
    }
    let mut names = first.split(',');
    let is_name = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    match (names.next(), rest.first()) {
        (Some(name), Some(command))
            if first.contains(',')
                && first.split(',').count() == rest.len()
                && first.split(',').all(is_name) =>
        {
            Err(WordHabit::Names {
                name: name.to_owned(),
                command: command.to_string_lossy().into_owned(),
            })
        }
        _ => Ok(()),
    }
}

/// `npm:build` of concurrently.
pub(super) fn check_scripts(args: &Args) -> Result<(), WordHabit> {
    if !args.arg_files.is_empty() || args.commands.iter().any(|word| word == ":::") {
        return Ok(());
    }
    for word in args.commands.iter().filter_map(|word| word.to_str()) {
        let Some((runner, script)) = word.split_once(':') else {
            continue;
        };
        let run = match runner {
            "npm" | "yarn" | "pnpm" | "bun" => "run",
            "node" => "--run",
            "deno" => "task",
            _ => continue,
        };
        if script.is_empty() || script.starts_with([' ', '/', '\t']) {
            continue;
        }
        let command = match script.contains(['*', '!']) {
            true => format!("{runner} {run} NAME' for each script, such as '{runner} {run} build"),
            false => format!("{runner} {run} {script}"),
        };
        return Err(WordHabit::Script {
            word: word.to_owned(),
            command,
        });
    }
    Ok(())
}

/// `'gzip -9 {}' -k` of rush: an option of ours after a command line, which would be taken for a program.
pub(super) fn check_line_and_options(args: &Args) -> Result<(), WordHabit> {
    let template = args.commands.split(|word| word == ":::").next();
    let Some([line, after @ ..]) = template else {
        return Ok(());
    };
    let is_line = line.as_bytes().contains(&b' ') && line.as_bytes().contains(&b'{');
    let first = after.first().and_then(|word| word.to_str());
    match first.filter(|word| is_line && word.starts_with('-')) {
        Some(option) if is_option(option) => Err(WordHabit::LateOption(option.to_owned())),
        _ => Ok(()),
    }
}

/// Whether a word is a number.
pub(super) fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}
