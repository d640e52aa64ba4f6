//! Options and words that prun has too, but that are meant otherwise by users of other programs.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use thiserror::Error;

use super::gnu_parallel::BATCH;
use crate::cli::args::args::Args;
use crate::cli::args::option_names::is_option;
use crate::cli::args::values::{FailFastMode, GuardMode, JsonMode, RaceMode};

/// A command line that would do something else than was probably meant.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum HabitError {
    #[error(
        "`-u {0}` would remove the variable `{0}`, which is not set: GNU parallel's -u is `-o raw` (write --unset if you mean a variable)"
    )]
    UnsetOfNoVariable(String),
    #[error(
        "`-u {0}` right before `:::` would remove a variable, and run the values as commands: GNU parallel's -u is `-o raw`"
    )]
    UnsetBeforeValues(String),
    #[error("{BATCH}")]
    Batch,
    #[error("`-n` is --dry-run; name the commands instead: prun '{name}: {command}'")]
    Names { name: String, command: String },
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
    #[error("`-C` is --cwd, and `{0}` is no directory: use `--colsep '{0}'` for columns")]
    Colsep(String),
    #[error("`{word}` is a script of package.json: write '{command}'")]
    Script { word: String, command: String },
    #[error("`{0}`: options go before the command")]
    LateOption(String),
    #[error(
        "`-0` has no input: write {{}} where an argument of standard input belongs: find . -print0 | prun -0 gzip {{}}"
    )]
    NullWithoutInput,
}

/// Rejects such a command line. `typed` are its words, from which `args` were parsed; `is_set` is whether
/// a variable is in the environment.
pub(crate) fn check(
    args: &Args,
    typed: &[OsString],
    is_set: impl Fn(&OsStr) -> bool,
) -> Result<(), HabitError> {
    check_unset(args, typed, is_set)?;
    check_values(args, typed)?;
    check_first_word(args)?;
    check_scripts(args)?;
    check_line_and_options(args)?;
    let has_source = !args.arg_files.is_empty() || args.commands.iter().any(|word| word == ":::");
    let holds_braces = |word: &OsString| word.as_bytes().contains(&b'{');
    if args.null && !has_source && !args.commands.is_empty() && args.max_args.is_none() {
        // A placeholder may have values without a source that is named.
        if !args.commands.iter().any(holds_braces) {
            return Err(HabitError::NullWithoutInput);
        }
    }
    match args.cwd.as_ref().and_then(|dir| dir.to_str()) {
        Some(separator @ ("," | ";" | ":" | "|" | "\\t" | "\t" | " " | "\\s+")) => {
            Err(HabitError::Colsep(separator.escape_default().to_string()))
        }
        _ => Ok(()),
    }
}

/// `-u` of GNU parallel has no value.
fn check_unset(
    args: &Args,
    typed: &[OsString],
    is_set: impl Fn(&OsStr) -> bool,
) -> Result<(), HabitError> {
    let shown = |name: &OsStr| name.to_string_lossy().into_owned();
    if args.commands.first().is_some_and(|word| word == ":::")
        && let Some(name) = args.unset.last()
        && ends_with_short_unset(&typed[..typed.len() - args.commands.len()], name)
    {
        return Err(HabitError::UnsetBeforeValues(shown(name)));
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
        Some(name) => Err(HabitError::UnsetOfNoVariable(shown(name))),
        None => Ok(()),
    }
}

