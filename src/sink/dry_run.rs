//! The commands that would run, ready to paste, or as a job file.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;

use serde::ser::{SerializeMap, Serializer};

use super::console::Console;
use super::describe::{FIRST_SLOT, planned_argv};
use super::human::{Changes, Paster, changes};
use super::json_records::{base64, seconds, words_base64};
use crate::event::NumberedJob;

/// In which form commands are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DryRun {
    /// Quoted for a shell, one a line.
    Shell,
    /// As the lines of a JSON Lines job file, which run the same.
    JobFile,
}

/// Prints one job instead of running it. `env` is what the run would change for every job.
pub(crate) fn dry_run(
    job: &NumberedJob,
    form: DryRun,
    env: &[(OsString, Option<OsString>)],
    paster: &Paster,
    console: &mut Console,
) -> io::Result<()> {
    match form {
        DryRun::Shell => {
            let line = paster.exact(job, FIRST_SLOT);
            console.out().write_all(line.as_bytes())?;
        }
        DryRun::JobFile => {
            let (argv, _) = planned_argv(job, FIRST_SLOT);
            let mut line = serde_json::Serializer::new(console.out());
            job_file_line(job, &argv, env, &mut line)?;
        }
    }
    console.out().write_all(b"\n")
}

fn job_file_line<S: Serializer>(
    numbered: &NumberedJob,
    argv: &[OsString],
    env: &[(OsString, Option<OsString>)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let job = &numbered.job;
    let mut map = serializer.serialize_map(None)?;
    if let Some(name) = &job.name {
        map.serialize_entry("name", name)?;
    }
    let words: Vec<_> = argv.iter().map(|word| word.to_string_lossy()).collect();
    map.serialize_entry("argv", &words)?;
    if !argv.iter().all(is_text) {
        map.serialize_entry("argv_base64", &words_base64(argv))?;
    }
    map.serialize_entry("cwd", &numbered.cwd.to_string_lossy())?;
    if numbered.cwd.to_str().is_none() {
        let cwd = base64(numbered.cwd.as_os_str().as_bytes());
        map.serialize_entry("cwd_base64", &cwd)?;
    }
    let env = changes(env, numbered);
    if !env.is_empty() {
        map.serialize_entry("env", &object(&env, |word| word.to_string_lossy()))?;
    }
    if !env
        .keys()
        .copied()
        .chain(env.values().copied().flatten())
        .all(is_text)
    {
        map.serialize_entry("env_base64", &object(&env, |word| base64(word.as_bytes())))?;
    }
    if let Some(stdin) = &job.stdin {
        map.serialize_entry("stdin", &String::from_utf8_lossy(stdin))?;
        if str::from_utf8(stdin).is_err() {
            map.serialize_entry("stdin_base64", &base64(stdin))?;
        }
    }
    if let Some(timeout) = job.timeout {
        map.serialize_entry("timeout", &seconds(timeout))?;
    }
    if let Some(retries) = job.retries {
        map.serialize_entry("retries", &retries)?;
    }
    map.end()
}

fn is_text(word: impl AsRef<OsStr>) -> bool {
    let word = word.as_ref();
    word.to_str().is_some()
}

/// Variables as a JSON object, their names and values written by `text`.
fn object<'a, T: Ord>(env: &Changes<'a>, text: impl Fn(&'a OsStr) -> T) -> BTreeMap<T, Option<T>> {
    let pairs = env.iter();
    pairs
        .map(|(name, value)| (text(name), value.map(&text)))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::os::unix::ffi::OsStringExt;
    use std::path::PathBuf;

    use proptest::collection::{btree_map, vec};
    use proptest::option::of;
    use proptest::prelude::*;

    use super::*;
    use crate::plan::{Entry, Invocation, Job, Separator, ShellRule, Source};

    fn read_back(line: Vec<u8>) -> Job {
        let rule = ShellRule::Never;
        let mut source =
            Source::stream(None, Box::new(Cursor::new(line)), Separator::Newline, &rule);
        match source.next() {
            Some(Ok(Entry::Job(job))) => job,
            other => panic!("{other:?}"),
        }
    }

    /// Any bytes that the system can hold, those of text being as likely as others.
    fn word(least: usize) -> impl Strategy<Value = OsString> {
        let most = least + 5;
        prop_oneof![vec(1..=255_u8, least..most), vec(32..127_u8, least..most),]
            .prop_map(OsString::from_vec)
    }

    fn name() -> impl Strategy<Value = OsString> {
        word(1).prop_filter("a name has no '='", |name| !name.as_bytes().contains(&b'='))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn a_job_comes_back_from_its_line(
            program in word(1),
            words in vec(word(0), 0..3),
            cwd in word(1),
            env in btree_map(name(), of(word(0)), 0..3),
            stdin in of(vec(0..=255_u8, 0..9)),
        ) {
            let argv: Vec<OsString> = std::iter::once(program).chain(words).collect();
            let mut job = read_back(b"{\"argv\":[\"x\"]}\n".to_vec());
            job.work = Invocation::Argv(argv.clone());
            job.env = env.into_iter().collect();
            job.stdin = stdin;
            let cwd = PathBuf::from(cwd);
            let numbered = NumberedJob {
                seq: 1,
                read_at: std::time::Duration::ZERO,
                key: None,
                cwd: cwd.as_path().into(),
                job: job.clone(),
            };
            let mut line = Vec::new();
            job_file_line(&numbered, &argv, &[], &mut serde_json::Serializer::new(&mut line)).unwrap();
            line.push(b'\n');
            job.cwd = Some(cwd);
            let mut read = read_back(line);
            read.env.sort();
            prop_assert_eq!(read, job);
        }
    }
}
