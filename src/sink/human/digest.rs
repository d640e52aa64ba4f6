//! The digest: the list of failed jobs at the end of a run.

use std::time::Duration;

use super::paste::Paster;
use super::style::{Style, Tone};
use super::tail::last_lines;
use crate::event::{Attempt, Counts, JobEnd, Status};
use crate::plan::format_duration;
use crate::sink::describe;

/// The maximum number of failed jobs to list; the others are counted.
const MAX_FAILURES: usize = 50;
/// The maximum number of jobs to name that did not run because of the same one; the others are counted.
const MAX_LABELS: usize = 5;
/// The number of slowest jobs to list, if there are more.
const SLOWEST: usize = 5;

/// The failed jobs of a run, in the order in which they ended.
#[derive(Debug, Default)]
pub(crate) struct Digest {
    failures: Vec<Failure>,
    /// The number of failed jobs that were not allowed to.
    failed: u64,
    /// The number of failed jobs that were; `failures` are the first of both.
    allowed: u64,
    /// The jobs that did not run to their end because another one failed.
    unfinished: Vec<Unfinished>,
    /// The number of those that are in no entry of `unfinished`.
    more_unfinished: u64,
    /// The jobs whose last attempt took longest, the slowest first.
    slowest: Vec<(Duration, String)>,
    /// The number of jobs with an attempt.
    jobs: u64,
}

/// The jobs that did not run to their end because of the same one.
#[derive(Debug)]
struct Unfinished {
    status: Status,
    /// The name of that one.
    failed_need: String,
    /// The first of them.
    labels: Vec<String>,
    jobs: u64,
}

#[derive(Debug)]
struct Failure {
    label: String,
    ending: String,
    tone: Tone,
    wall: Duration,
    lines: Vec<String>,
    command: String,
    /// The number of lines before its output, if that is shown in full.
    before: Option<u64>,
}

/// The position of the digest relative to the output of failed jobs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Seen {
    /// In another file, or unknown.
    Elsewhere,
    /// Below the output, in a log.
    Above,
    /// Below the output on a terminal with `screen` rows, to which `newlines` lines were written; `alone` if
    /// there is only one job.
    On {
        screen: u64,
        newlines: u64,
        alone: bool,
    },
}

impl Seen {
    /// Whether all output of the job is still on the screen.
    fn is_still_seen(self, failure: &Failure) -> bool {
        match (self, failure.before) {
            (
                Self::On {
                    screen, newlines, ..
                },
                Some(before),
            ) => newlines - before < screen,
            _ => false,
        }
    }
}

impl Digest {
    /// Adds the job if it failed, and returns its last lines. A canceled job did not fail. `before` is the
    /// number of lines before its output, if all of that is shown where the digest will be.
    pub(crate) fn add(
        &mut self,
        end: &JobEnd,
        last: &Attempt,
        before: Option<u64>,
        paster: &Paster,
    ) -> &[String] {
        self.time(last.wall, end);
        if !end.status.is_failure() {
            return &[];
        }
        match end.is_allowed_failure() {
            true => self.allowed += 1,
            false => self.failed += 1,
        }
        if self.failures.len() == MAX_FAILURES {
            return &[];
        }
        self.failures.push(Failure {
            label: describe::label(&end.job),
            ending: describe::ending(end),
            tone: Tone::of(end),
            wall: last.wall,
            lines: last_lines(last),
            command: paster.line(&end.job, last.slot, last.number),
            before,
        });
        self.failures.last().map_or(&[], |failure| &failure.lines)
    }

    /// Adds a job that did not run to its end because another one failed.
    pub(crate) fn add_unfinished(&mut self, end: &JobEnd) {
        let Some(need) = &end.failed_need else {
            return;
        };
        let is_known =
            |known: &Unfinished| known.status == end.status && known.failed_need == need.name;
        let index = match self.unfinished.iter().position(is_known) {
            Some(index) => index,
            None if self.unfinished.len() == MAX_FAILURES => {
                self.more_unfinished += 1;
                return;
            }
            None => {
                self.unfinished.push(Unfinished {
                    status: end.status,
                    failed_need: need.name.clone(),
                    labels: Vec::new(),
                    jobs: 0,
                });
                self.unfinished.len() - 1
            }
        };
        let known = &mut self.unfinished[index];
        known.jobs += 1;
        if known.labels.len() < MAX_LABELS {
            known.labels.push(describe::label(&end.job));
        }
    }

    fn time(&mut self, wall: Duration, end: &JobEnd) {
        self.jobs += 1;
        if end.job.job.service().is_some() {
            // It takes as long as the run.
            return;
        }
        let index = self.slowest.partition_point(|(slower, _)| *slower >= wall);
        if index < SLOWEST {
            self.slowest.truncate(SLOWEST - 1);
            self.slowest
                .insert(index, (wall, describe::label(&end.job)));
        }
    }

