//! The commands that would run, ready to paste, or as a job file.

use std::ffi::OsString;
use std::io::{self, Write};
use std::sync::Arc;

use serde::ser::{SerializeMap, Serializer};

use super::console::Console;
use super::json::{seconds, words_base64};
use super::words;
use crate::event::NumberedJob;
use crate::process::join;
use std::os::unix::ffi::OsStrExt;

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
    job: &Arc<NumberedJob>,
    form: DryRun,
    env: &[(OsString, Option<OsString>)],
    console: &mut Console,
) -> io::Result<()> {
    let (argv, _) = words::planned_argv(job);
    match form {
        DryRun::Shell => {
            console.out().write_all(join(&argv).as_bytes())?;
        }
        DryRun::JobFile => {
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
    map.serialize_entry(
        "argv",
        &argv.iter().map(|w| w.to_string_lossy()).collect::<Vec<_>>(),
    )?;
    if argv.iter().any(|word| word.to_str().is_none()) {
        map.serialize_entry("argv_base64", &words_base64(argv))?;
    }
    map.serialize_entry("cwd", &numbered.cwd.to_string_lossy())?;
    // Of two settings of one name the later wins, and a JSON object has each name once.
    let env: std::collections::BTreeMap<_, _> = env
        .iter()
        .chain(&job.env)
        .map(|(name, value)| {
            (
                name.to_string_lossy(),
                value.as_ref().map(|value| value.to_string_lossy()),
            )
        })
        .collect();
    if !env.is_empty() {
        map.serialize_entry("env", &env)?;
    }
    if let Some(stdin) = &job.stdin {
        map.serialize_entry("stdin", &String::from_utf8_lossy(stdin))?;
    }
    if let Some(timeout) = job.timeout {
        map.serialize_entry("timeout", &seconds(timeout))?;
    }
    if let Some(retries) = job.retries {
        map.serialize_entry("retries", &retries)?;
    }
    map.end()
}
