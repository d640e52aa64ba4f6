//! `--dry-run`: the jobs are printed instead of run.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use super::settings::Settings;
use crate::event::{Event, NumberedJob};
use crate::exit::ExitCode;
use crate::plan::{Entry, Job, JobInput, Source};
use crate::sink::{Console, DryRun, dry_run, escape};
use crate::summary::Summary;

/// Whether the block of a job may not fit in a line of a job file, where a byte takes up to 6 bytes, and
/// in base64 a third more than one.
fn is_too_long(job: &Job) -> bool {
    const MOST: u64 = 8 << 20;
    matches!(&job.stdin, Some(JobInput::Block(block)) if block.length() > MOST)
}

/// Prints the jobs instead of running them.
pub(super) fn list(mut source: Source, settings: &Settings, form: DryRun) -> io::Result<ExitCode> {
    let mut console = Console::new()?;
    let mut summary = Summary::default();
    let mut seq = 0;
    let mut printed = Ok(());
    while printed.is_ok()
        && let Some(entry) = source.next()
    {
        let message = match entry {
            Ok(Entry::Job(job)) if form == DryRun::JobFile && is_too_long(&job) => {
                seq += 1;
                let why = format!(
                    "block {seq} is too long for a line of a job file, which takes 8 MiB of it: use a smaller --block"
                );
                summary.fold(&Event::InputFailed(why.as_str().into()));
                Some(why)
            }
            Ok(Entry::Job(job)) => {
                seq += 1;
                let cwd = job
                    .cwd
                    .as_ref()
                    .map(|dir| settings.options.cwd.join(dir).into());
                let cwd = cwd.unwrap_or_else(|| Arc::clone(&settings.options.cwd));
                let job = NumberedJob {
                    seq,
                    read_at: Duration::ZERO,
                    key: None,
                    slot_values: settings.options.slot_values.clone(),
                    cwd,
                    job,
                };
                let env = &settings.options.env;
                printed = dry_run(&job, form, env, &settings.reporting.paster, &mut console);
                None
            }
            Ok(Entry::Warning(warning)) => Some(warning),
            Err(error) => {
                summary.fold(&Event::InputFailed(error.to_string().into()));
                Some(error.to_string())
            }
        };
        // Not each line for itself, but in order with the messages, and before a wait for more input.
        if printed.is_ok() && (message.is_some() || !source.buffered()) {
            printed = console.flush();
        }
        if let Some(message) = message {
            writeln!(console.err(), "prun: {}", escape(message.as_bytes()))?;
        }
    }
    if let Err(error) = printed.and_then(|()| console.flush()) {
        summary.lose_output(console.lose_out(&error));
    }
    Ok(summary.verdict())
}
