//! [`SubmitWords`]: the options of sbatch that the user gives.

use std::ffi::{OsStr, OsString};
use std::num::NonZeroU32;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// The options that prun sets itself: the letter and the name of each.
const OWN: [(Option<u8>, &str); 16] = [
    (Some(b'a'), "array"),
    (None, "wrap"),
    (Some(b'W'), "wait"),
    (None, "test-only"),
    (Some(b'n'), "ntasks"),
    (Some(b'N'), "nodes"),
    (Some(b'J'), "job-name"),
    (Some(b'D'), "chdir"),
    (Some(b'o'), "output"),
    (Some(b'e'), "error"),
    (Some(b'i'), "input"),
    (None, "parsable"),
    (None, "export"),
    (None, "comment"),
    (Some(b'M'), "clusters"),
    (Some(b'd'), "dependency"),
];

/// The letters of the options that take a value, which is the rest of the word or the next word.
const VALUED: &[u8] = b"abcdeimnopqtwxABCDFGJLMNS";

/// The names of options that take no value of their own: what follows is another word.
const BARE: [&str; 17] = [
    "contiguous",
    "exclusive",
    "get-user-env",
    "help",
    "hold",
    "ignore-pbs",
    "no-kill",
    "no-requeue",
    "overcommit",
    "oversubscribe",
    "quiet",
    "reboot",
    "requeue",
    "spread-job",
    "use-min-nodes",
    "verbose",
    "version",
];

/// The options of sbatch that the user gives, and what prun needs to know of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SubmitWords {
    passed: Vec<OsString>,
    cpus: NonZeroU32,
    may_run_again: bool,
    excluded: Option<OsString>,
}

/// Options that prun cannot pass on.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SubmitWordsError {
    #[error("--on slurm: prun sets {option} of sbatch itself{}", remedy(option))]
    Own { option: String },
    #[error(
        "--on slurm: {0:?} is not an option of sbatch: write the options alone, as in \
         --on 'slurm:-p short --mem=2G'"
    )]
    NotAnOption(String),
    #[error("--on slurm: {0:?} is not a number of CPUs: write -c and a number from 1 on")]
    Cpus(String),
    #[error("--on slurm: {0} of sbatch needs a value")]
    NoValue(String),
}

/// What to say in place of an option.
fn remedy(option: &str) -> &'static str {
    match option {
        "-a" | "--array" => ": say -j for how many jobs run at once, and --chunk for their size",
        "-n" | "--ntasks" | "-N" | "--nodes" => {
            ": each task has one node, and -j is the number of jobs"
        }
        "-D" | "--chdir" => ": use -C for the working directory of the jobs",
        "-o" | "--output" | "-e" | "--error" => {
            ": output comes back to prun; --log-dir writes it to files"
        }
        "-J" | "--job-name" => ": the name is that of the run",
        _ => ": leave it out",
    }
}

/// One option.
struct GivenOption<'a> {
    /// As it was written, without its value: `-n` or `--ntasks`.
    name: Vec<u8>,
    /// Its value in the same word or in the next one.
    value: Option<&'a [u8]>,
}

impl Default for SubmitWords {
    fn default() -> Self {
        Self {
            passed: Vec::new(),
            cpus: NonZeroU32::MIN,
            may_run_again: true,
            excluded: None,
        }
    }
}

impl SubmitWords {
    /// Checks the words, and takes out what is not for sbatch.
    pub(crate) fn parse(words: Vec<OsString>) -> Result<Self, SubmitWordsError> {
        let mut all = Self::default();
        let mut at = 0;
        while let Some(word) = words.get(at) {
            let next = words.get(at + 1).map(OsString::as_os_str);
            let (options, length) = options(word, next)?;
            let mut is_passed = true;
            for option in options {
                is_passed &= all.take(&option)?;
            }
            if is_passed {
                all.passed.extend_from_slice(&words[at..at + length]);
            }
            at += length;
        }
        Ok(all)
    }

