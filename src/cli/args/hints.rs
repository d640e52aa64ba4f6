//! Words for those who come from GNU parallel and xargs: what an option of theirs is called here.

/// What to write in place of an option that prun does not have.
pub(crate) fn hint(option: &str) -> Option<&'static str> {
    let name = option.split('=').next().unwrap_or(option);
    let hint = match name {
        "--halt" | "--halt-on-error" => {
            "`--fail-fast` stops at the first failure, `--max-fail N` at the Nth"
        }
        "--tag" | "--tagstring" => "`-o line` puts each job's name before its lines",
        "--bar" | "--eta" => "on a terminal the progress is shown by itself (`--progress`)",
        "--results" => "`--log-dir DIR` keeps each job's output in files",
        "--colsep" => "`--link` goes through several sources together",
        "--max-procs" => "the number of jobs at once is `-j N`",
        "--replace" | "-i" => "the placeholder is always `{}`: prun gzip {} ::: *.log",
        "--max-lines" | "-l" => "values for each job are `-N N`",
        "--no-run-if-empty" | "-r" => "without input nothing runs, so leave it out",
        "--xargs" | "-m" => "as many values as fit are `-N max`",
        "--delimiter" | "-d" => "records end with a newline, or with NUL by `-0`",
        _ => return short(name),
    };
    Some(hint)
}

/// Options of one letter, whose value may follow at once (`-I%`, `-L1`).
fn short(name: &str) -> Option<&'static str> {
    let mut letters = name.strip_prefix('-')?.chars();
    match letters.next()? {
        'I' => Some("the placeholder is always `{}`: prun gzip {} ::: *.log"),
        'X' => Some("as many values as fit are `-N max`"),
        'L' => Some("values for each job are `-N N`"),
        '0'..='9' => Some(BATCH),
        _ => None,
    }
}

const BATCH: &str = "`-n` is --dry-run here; values for each job are `-N N`";

/// What to write in place of `-n 1 COMMAND`, which here asks for a list of the command `1`.
pub(crate) fn batch_hint(dry_run: bool, first_word: Option<&str>) -> Option<&'static str> {
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    (dry_run && first_word.is_some_and(is_number)).then_some(BATCH)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::super::args::Args;
    use super::*;

    /// What the neighbours call what prun has under another name.
    const THEIRS: [&str; 29] = [
        "--halt",
        "--halt=now,fail=1",
        "--halt-on-error",
        "--tag",
        "--tagstring",
        "--bar",
        "--eta",
        "--results",
        "--colsep",
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
    fn options_of_the_neighbours_are_answered() {
        for option in THEIRS {
            assert!(hint(option).is_some(), "{option}");
        }
    }

    /// The options that a text names, each without its value.
    fn named(text: &str) -> Vec<String> {
        let is_part = |symbol: char| symbol.is_ascii_alphanumeric() || symbol == '-';
        let words = text.split(|symbol: char| !is_part(symbol));
        let options = words.filter(|word| {
            let name = word.trim_start_matches('-');
            name.len() < word.len() && name.starts_with(|first: char| first.is_alphanumeric())
        });
        let name = |word: &str| match word.starts_with("--") {
            true => word.to_owned(),
            // A value may follow at once: `-j1`.
            false => word[..2].to_owned(),
        };
        options.map(name).collect()
    }

    #[test]
    fn every_option_that_a_hint_or_the_help_names_is_there() {
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
    fn other_options_are_left_to_the_parser() {
        for option in ["--jsn", "-z", "--", "-"] {
            assert_eq!(hint(option), None, "{option}");
        }
    }

    #[test]
    fn a_number_behind_n_is_a_batch() {
        assert!(batch_hint(true, Some("1")).is_some());
        assert_eq!(batch_hint(false, Some("1")), None);
        assert_eq!(batch_hint(true, Some("1a")), None);
        assert_eq!(batch_hint(true, None), None);
    }
}
