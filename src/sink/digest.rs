//! What a person needs after a failure.

use std::time::Duration;

use super::paste::Paster;
use super::style::Style;
use super::tail::Tail;
use super::words;
use crate::event::{Counts, JobEnd, Status};
use crate::plan::format_duration;
use crate::process::Spool;

/// Lines of output shown of each failed job.
const LINES: usize = 20;
/// Bytes of output looked at for those lines, so that a line without an end costs no memory.
const TAIL: u64 = 8 * 1024;
/// Failed jobs that are shown one by one; the others are counted.
const MOST: usize = 50;
/// Jobs that are told as the slowest, if there were more.
const SLOWEST: usize = 5;

/// The failed jobs of a run, in the order of their endings.
#[derive(Debug, Default)]
pub(super) struct Digest {
    failures: Vec<Failure>,
    /// Failed jobs beyond those.
    more: u64,
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
}

impl Digest {
    /// Remembers the job, if it failed. One that the end of the run canceled did not.
    pub(super) fn add(&mut self, end: &JobEnd, paster: &Paster) {
        let Some(last) = &end.last else { return };
        self.time(last.wall, end);
        if !end.status.is_failure() {
            return;
        }
        if self.failures.len() == MOST {
            self.more += 1;
            return;
        }
        // Standard error says most often what went wrong; standard output fills what is left.
        let mut lines = last_lines(&last.stderr, LINES);
        let mut all = last_lines(&last.stdout, LINES - lines.len());
        all.append(&mut lines);
        self.failures.push(Failure {
            label: words::label(&end.job),
            ending: words::ending(end),
            wall: last.wall,
            lines: all,
            command: paster.line(&end.job, last.slot, last.number),
        });
    }

    fn time(&mut self, wall: Duration, end: &JobEnd) {
        self.jobs += 1;
        let place = self.slowest.partition_point(|(slower, _)| *slower >= wall);
        if place < SLOWEST {
            self.slowest.truncate(SLOWEST - 1);
            self.slowest.insert(place, (wall, words::label(&end.job)));
        }
    }

    /// Whether no job failed.
    pub(super) fn is_empty(&self) -> bool {
        self.failures.is_empty()
    }

    /// Each failed job: how it ended, its last lines, its command.
    pub(super) fn lines(&self, style: Style) -> Vec<String> {
        let mut told = Vec::new();
        for Failure {
            label,
            ending,
            wall,
            lines,
            command,
        } in &self.failures
        {
            let facts = style.bad(format!("{ending}, {}", format_duration(*wall)));
            told.push(format!("── {label} ({facts})"));
            told.extend(lines.iter().map(|line| format!("   {line}")));
            told.push(format!("   {} {command}", style.dim("$")));
        }
        if self.more > 0 {
            told.push(format!("── and {} more failed jobs", self.more));
        }
        told
    }

    /// The jobs that took longest, where there were more than those.
    pub(super) fn slowest(&self, style: Style) -> Vec<String> {
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

/// How many jobs ended in which way, and the time of the run.
pub(super) fn count(counts: &Counts, elapsed: Duration, style: Style) -> String {
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
    format!("── {jobs} ({})", format_duration(elapsed))
}

/// The last lines of a stream, escaped; the first of them may be a part of a longer line.
fn last_lines(spool: &Spool, most: usize) -> Vec<String> {
    let Tail { bytes: tail, .. } = Tail::of(spool, TAIL);
    let text = tail.strip_suffix(b"\n").unwrap_or(&tail);
    if text.is_empty() {
        return Vec::new();
    }
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    let last = &lines[lines.len().saturating_sub(most)..];
    last.iter()
        .map(|line| words::escape(&without_colours(line.strip_suffix(b"\r").unwrap_or(line))))
        .collect()
}

/// A line without what colours it, or fills it up with its colour: those were harmless where the
/// output itself was shown, and would be noise among escaped text.
fn without_colours(line: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some((&first, after)) = rest.split_first() {
        match colour_len(rest) {
            Some(len) => rest = &rest[len..],
            None => {
                plain.push(first);
                rest = after;
            }
        }
    }
    plain
}

/// How long the sequence is that colours what follows, if the text begins with one.
fn colour_len(text: &[u8]) -> Option<usize> {
    let parameters = text.strip_prefix(b"\x1b[")?;
    let is_parameter = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b';' | b':');
    let len = parameters
        .iter()
        .take_while(|byte| is_parameter(byte))
        .count();
    matches!(parameters.get(len), Some(b'm' | b'K')).then_some(len + 3)
}