    /// Takes what is to be known of an option, and returns whether it is passed on.
    fn take(&mut self, option: &GivenOption<'_>) -> Result<bool, SubmitWordsError> {
        let own = |&(letter, name): &(Option<u8>, &str)| match &*option.name {
            [b'-', b'-', given @ ..] => name.as_bytes().starts_with(given),
            [_, given] => letter == Some(*given),
            _ => false,
        };
        if let Some((letter, name)) = OWN.iter().find(|own_option| own(own_option)) {
            let option = match (option.name.starts_with(b"--"), letter) {
                (false, Some(letter)) => format!("-{}", char::from(*letter)),
                _ => format!("--{name}"),
            };
            return Err(SubmitWordsError::Own { option });
        }
        let lossy = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
        // getopt takes the beginning of a name for the name, from where no other option has it.
        if is_beginning(&option.name, "--no-requeue", "--no-r") {
            self.may_run_again = false;
            return Ok(false);
        }
        let value = || {
            option
                .value
                .ok_or(SubmitWordsError::NoValue(lossy(&option.name)))
        };
        if option.name == b"-c" || is_beginning(&option.name, "--cpus-per-task", "--cpus-per-t") {
            let text = value()?;
            let number = str::from_utf8(text).ok().and_then(|text| text.parse().ok());
            self.cpus = number.ok_or_else(|| SubmitWordsError::Cpus(lossy(text)))?;
        }
        if option.name == b"-x" || is_beginning(&option.name, "--exclude", "--exclude") {
            self.excluded = Some(OsString::from_vec(value()?.to_vec()));
        }
        Ok(true)
    }

    /// Returns the words that sbatch gets, before those of prun.
    pub(crate) fn passed(&self) -> &[OsString] {
        &self.passed
    }

    /// Returns how many CPUs a task has.
    pub(crate) fn cpus(&self) -> NonZeroU32 {
        self.cpus
    }

    /// Whether a job that was lost with its machine may be run again.
    pub(crate) fn may_run_again(&self) -> bool {
        self.may_run_again
    }

    /// Returns the list of this node and those that the user excludes: of several such options sbatch takes
    /// the last one.
    pub(super) fn with_excluded(&self, node: &str) -> String {
        match &self.excluded {
            Some(others) => format!("{},{node}", others.to_string_lossy()),
            None => node.to_owned(),
        }
    }
}

/// Whether `given` is the beginning of `name`, and at least as long as `shortest`.
fn is_beginning(given: &[u8], name: &str, shortest: &str) -> bool {
    name.as_bytes().starts_with(given) && given.len() >= shortest.len()
}