    /// Whether no job failed.
    pub(crate) fn is_empty(&self) -> bool {
        self.failures.is_empty()
    }

    /// Returns the lines about each failed job: its result, its last lines unless still visible, its command.
    pub(crate) fn lines(&self, seen: Seen, style: Style) -> Vec<String> {
        let mut digest = Vec::new();
        let is_alone = matches!(seen, Seen::On { alone: true, .. });
        if !matches!(seen, Seen::Elsewhere) && !self.is_empty() && !is_alone {
            let jobs = match self.jobs {
                1 => "job",
                _ => "jobs",
            };
            let title = match (self.failed, self.allowed) {
                (failed, 0) => style.bad(format!("{failed} of {} {jobs} failed", self.jobs)),
                (0, allowed) => style.warning(format!(
                    "{allowed} of {} {jobs} failed (allowed)",
                    self.jobs
                )),
                (failed, allowed) => {
                    let title = format!("{failed} of {} {jobs} failed", self.jobs);
                    let allowed = style.warning(format!("{allowed} failed (allowed)"));
                    format!("{}, {allowed}", style.bad(title))
                }
            };
            digest.push(format!("── {title}:"));
        }
        for failure in &self.failures {
            let Failure {
                label,
                ending,
                tone,
                wall,
                lines,
                command,
                ..
            } = failure;
            let is_seen = seen.is_still_seen(failure);
            // The headline of an only job was printed last.
            if !(is_alone && is_seen) {
                let facts = format!("{ending}, {}", format_duration(*wall));
                let facts = style.toned(*tone, facts);
                digest.push(format!("── {label} ({facts})"));
            }
            if !is_seen {
                digest.extend(lines.iter().map(|line| format!("   {line}")));
            }
            if !is_seen || command != label {
                digest.push(format!("   {} {command}", style.dim("$")));
            }
        }
        let more = self.failed + self.allowed - self.failures.len() as u64;
        if more > 0 {
            digest.push(format!("── and {more} more failed jobs"));
        }
        let unfinished = self.unfinished.iter();
        digest.extend(unfinished.map(|unfinished| unfinished.line(style)));
        if self.more_unfinished > 0 {
            let more = self.more_unfinished;
            digest.push(format!(
                "── and {more} more jobs skipped or canceled because others failed"
            ));
        }
        digest
    }

    /// Lists the slowest jobs, if there are more jobs than those.
    pub(crate) fn slowest(&self, style: Style) -> Vec<String> {
        if self.jobs <= SLOWEST as u64 || self.slowest.is_empty() {
            return Vec::new();
        }
        let jobs = self.slowest.iter().map(|(wall, label)| {
            let wall = style.dim(format_duration(*wall));
            format!("   {wall} {label}")
        });
        std::iter::once("── slowest jobs:".to_owned())
            .chain(jobs)
            .collect()
    }
}

impl Unfinished {
    /// Returns the line about these jobs.
    fn line(&self, style: Style) -> String {
        let name = describe::escape(self.failed_need.as_bytes());
        let why = format!("{} because {name} failed", self.status);
        let mut line = format!("── {}: {}", style.bad(why), self.labels.join(", "));
        let more = self.jobs - self.labels.len() as u64;
        if more > 0 {
            line.push_str(&format!(" and {more} more"));
        }
        line
    }
}

/// Returns the line with the number of jobs by status and the time of the run.
pub(crate) fn count(counts: &Counts, elapsed: Duration, style: Style) -> String {
    format!("── {}", counted(counts, elapsed, style))
}

/// Returns the same as a part of another line.
pub(crate) fn counted(counts: &Counts, elapsed: Duration, style: Style) -> String {
    let mut parts = Vec::new();
    for status in Status::ALL {
        let word = status.as_str().replace('_', " ");
        let allowed = counts.allowed_of(status);
        match (counts.of(status) - allowed, status) {
            (0, _) => {}
            (n, Status::Ok) => parts.push(style.good(format!("{n} {word}"))),
            (n, _) => parts.push(style.bad(format!("{n} {word}"))),
        }
        if allowed > 0 {
            parts.push(style.warning(format!("{allowed} {word} (allowed)")));
        }
    }
    let jobs = match counts.total() {
        0 => "no jobs".to_owned(),
        1 => format!("1 job: {}", parts.join(", ")),
        n => format!("{n} jobs: {}", parts.join(", ")),
    };
    format!("{jobs} ({})", format_duration(elapsed))
}

#[cfg(test)]
mod tests;
