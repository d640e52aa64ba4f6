//! `--dry-run`: prints the commands that would run, ready to paste or as a job file.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;

use super::console::Console;
use super::describe::escape;
use super::human::{Paster, changes};
use crate::event::NumberedJob;
use crate::os::EnvChange;
use crate::plan::{Job, JobInput, quote_as_parallel};
use crate::record::{FIRST_SLOT, JobFileLine};

/// The format in which commands are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DryRun {
    /// Quoted for a shell, one per line.
    Shell,
    /// As a JSON Lines job file, which runs the same.
    JobFile,
    /// As GNU parallel prints them.
    Parallel,
    /// Only the arguments, quoted as GNU parallel does (`--shellquote`).
    ParallelQuote,
}

/// Prints one job instead of running it. `env` are the run's changes to the environment.
pub(crate) fn dry_run(
    job: &NumberedJob,
    form: DryRun,
    env: &[EnvChange],
    paster: &Paster,
    console: &mut Console,
) -> io::Result<()> {
    match form {
        DryRun::Shell => {
            let line = paster.exact(job, FIRST_SLOT);
            console.out().write_all(line.as_bytes())?;
        }
        DryRun::Parallel => {
            let line = job
                .job
                .invocation
                .as_parallel(&job.job.args, job.seq, FIRST_SLOT);
            console.out().write_all(&line)?;
        }
        DryRun::ParallelQuote => {
            let args = job.job.args.join(OsStr::new(" "));
            console
                .out()
                .write_all(&quote_as_parallel(args.as_bytes()))?;
        }
        DryRun::JobFile => {
            let changes = changes(env, job, FIRST_SLOT);
            let stdin = job.job.stdin.as_ref().map(JobInput::bytes).transpose()?;
            let line = JobFileLine::of(job, &changes, stdin.as_deref());
            serde_json::to_writer(console.out(), &line)?;
        }
    }
    console.out().write_all(b"\n")
}

/// Prints comments before a job that is one of several levels: the level, if it is the first of that one,
/// and what the command does not say.
pub(crate) fn level(job: &Job, level: Option<usize>, console: &mut Console) -> io::Result<()> {
    if let Some(level) = level {
        writeln!(console.out(), "# level {level}")?;
    }
    let name = escape(job.name.as_deref().unwrap_or_default().as_bytes());
    if job.service().is_some() {
        writeln!(
            console.out(),
            "# {name}: a service, runs until the others have ended"
        )?;
    }
    if job.may_fail() {
        writeln!(console.out(), "# {name}: may fail")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::io::Cursor;
    use std::num::NonZeroU32;
    use std::os::unix::ffi::OsStringExt;
    use std::path::PathBuf;
    use std::sync::Arc;
    use std::time::Duration;

    use proptest::collection::{btree_map, vec};
    use proptest::option::of;
    use proptest::prelude::*;

    use super::*;
    use crate::plan::{
        Entry, Invocation, Job, Pool, Scheduling, Separator, Service, ShellRule, Source,
    };

    fn read_back(line: Vec<u8>) -> Job {
        let rule = ShellRule::Never;
        let mut source =
            Source::stream(None, Box::new(Cursor::new(line)), Separator::Newline, &rule);
        match source.next() {
            Some(Ok(Entry::Job(job))) => job,
            other => panic!("{other:?}"),
        }
    }

    /// Any bytes without NUL, in half of the cases ASCII text.
    fn word(least: usize) -> impl Strategy<Value = OsString> {
        let most = least + 5;
        prop_oneof![vec(1..=255_u8, least..most), vec(32..127_u8, least..most),]
            .prop_map(OsString::from_vec)
    }

    fn name() -> impl Strategy<Value = OsString> {
        word(1).prop_filter("a name has no '='", |name| !name.as_bytes().contains(&b'='))
    }

    /// How a job is scheduled, but for its needs, which are found in the lines before.
    fn scheduling() -> impl Strategy<Value = Option<Box<Scheduling>>> {
        let count = || (1..4_u32).prop_map(|count| NonZeroU32::new(count).unwrap());
        let pool = ("[a-z]{1,3}", count()).prop_map(|(name, limit)| {
            Arc::new(Pool {
                name: name.into(),
                limit,
            })
        });
        let ready = vec("[a-z ]{0,4}", 1..3)
            .prop_map(|words| Invocation::Argv(words.into_iter().map(OsString::from).collect()));
        let service = (of(ready), 0..100_u64).prop_map(|(ready, limit)| Service {
            ready,
            ready_timeout: Duration::from_secs(limit),
        });
        (count(), of(pool), any::<bool>(), of(service)).prop_map(
            |(weight, pool, allow_failure, service)| {
                // A service takes no slot.
                let takes_slots = service.is_none();
                let scheduling = Scheduling {
                    needs: Vec::new(),
                    weight: if takes_slots { weight } else { NonZeroU32::MIN },
                    pool: pool.filter(|_| takes_slots),
                    allow_failure,
                    service,
                };
                (scheduling != Scheduling::default()).then(|| Box::new(scheduling))
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn a_job_survives_a_round_trip(
            program in word(1),
            words in vec(word(0), 0..3),
            cwd in word(1),
            env in btree_map(name(), of(word(0)), 0..3),
            stdin in of(vec(0..=255_u8, 0..9)),
            scheduling in scheduling(),
        ) {
            let argv: Vec<OsString> = std::iter::once(program).chain(words).collect();
            let mut job = read_back(b"{\"argv\":[\"x\"]}\n".to_vec());
            job.invocation = Invocation::Argv(argv);
            job.env = env.into_iter().map(|(name, value)| EnvChange { name, value }).collect();
            job.stdin = stdin.map(JobInput::Bytes);
            job.scheduling = scheduling;
            let cwd = PathBuf::from(cwd);
            let numbered = NumberedJob {
                seq: 1,
                read_at: Duration::ZERO,
                key: None,
                slot_values: None,
                cwd: cwd.as_path().into(),
                job: job.clone(),
            };
            let changes = changes(&[], &numbered, FIRST_SLOT);
            let stdin = numbered.job.stdin.as_ref().map(|stdin| stdin.bytes().unwrap());
            let line = JobFileLine::of(&numbered, &changes, stdin.as_deref());
            let mut line = serde_json::to_vec(&line).unwrap();
            line.push(b'\n');
            job.cwd = Some(cwd);
            let mut read = read_back(line);
            read.env.sort();
            prop_assert_eq!(read, job);
        }
    }
}