/// The options in a word, and how many words they take.
fn options<'a>(
    word: &'a OsStr,
    next: Option<&'a OsStr>,
) -> Result<(Vec<GivenOption<'a>>, usize), SubmitWordsError> {
    let not_an_option = || {
        let word = word.to_string_lossy().into_owned();
        Err(SubmitWordsError::NotAnOption(word))
    };
    let next = next.map(OsStr::as_bytes);
    match word.as_bytes() {
        // Ends the options.
        b"--" => not_an_option(),
        [b'-', b'-', name @ ..] => {
            let split = name.iter().position(|byte| *byte == b'=');
            let (name, value) = match split {
                Some(at) => (&name[..at], Some(&name[at + 1..])),
                None => (name, None),
            };
            let named = |name: &[u8]| [b"--", name].concat();
            let is_bare = BARE.iter().any(|bare| bare.as_bytes() == name)
                || is_beginning(&named(name), "--no-requeue", "--no-r");
            // An option with an optional value has it in the same word.
            let takes_next =
                value.is_none() && !is_bare && next.is_some_and(|next| !next.starts_with(b"-"));
            let option = GivenOption {
                name: named(name),
                value: value.or(next.filter(|_| takes_next)),
            };
            Ok((vec![option], 1 + usize::from(takes_next)))
        }
        [b'-', letters @ ..] if !letters.is_empty() => {
            let mut options = Vec::new();
            for (at, &letter) in letters.iter().enumerate() {
                let name = vec![b'-', letter];
                let rest = &letters[at + 1..];
                // The value of `-s` and `-k` is optional, and in the same word.
                let takes_rest = VALUED.contains(&letter) || b"sk".contains(&letter);
                let takes_next = VALUED.contains(&letter) && rest.is_empty();
                let value = match takes_next {
                    true => next,
                    false => takes_rest.then_some(rest).filter(|rest| !rest.is_empty()),
                };
                options.push(GivenOption { name, value });
                if takes_rest {
                    return Ok((options, 1 + usize::from(takes_next && next.is_some())));
                }
            }
            Ok((options, 1))
        }
        _ => not_an_option(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<SubmitWords, SubmitWordsError> {
        SubmitWords::parse(text.split(' ').map(OsString::from).collect())
    }

    fn passed(text: &str) -> String {
        let words = parse(text).unwrap();
        let passed = words.passed().join(OsStr::new(" "));
        passed.into_string().unwrap()
    }

    #[track_caller]
    fn refused(text: &str, option: &str) {
        match parse(text) {
            Err(SubmitWordsError::Own { option: found }) => assert_eq!(found, option, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn what_prun_sets_itself_is_refused_in_every_spelling() {
        for (letter, name) in OWN {
            refused(&format!("--{name}"), &format!("--{name}"));
            refused(&format!("--{name}=3"), &format!("--{name}"));
            refused(&format!("-H --{name} 3"), &format!("--{name}"));
            if let Some(letter) = letter.map(char::from) {
                refused(&format!("-{letter}4"), &format!("-{letter}"));
                refused(&format!("-p x -{letter} 4"), &format!("-{letter}"));
                refused(&format!("-HQ{letter}4"), &format!("-{letter}"));
            }
        }
        // getopt takes the beginning of a name.
        refused("--arr=0-3", "--array");
        refused("--dep afterok:1", "--dependency");
        refused("--expo=NONE", "--export");
    }

    #[test]
    fn values_are_not_taken_for_options() {
        for text in [
            "-p -n",
            "-pn4",
            "--partition=-n",
            "-A a -q n --mem=2G",
            "--mem 2G --time 5 -t 3",
            "--ntasks-per-core=1",
            "--wait-all-nodes=1",
            "--nodelist=n1",
            "-HOQ -s -k",
            "-C a&b --gres gpu:1",
            "-w n[1-3] -x n2",
            "--exclusive --mem=0",
            "--signal=B:USR1@60",
        ] {
            assert_eq!(passed(text), text);
        }
    }

    #[test]
    fn the_name_of_a_script_is_refused() {
        for text in [
            "job.sh",
            "-p debug job.sh",
            "-pdebug job.sh",
            "--exclusive job.sh",
            "--mem=2G job.sh",
            "-H :",
            "--",
            "-",
        ] {
            let error = parse(text).unwrap_err();
            assert!(
                matches!(error, SubmitWordsError::NotAnOption(_)),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn that_jobs_must_not_run_again_is_for_prun() {
        assert!(parse("-p debug").unwrap().may_run_again());
        for text in ["--no-requeue -p debug", "-p debug --no-req"] {
            assert!(!parse(text).unwrap().may_run_again());
            assert_eq!(passed(text), "-p debug");
        }
    }

    #[test]
    fn the_number_of_cpus_is_the_last_one_that_is_given() {
        let cpus = |text: &str| parse(text).map(|words| words.cpus().get());
        assert_eq!(cpus("-p debug"), Ok(1));
        for text in [
            "-c 4",
            "-c4",
            "--cpus-per-task=4",
            "--cpus-per-task 4",
            "--cpus-per-t=4",
            "-Hc4",
            "-c 9 -c4",
            "-c4 --cpus-per-gpu=8",
        ] {
            assert_eq!(cpus(text), Ok(4), "{text}");
            assert_eq!(passed(text), text);
        }
        for text in ["-c 0", "-cx", "--cpus-per-task=-1"] {
            assert!(
                matches!(cpus(text), Err(SubmitWordsError::Cpus(_))),
                "{text}"
            );
        }
        assert_eq!(cpus("-c"), Err(SubmitWordsError::NoValue("-c".to_owned())));
    }
}
