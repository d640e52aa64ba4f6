//! Hints for users of GNU parallel and xargs: the equivalents of their options.

/// Returns what to write instead of an option of another program.
pub(crate) fn hint(option: &str) -> Option<&'static str> {
    let name = option.split('=').next().unwrap_or(option);
    let hint = match name {
        "--halt" | "--halt-on-error" => {
            "`--fail-fast` ends the run at the first failure, `--max-fail N` at the Nth"
        }
        "--tag" | "--tagstring" => "`-o line` prefixes each line with the name of its job",
        "--bar" | "--eta" => "progress is shown by default on a terminal (`--progress`)",
        "--results" => "`--log-dir DIR` writes each job's output to files",
        "--max-procs" => "use `-j N` for the number of jobs at once",
        "--replace" | "-i" => "the placeholder is always `{}`: prun gzip {} ::: *.log",
        "--max-lines" | "-l" => "use `-N N` for N arguments per job",
        "--no-run-if-empty" | "-r" => "without input, prun runs nothing by default",
        "--xargs" | "-m" => "use `-N max` for as many arguments as fit",
        "--delimiter" | "-d" => "items end with newline, or with NUL if `-0` is given",
        _ => return short(name),
    };
    Some(hint)
}

/// Short options, whose value may follow without a space (`-I%`, `-L1`).
fn short(name: &str) -> Option<&'static str> {
    let mut letters = name.strip_prefix('-')?.chars();
    match letters.next()? {
        'I' => Some("the placeholder is always `{}`: prun gzip {} ::: *.log"),
        'X' => Some("use `-N max` for as many arguments as fit"),
        'L' => Some("use `-N N` for N arguments per job"),
        '0'..='9' => Some(BATCH),
        _ => None,
    }
}

const BATCH: &str = "`-n` is --dry-run; use `-N N` for N arguments per job";

/// Returns what to write instead of `-n 1 COMMAND`, which would be a dry run of the command `1`.
pub(crate) fn batch_hint(dry_run: bool, first_word: Option<&str>) -> Option<&'static str> {
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    (dry_run && first_word.is_some_and(is_number)).then_some(BATCH)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::super::args::Args;
    use super::*;

    /// Options of GNU parallel and xargs that prun has under another name.
    const THEIRS: [&str; 28] = [
        "--halt",
        "--halt=now,fail=1",
        "--halt-on-error",
        "--tag",
        "--tagstring",
        "--bar",
        "--eta",
        "--results",
        "--max-procs",
        "--replace",
        "-i",
        "-I",
        "-I%",
        "-X",
        "-m",
        "-L",
        "-L1",
        "-l",
        "--max-lines",
        "-r",
        "--no-run-if-empty",
        "--xargs",
        "-d",
        "--delimiter",
        "-1",
        "-5",
        "--max-procs=4",
        "--tagstring={}",
    ];

    #[test]
    fn options_of_other_programs_have_a_hint() {
        for option in THEIRS {
            assert!(hint(option).is_some(), "{option}");
        }
    }

    /// Returns the options in a text, without their values.
    fn named(text: &str) -> Vec<String> {
        let is_part = |symbol: char| symbol.is_ascii_alphanumeric() || symbol == '-';
        let words = text.split(|symbol: char| !is_part(symbol));
        let options = words.filter(|word| {
            let name = word.trim_start_matches('-');
            name.len() < word.len() && name.starts_with(|first: char| first.is_alphanumeric())
        });
        let name = |word: &str| match word.starts_with("--") {
            true => word.to_owned(),
            // A value may follow without a space: `-j1`.
            false => word[..2].to_owned(),
        };
        options.map(name).collect()
    }

    #[test]
    fn every_option_in_a_hint_or_in_the_help_exists() {
        let mut known = Vec::new();
        let mut command = Args::command();
        command.build();
        let mut texts: Vec<String> = THEIRS
            .iter()
            .filter_map(|theirs| hint(theirs))
            .map(str::to_owned)
            .collect();
        texts.push(BATCH.to_owned());
        for arg in command.get_arguments() {
            known.extend(arg.get_long().map(|long| format!("--{long}")));
            known.extend(
                arg.get_short_and_visible_aliases()
                    .into_iter()
                    .flatten()
                    .map(|short| format!("-{short}")),
            );
            texts.extend(arg.get_help().map(ToString::to_string));
        }
        for text in texts {
            for option in named(&text) {
                assert!(known.contains(&option), "{option} in: {text}");
            }
        }
    }

    #[test]
    fn other_options_have_no_hint() {
        for option in ["--jsn", "-z", "--", "-"] {
            assert_eq!(hint(option), None, "{option}");
        }
    }

    #[test]
    fn a_number_after_n_is_taken_for_its_value() {
        assert!(batch_hint(true, Some("1")).is_some());
        assert_eq!(batch_hint(false, Some("1")), None);
        assert_eq!(batch_hint(true, Some("1a")), None);
        assert_eq!(batch_hint(true, None), None);
    }
}
