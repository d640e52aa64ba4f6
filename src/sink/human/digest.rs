//! The digest: the list of failed jobs at the end of a run.

use std::time::Duration;

use super::paste::Paster;
use super::style::Style;
use super::tail::last_lines;
use crate::event::{Attempt, Counts, JobEnd, Status};
use crate::plan::format_duration;
use crate::sink::describe;

/// The maximum number of failed jobs to list; the others are counted.
const MAX_FAILURES: usize = 50;
/// The number of slowest jobs to list, if there are more.
const SLOWEST: usize = 5;

/// The failed jobs of a run, in the order in which they ended.
#[derive(Debug, Default)]
pub(crate) struct Digest {
    failures: Vec<Failure>,
    /// The number of all failed jobs; `failures` are the first of them.
    failed: u64,
    /// The jobs whose last attempt took longest, the slowest first.
    slowest: Vec<(Duration, String)>,
    /// The number of jobs with an attempt.
    jobs: u64,
}

#[derive(Debug)]
struct Failure {
    label: String,
    ending: String,
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
        self.failed += 1;
        if self.failures.len() == MAX_FAILURES {
            return &[];
        }
        self.failures.push(Failure {
            label: describe::label(&end.job),
            ending: describe::ending(end),
            wall: last.wall,
            lines: last_lines(last),
            command: paster.line(&end.job, last.slot, last.number),
            before,
        });
        self.failures.last().map_or(&[], |failure| &failure.lines)
    }

    fn time(&mut self, wall: Duration, end: &JobEnd) {
        self.jobs += 1;
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
            let title = format!("{} of {} {jobs} failed", self.failed, self.jobs);
            digest.push(format!("── {}:", style.bad(title)));
        }
        for failure in &self.failures {
            let Failure {
                label,
                ending,
                wall,
                lines,
                command,
                ..
            } = failure;
            let is_seen = seen.is_still_seen(failure);
            // The headline of an only job was printed last.
            if !(is_alone && is_seen) {
                let facts = style.bad(format!("{ending}, {}", format_duration(*wall)));
                digest.push(format!("── {label} ({facts})"));
            }
            if !is_seen {
                digest.extend(lines.iter().map(|line| format!("   {line}")));
            }
            if !is_seen || command != label {
                digest.push(format!("   {} {command}", style.dim("$")));
            }
        }
        let more = self.failed - self.failures.len() as u64;
        if more > 0 {
            digest.push(format!("── and {more} more failed jobs"));
        }
        digest
    }

    /// Lists the slowest jobs, if there are more jobs than those.
    pub(crate) fn slowest(&self, style: Style) -> Vec<String> {
        if self.jobs <= SLOWEST as u64 {
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

/// Returns the line with the number of jobs by status and the time of the run.
pub(crate) fn count(counts: &Counts, elapsed: Duration, style: Style) -> String {
    format!("── {}", counted(counts, elapsed, style))
}

/// Returns the same as a part of another line.
pub(crate) fn counted(counts: &Counts, elapsed: Duration, style: Style) -> String {
    let mut parts = Vec::new();
    for status in Status::ALL {
        let text = match counts.of(status) {
            0 => continue,
            n => format!("{n} {}", status.as_str().replace('_', " ")),
        };
        parts.push(match status {
            Status::Ok => style.good(text),
            _ => style.bad(text),
        });
    }
    let jobs = match counts.total() {
        0 => "no jobs".to_owned(),
        1 => format!("1 job: {}", parts.join(", ")),
        n => format!("{n} jobs: {}", parts.join(", ")),
    };
    format!("{jobs} ({})", format_duration(elapsed))
}
