//! What a person needs after a failure.

use std::io::{self, Write};
use std::time::Duration;

use super::console::Console;
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

/// The failed jobs of a run, in the order of their endings.
#[derive(Debug, Default)]
pub(super) struct Digest {
    failures: Vec<Failure>,
    /// Failed jobs beyond those.
    more: u64,
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
    pub(super) fn add(&mut self, end: &JobEnd) {
        let Some(last) = &end.last else { return };
        if matches!(end.status, Status::Ok | Status::Canceled | Status::Skipped) {
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
            command: words::paste(&end.job),
        });
    }

    /// Whether no job failed.
    pub(super) fn is_empty(&self) -> bool {
        self.failures.is_empty()
    }

    /// Each failed job: how it ended, its last lines, its command.
    pub(super) fn print(&self, style: Style, console: &mut Console) -> io::Result<()> {
        let err = console.err();
        for Failure {
            label,
            ending,
            wall,
            lines,
            command,
        } in &self.failures
        {
            let facts = style.bad(format!("{ending}, {}", format_duration(*wall)));
            writeln!(err, "── {label} ({facts})")?;
            for line in lines {
                writeln!(err, "   {line}")?;
            }
            writeln!(err, "   {} {command}", style.dim("$"))?;
        }
        if self.more > 0 {
            writeln!(err, "── and {} more failed jobs", self.more)?;
        }
        Ok(())
    }
}

/// How many jobs ended in which way, and the time of the run.
pub(super) fn print_counts(
    counts: &Counts,
    elapsed: Duration,
    style: Style,
    console: &mut Console,
) -> io::Result<()> {
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
    writeln!(console.err(), "── {jobs} ({})", format_duration(elapsed))
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
        .map(|line| words::escape(line.strip_suffix(b"\r").unwrap_or(line)))
        .collect()
}