/// `-u gzip -9`: the same, if an option of the command is unknown, and none of ours was before it.
pub(crate) fn check_unknown(
    typed: &[OsString],
    is_set: impl Fn(&OsStr) -> bool,
) -> Result<(), HabitError> {
    match typed {
        [unset, name, option, ..]
            if unset == "-u" && option.as_bytes().starts_with(b"-") && !is_set(name) =>
        {
            let name = name.to_string_lossy().into_owned();
            Err(HabitError::UnsetOfNoVariable(name))
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
fn check_values(args: &Args, typed: &[OsString]) -> Result<(), HabitError> {
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
        return Err(HabitError::DetachedValue {
            option: option.to_owned(),
            value: value.to_owned(),
        });
    }
    let is_success = ["first", "last", "all"].contains(&value)
        || value.trim_start_matches('!').starts_with("command-");
    match option {
        "-s" if is_number(value) => Err(HabitError::MaxChars(value.to_owned())),
        "-s" if is_success => Err(HabitError::Success(value.to_owned())),
        _ => Ok(()),
    }
}

/// `-n 1 gzip` would be a dry run of the command `1`, and `-n web,api` one of the command `web,api`.
fn check_first_word(args: &Args) -> Result<(), HabitError> {
    let [first, rest @ ..] = args.commands.as_slice() else {
        return Ok(());
    };
    let Some(first) = first.to_str().filter(|_| args.dry_run) else {
        return Ok(());
    };
    if is_number(first) {
        return Err(HabitError::Batch);
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
            Err(HabitError::Names {
                name: name.to_owned(),
                command: command.to_string_lossy().into_owned(),
            })
        }
        _ => Ok(()),
    }
}

/// `npm:build` of concurrently.
fn check_scripts(args: &Args) -> Result<(), HabitError> {
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
        return Err(HabitError::Script {
            word: word.to_owned(),
            command,
        });
    }
    Ok(())
}

