//! The names of prun's own options.

use clap::{Arg, Command, CommandFactory};

use super::args::Args;

/// Returns the command with its help and version options.
fn command() -> Command {
    let mut command = Args::command();
    command.build();
    command
}

/// Whether a word is an option of prun, such as `--json` or `-j4`.
pub(crate) fn is_option(word: &str) -> bool {
    let command = command();
    if let Some(name) = word.strip_prefix("--") {
        return command
            .get_arguments()
            .any(|arg| arg.get_long() == Some(name));
    }
    let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
        return false;
    };
    for letter in letters.chars() {
        match command.get_arguments().find(|arg| has_letter(arg, letter)) {
            None => return false,
            // The rest is its value.
            Some(arg) if arg.get_action().takes_values() => return true,
            Some(_) => {}
        }
    }
    true
}

/// Whether the value of an option of prun is the next word.
pub(super) fn takes_next_word(word: &str) -> bool {
    let command = command();
    let takes = |arg: &Arg| arg.get_action().takes_values() && !arg.is_require_equals_set();
    if let Some(name) = word.strip_prefix("--") {
        let mut args = command.get_arguments();
        return args.any(|arg| arg.get_long() == Some(name) && takes(arg));
    }
    let with_value = |letter: char| {
        let mut args = command.get_arguments();
        args.any(|arg| has_letter(arg, letter) && takes(arg))
    };
    // Letters after one with a value are its value.
    word.chars().skip(1).position(with_value) == Some(word.chars().count().saturating_sub(2))
}

fn has_letter(arg: &Arg, letter: char) -> bool {
    arg.get_short_and_visible_aliases()
        .is_some_and(|letters| letters.contains(&letter))
        || arg
            .get_all_short_aliases()
            .is_some_and(|letters| letters.contains(&letter))
}

/// Returns the only long option of prun that begins with `--PREFIX`, as GNU parallel would complete it.
pub(super) fn completed(prefix: &str) -> Option<String> {
    let prefix = prefix.strip_prefix("--")?;
    let command = command();
    let longs = command.get_arguments().filter_map(Arg::get_long);
    let mut longs = longs.filter(|long| prefix.len() > 1 && long.starts_with(prefix));
    let only = longs.next()?;
    longs.next().is_none().then(|| format!("--{only}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_short_options_are_recognized() {
        for word in [
            "--json", "-j4", "-j", "-P4", "-qk", "-kj4", "-t5", "-h", "--help", "-V",
        ] {
            assert!(is_option(word), "{word}");
        }
        for word in ["--jso", "-la", "-9", "-", "--", "-rf", "json"] {
            assert!(!is_option(word), "{word}");
        }
    }

    #[test]
    fn an_abbreviation_is_completed_if_there_is_one_way() {
        assert_eq!(completed("--keep").as_deref(), Some("--keep-order"));
        assert_eq!(completed("--re"), None);
        assert_eq!(completed("--k"), None);
        assert_eq!(completed("--nothing"), None);
    }
}
