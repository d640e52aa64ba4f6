//! `--dry-run`: the jobs are printed instead of run.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use super::settings::Settings;
use crate::event::{Event, NumberedJob};
use crate::exit::ExitCode;
use crate::plan::{Entry, Job, JobInput, Source, SourceError, levels};
use crate::sink::{Console, DryRun, dry_run, escape, level};
use crate::summary::Summary;

/// Whether the block of a job may not fit in a line of a job file, where a byte takes up to 6 bytes, and
/// in base64 a third more than one.
fn is_too_long(job: &Job) -> bool {
    const MOST: u64 = 8 << 20;
    matches!(&job.stdin, Some(JobInput::Block(block)) if block.length() > MOST)
}

/// Prints the jobs instead of running them.
pub(super) fn list(mut source: Source, settings: &Settings, form: DryRun) -> io::Result<ExitCode> {
    let mut list = List {
        console: Console::new()?,
        summary: Summary::default(),
        settings,
        form,
    };
    let first = source.next();
    let printed = match source.has_needs() {
        true => list.in_levels(first.into_iter().chain(source)),
        false => list.as_read(first, source),
    };
    list.end(printed)
}

/// The list that is printed.
struct List<'a> {
    console: Console,
    summary: Summary,
    settings: &'a Settings,
    form: DryRun,
}

type Read = Result<Entry, SourceError>;

impl List<'_> {
    /// Prints each job when it is read.
    fn as_read(&mut self, first: Option<Read>, mut source: Source) -> io::Result<()> {
        let mut next = first;
        let mut seq = 0;
        while let Some(entry) = next {
            let is_message = match entry {
                Ok(Entry::Job(job)) => {
                    seq += 1;
                    self.print(job, seq)?
                }
                other => self.tell(other)?,
            };
            // Not each line for itself, but in order with the messages, and before a wait for more input.
            if !is_message && !source.buffered() {
                self.console.flush()?;
            }
            next = source.next();
        }
        Ok(())
    }

    /// Prints the jobs, all of which are known, in an order in which they can run.
    fn in_levels(&mut self, entries: impl Iterator<Item = Read>) -> io::Result<()> {
        let mut jobs = Vec::new();
        for entry in entries {
            match entry {
                Ok(Entry::Job(job)) => jobs.push(job),
                other => drop(self.tell(other)?),
            }
        }
        let levels = levels(&jobs);
        let is_in_order = |(seq, job): (u64, &Job)| job.needs().iter().all(|need| need.seq < seq);
        // The numbers of the jobs remain, if that is possible.
        let is_kept = self.form == DryRun::JobFile && (1..).zip(&jobs).all(is_in_order);
        let numbered = levels.into_iter().zip(1..).zip(jobs);
        let mut order: Vec<(usize, u64, Job)> = numbered
            .map(|((level, seq), job)| (level, seq, job))
            .collect();
        if !is_kept {
            order.sort_by_key(|(level, seq, _)| (*level, *seq));
        }
        let mut last = 0;
        for (number, seq, job) in order {
            if self.form == DryRun::Shell {
                level(&job, (number > last).then_some(number), &mut self.console)?;
                last = number;
            }
            self.print(job, seq)?;
        }
        Ok(())
    }

    /// Prints a job; returns whether that is a message instead.
    fn print(&mut self, job: Job, seq: u64) -> io::Result<bool> {
        if self.form == DryRun::JobFile && is_too_long(&job) {
            let why = format!(
                "block {seq} is too long for a line of a job file, which takes 8 MiB of it: use a smaller --block"
            );
            self.fail(&why)?;
            return Ok(true);
        }
        let options = &self.settings.options;
        let cwd = job.cwd.as_ref().map(|dir| options.cwd.join(dir).into());
        let job = NumberedJob {
            seq,
            read_at: Duration::ZERO,
            key: None,
            slot_values: options.slot_values.clone(),
            cwd: cwd.unwrap_or_else(|| Arc::clone(&options.cwd)),
            job,
        };
        let paster = &self.settings.reporting.paster;
        dry_run(&job, self.form, &options.env, paster, &mut self.console)?;
        Ok(false)
    }

    /// Prints a warning or an error.
    fn tell(&mut self, entry: Read) -> io::Result<bool> {
        match entry {
            // A dry run has jobs of its own only.
            Ok(Entry::Job(_) | Entry::Given(_)) => return Ok(false),
            Ok(Entry::Warning(warning)) => self.message(&warning)?,
            Err(error) => self.fail(&error.to_string())?,
        }
        Ok(true)
    }

    fn fail(&mut self, why: &str) -> io::Result<()> {
        self.summary.fold(&Event::InputFailed(why.into()));
        self.message(why)
    }

    /// Prints a message behind what was printed before it.
    fn message(&mut self, text: &str) -> io::Result<()> {
        let printed = self.console.flush();
        writeln!(self.console.err(), "prun: {}", escape(text.as_bytes()))?;
        printed
    }

    /// Returns the verdict, once all is printed.
    fn end(mut self, printed: io::Result<()>) -> io::Result<ExitCode> {
        if let Err(error) = printed.and_then(|()| self.console.flush()) {
            self.summary.lose_output(self.console.lose_out(&error));
        }
        Ok(self.summary.verdict())
    }
}
