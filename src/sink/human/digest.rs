//! What a person needs after a failure.

use std::time::Duration;

use super::paste::Paster;
use super::style::Style;
use super::tail::last_lines;
use crate::event::{Attempt, Counts, JobEnd, Status};
use crate::plan::format_duration;
use crate::sink::describe;

/// Failed jobs that are shown one by one; the others are counted.
const MOST: usize = 50;
/// Jobs that are told as the slowest, if there were more.
const SLOWEST: usize = 5;

/// The failed jobs of a run, in the order of their endings.
#[derive(Debug, Default)]
pub(crate) struct Digest {
    failures: Vec<Failure>,
    /// All failed jobs; those that are told one by one are the first of them.
    failed: u64,
    /// The jobs whose last attempt took longest, the slowest first.
    slowest: Vec<(Duration, String)>,
    /// Jobs that had an attempt.
    jobs: u64,
}

#[derive(Debug)]
struct Failure {
    label: String,
    ending: String,
    wall: Duration,
    lines: Vec<String>,
    command: String,
    /// How many lines stood above its output, if that is shown in full.
    before: Option<u64>,
}

/// Where the digest stands, seen from what failed jobs have printed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Seen {
    /// In another place, or nobody knows.
    Elsewhere,
    /// Below it, in a log.
    Above,
    /// Below it on a terminal of so many rows, to which so many lines went; of the one job in all?
    On {
        screen: u64,
        newlines: u64,
        alone: bool,
    },
}

impl Seen {
    /// Whether all that the job printed is still on the screen.
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
    /// Remembers the job, if it failed, and returns its last lines. One that the end of the run
    /// canceled did not fail. `before` is how many lines stood above its output, if all of that is
    /// shown in the place where the digest will be.
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
        if self.failures.len() == MOST {
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
        let place = self.slowest.partition_point(|(slower, _)| *slower >= wall);
        if place < SLOWEST {
            self.slowest.truncate(SLOWEST - 1);
            self.slowest
                .insert(place, (wall, describe::label(&end.job)));
        }
    }

    /// Whether no job failed.
    pub(crate) fn is_empty(&self) -> bool {
        self.failures.is_empty()
    }

    /// Each failed job: how it ended, its last lines unless they can still be seen, its command.
    pub(crate) fn lines(&self, seen: Seen, style: Style) -> Vec<String> {
        let mut told = Vec::new();
        let is_alone = matches!(seen, Seen::On { alone: true, .. });
        if !matches!(seen, Seen::Elsewhere) && !self.is_empty() && !is_alone {
            let jobs = match self.jobs {
                1 => "job",
                _ => "jobs",
            };
            let title = format!("{} of {} {jobs} failed", self.failed, self.jobs);
            told.push(format!("── {}:", style.bad(title)));
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
            // The one job's headline is the last thing that was said.
            if !(is_alone && is_seen) {
                let facts = style.bad(format!("{ending}, {}", format_duration(*wall)));
                told.push(format!("── {label} ({facts})"));
            }
            if !is_seen {
                told.extend(lines.iter().map(|line| format!("   {line}")));
            }
            if !is_seen || command != label {
                told.push(format!("   {} {command}", style.dim("$")));
            }
        }
        let more = self.failed - self.failures.len() as u64;
        if more > 0 {
            told.push(format!("── and {more} more failed jobs"));
        }
        told
    }

    /// The jobs that took longest, where there were more than those.
    pub(crate) fn slowest(&self, style: Style) -> Vec<String> {
        if self.jobs <= SLOWEST as u64 {
            return Vec::new();
        }
        let jobs = self.slowest.iter().map(|(wall, label)| {
            let wall = style.dim(format_duration(*wall));
            format!("   {wall} {label}")
        });
        std::iter::once("── the slowest jobs".to_owned())
            .chain(jobs)
            .collect()
    }
}

/// How many jobs ended in which way, and the time of the run, in one line.
pub(crate) fn count(counts: &Counts, elapsed: Duration, style: Style) -> String {
    format!("── {}", counted(counts, elapsed, style))
}

/// The same as words in another line.
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