/// `'gzip -9 {}' -k` of rush: an option of ours after a command line, which would be taken for a program.
fn check_line_and_options(args: &Args) -> Result<(), HabitError> {
    let template = args.commands.split(|word| word == ":::").next();
    let Some([line, after @ ..]) = template else {
        return Ok(());
    };
    let is_line = line.as_bytes().contains(&b' ') && line.as_bytes().contains(&b'{');
    let first = after.first().and_then(|word| word.to_str());
    match first.filter(|word| is_line && word.starts_with('-')) {
        Some(option) if is_option(option) => Err(HabitError::LateOption(option.to_owned())),
        _ => Ok(()),
    }
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    /// Returns the complaint about a command line, where only HOME is set.
    fn complaint(words: &[&str]) -> Option<String> {
        let typed: Vec<OsString> = words.iter().map(OsString::from).collect();
        let program = [OsString::from("prun")];
        let args = Args::try_parse_from(program.iter().chain(&typed)).unwrap();
        let checked = check(&args, &typed, |name| name == "HOME");
        checked.err().map(|error| error.to_string())
    }

    #[test]
    fn an_unset_without_a_variable_is_a_habit_of_gnu_parallel() {
        let unset = "`-u gzip` would remove the variable `gzip`, which is not set: GNU parallel's -u is \
                     `-o raw` (write --unset if you mean a variable)";
        for words in [
            &["-u", "gzip", "-9", ":::", "a"][..2],
            &["-ugzip", "ls"],
            &["-ku", "gzip", "ls"],
            &["-u", "gzip", "{}", ":::", "a"],
        ] {
            assert_eq!(complaint(words).as_deref(), Some(unset), "{words:?}");
        }
        for words in [
            &["-u", "HOME", "ls"][..],
            &["-uHOME", "ls", ":::", "a"],
            &["--unset", "gzip", "ls"],
            &["--unset=gzip", "ls"],
            &["-u", "HOME", "-j2", ":::", "ls"],
            &["-u", "a=b", "ls"],
            &["-u", "A", "-e", "A=1", "ls"],
        ] {
            assert_eq!(complaint(words), None, "{words:?}");
        }
    }

    #[test]
    fn an_unset_right_before_the_values_is_never_one() {
        for words in [&["-u", "HOME", ":::", "ls"][..], &["-kuHOME", ":::", "ls"]] {
            let complaint = complaint(words).unwrap();
            assert!(
                complaint.contains("run the values as commands"),
                "{complaint}"
            );
        }
        assert_eq!(complaint(&["--unset", "HOME", ":::", "ls"]), None);
    }

    #[test]
    fn a_number_or_names_after_n_are_its_value_elsewhere() {
        assert_eq!(complaint(&["-n", "1", "gzip"]).as_deref(), Some(BATCH));
        assert_eq!(
            complaint(&["-n", "web,api", "npm run web", "npm run api"]).as_deref(),
            Some("`-n` is --dry-run; name the commands instead: prun 'web: npm run web'")
        );
        for words in [
            &["1", "gzip"][..],
            &["-n", "1a"],
            &["-n", "a,b", "c"],
            &["-n"],
            &["-n", "make a,b", "c", "d"],
        ] {
            assert_eq!(complaint(words), None, "{words:?}");
        }
    }

    #[test]
    fn a_value_that_needs_an_equals_sign_is_no_command() {
        for (option, value) in [
            ("--json", "events"),
            ("--json", "jobs"),
            ("--fail-fast", "soon"),
            ("--guard", "never"),
            ("--race", "ok"),
            ("--shell", "bash"),
            ("--shell", "/bin/zsh"),
            ("--shell", "bash -euo pipefail"),
        ] {
            let text = format!(
                "`{option} {value}` would run the command `{value}`: write {option}={value} (or `--` \
                 before a command)"
            );
            assert_eq!(complaint(&[option, value, "ls"]), Some(text));
        }
        for words in [
            &["--json", "--", "jobs"][..],
            &["--json=events", "jobs"],
            &["--json", "-j2", "jobs"],
            &["--shell", "bash x.sh"],
            &["--shell", "ls"],
        ] {
            assert_eq!(complaint(words), None, "{words:?}");
        }
    }

    #[test]
    fn other_meanings_of_s_and_of_c_are_habits() {
        assert!(
            complaint(&["-s", "1000", "gzip"])
                .unwrap()
                .contains("`-N max`")
        );
        assert!(
            complaint(&["-s", "first", "a", "b"])
                .unwrap()
                .contains("`--race`")
        );
        assert!(
            complaint(&["-s", "command-web", "a"])
                .unwrap()
                .contains("`--race`")
        );
        assert!(
            complaint(&["-C", ",", "ls"])
                .unwrap()
                .contains("is no directory")
        );
        assert_eq!(complaint(&["-C", "./,", "ls"]), None);
    }

    #[test]
    fn a_script_of_npm_is_written_out() {
        assert_eq!(
            complaint(&["ls", "npm:build"]).as_deref(),
            Some("`npm:build` is a script of package.json: write 'npm run build'")
        );
        assert_eq!(
            complaint(&["npm:watch-*"]).as_deref(),
            Some(
                "`npm:watch-*` is a script of package.json: write 'npm run NAME' for each script, such \
                 as 'npm run build'"
            )
        );
        for words in [
            &["npm: npm run build"][..],
            &["echo", ":::", "npm:build"],
            &["x:build"],
        ] {
            assert_eq!(complaint(words), None, "{words:?}");
        }
    }

    #[test]
    fn an_option_after_a_line_with_a_placeholder_goes_before_it() {
        for words in [&["echo {}", "-k"][..], &["gzip -9 {}", "-j4", ":::", "a"]] {
            let complaint = complaint(words).unwrap();
            assert!(
                complaint.ends_with("options go before the command"),
                "{complaint}"
            );
        }
        for words in [
            &["gzip", "-k", "{}", ":::", "a"][..],
            &["echo {}", "x", ":::", "-k"],
            &["a program", "-k", ":::", "a"],
        ] {
            assert_eq!(complaint(words), None, "{words:?}");
        }
    }

    #[test]
    fn null_needs_input() {
        assert!(
            complaint(&["-0", "gzip"])
                .unwrap()
                .contains("prun -0 gzip {}")
        );
        for words in [
            &["-0"][..],
            &["-0", "-a", "-", "gzip"],
            &["-0", "-f", "jobs"],
            &["-0", "gzip {}"],
            &["-0", "-N2", "gzip"],
        ] {
            assert_eq!(complaint(words), None, "{words:?}");
        }
    }
}
