//! How make names its jobserver in `MAKEFLAGS`. Pure.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::fd::RawFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// The variables that name a jobserver: make's own, and cargo's for build scripts.
pub(crate) const VARIABLES: [&str; 2] = ["MAKEFLAGS", "CARGO_MAKEFLAGS"];

/// The option that names it: since make 4.2, and before.
const OPTIONS: [&[u8]; 2] = [b"--jobserver-auth=", b"--jobserver-fds="];

/// Where the tokens of a jobserver are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JobserverAuth {
    /// In a pipe whose two ends are inherited. Negative if make keeps them from this process.
    Pipe { read: RawFd, write: RawFd },
    /// In a named pipe, since make 4.4.
    Fifo(PathBuf),
}

impl fmt::Display for JobserverAuth {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pipe { read, write } => write!(formatter, "{read},{write}"),
            Self::Fifo(path) => write!(formatter, "fifo:{}", path.display()),
        }
    }
}

/// Returns the jobserver that the flags name, the last if there are several; its text, if that means
/// nothing.
pub(crate) fn named_in(flags: &OsStr) -> Option<Result<JobserverAuth, OsString>> {
    let mut words = options(flags.as_bytes()).rev();
    let text = words.find_map(|word| OPTIONS.iter().find_map(|name| word.strip_prefix(*name)))?;
    let text = OsStr::from_bytes(text);
    Some(parse(text).ok_or_else(|| text.to_owned()))
}

fn parse(text: &OsStr) -> Option<JobserverAuth> {
    if let Some(path) = text.as_bytes().strip_prefix(b"fifo:") {
        return Some(JobserverAuth::Fifo(OsStr::from_bytes(path).into()));
    }
    let (read, write) = text.to_str()?.split_once(',')?;
    Some(JobserverAuth::Pipe {
        read: read.parse().ok()?,
        write: write.parse().ok()?,
    })
}

/// Returns the flags with this jobserver in place of another one, and the other options and variables as
/// they were.
pub(crate) fn flags_with(flags: Option<&OsStr>, auth: &JobserverAuth) -> OsString {
    let flags = flags.map(OsStr::as_bytes).unwrap_or_default();
    let count = options(flags).count();
    let is_number = |word: &[u8]| {
        let number = word.strip_prefix(b"-j");
        number.is_some_and(|number| number.iter().all(u8::is_ascii_digit))
    };
    let is_other = |word: &&[u8]| {
        let names_one = OPTIONS.iter().any(|name| word.starts_with(name));
        !names_one && !is_number(word) && !word.is_empty()
    };
    let mut kept: Vec<&[u8]> = options(flags).filter(is_other).collect();
    // Make's short options are in the first word, without a dash; a variable or an option is not one.
    let is_first = |word: &&[u8]| !word.starts_with(b"-") && !word.contains(&b'=');
    let is_first = kept.first().is_some_and(is_first);
    // As cargo spells it for make of any version.
    let own = format!("-j --jobserver-fds={auth} --jobserver-auth={auth}");
    kept.insert(usize::from(is_first), own.as_bytes());
    // The variables may have blanks of their own.
    kept.extend(flags.split(|byte| *byte == b' ').skip(count));
    OsString::from_vec(kept.join(&b' '))
}

/// Returns the options, up to the variables.
fn options(flags: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    let words: Vec<&[u8]> = flags.split(|byte| *byte == b' ').collect();
    let is_end = |word: &&[u8]| *word == b"--";
    let end = words.iter().position(is_end).unwrap_or(words.len());
    words.into_iter().take(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(flags: &str) -> Option<Result<JobserverAuth, OsString>> {
        named_in(flags.as_ref())
    }

    const PIPE: JobserverAuth = JobserverAuth::Pipe { read: 3, write: 4 };

    #[test]
    fn each_make_names_it_in_its_own_way() {
        for flags in [
            " -j4 --jobserver-auth=3,4",
            "ks -j4 --jobserver-auth=3,4 -- CC=gcc",
            "--jobserver-fds=3,4 -j",
            "-j --jobserver-fds=7,8 --jobserver-auth=9,9 --jobserver-auth=3,4",
        ] {
            assert_eq!(named(flags), Some(Ok(PIPE)), "{flags}");
        }
        let fifo = JobserverAuth::Fifo("/tmp/GMfifo12".into());
        let flags = " -j4 --jobserver-auth=fifo:/tmp/GMfifo12";
        assert_eq!(named(flags), Some(Ok(fifo)));
        let hidden = JobserverAuth::Pipe {
            read: -2,
            write: -2,
        };
        assert_eq!(named("--jobserver-auth=-2,-2"), Some(Ok(hidden)));
    }

    #[test]
    fn other_flags_name_none() {
        for flags in [
            "",
            "k",
            "-j4",
            "-- X=--jobserver-auth=3,4",
            "- --jobserver=3,4",
        ] {
            assert_eq!(named(flags), None, "{flags}");
        }
        assert_eq!(named("--jobserver-auth=sem"), Some(Err("sem".into())));
        assert_eq!(named("--jobserver-auth=3"), Some(Err("3".into())));
    }

    #[test]
    fn the_other_flags_stay() {
        const OWN: &str = "-j --jobserver-fds=3,4 --jobserver-auth=3,4";
        for (flags, expected) in [
            ("", OWN.to_owned()),
            (" -j8 --jobserver-auth=5,6", OWN.to_owned()),
            ("ks", format!("ks {OWN}")),
            (
                "k -j8 --jobserver-auth=fifo:/x -- CC=gcc\\  -m32",
                format!("k {OWN} -- CC=gcc\\  -m32"),
            ),
            (
                "-I dir --no-print-directory",
                format!("{OWN} -I dir --no-print-directory"),
            ),
            ("CC=gcc", format!("{OWN} CC=gcc")),
            ("-- -j2", format!("{OWN} -- -j2")),
        ] {
            let flags = flags_with(Some(flags.as_ref()), &PIPE);
            assert_eq!(flags.to_str(), Some(expected.as_str()));
            assert_eq!(named_in(&flags), Some(Ok(PIPE)));
        }
        assert_eq!(flags_with(None, &PIPE), OWN);
    }
}
