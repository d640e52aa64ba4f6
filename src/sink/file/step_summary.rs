//! The table of jobs on the summary page of a GitHub workflow.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use crate::event::{Event, JobEnd};
use crate::os::close;
use crate::plan::format_duration;
use crate::sink::describe;
use crate::sink::human::{Style, counted};
use crate::sink::recorder::{Recorder, RecorderEntry, RecorderError};
use crate::sink::sink::Interest;

/// The maximum number of rows: the page is limited to 1 MiB.
const MAX_ROWS: usize = 100;

/// Appends the table to GitHub's file when the run has ended.
pub(crate) struct StepSummary {
    path: PathBuf,
    failed: Vec<String>,
    allowed: Vec<String>,
    others: Vec<String>,
    jobs: usize,
    has_ended: bool,
}

impl StepSummary {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            failed: Vec::new(),
            allowed: Vec::new(),
            others: Vec::new(),
            jobs: 0,
            has_ended: false,
        }
    }

    fn ended(&mut self, end: &JobEnd) {
        self.jobs += 1;
        let rows = match end.status.is_failure() {
            _ if end.is_allowed_failure() => &mut self.allowed,
            true => &mut self.failed,
            false => &mut self.others,
        };
        if rows.len() < MAX_ROWS {
            let (label, ending) = (describe::label(&end.job), describe::ending(end));
            let time = end.last.as_ref().map(|last| format_duration(last.wall));
            let cells = [label, ending, time.unwrap_or_default()].map(|cell| markdown(&cell));
            rows.push(format!("| {} |\n", cells.join(" | ")));
        }
    }

    /// Returns the table: first the failed jobs, then those that were allowed to fail.
    fn table(&self, counts: &str) -> String {
        let mut text = format!("### prun: {}\n\n", markdown(counts));
        if self.jobs > 0 {
            text.push_str("| job | result | time |\n| :-- | :-- | --: |\n");
        }
        let rows: Vec<&String> = self
            .failed
            .iter()
            .chain(&self.allowed)
            .chain(&self.others)
            .take(MAX_ROWS)
            .collect();
        text.extend(rows.iter().map(|row| row.as_str()));
        match self.jobs - rows.len() {
            0 => {}
            more => text.push_str(&format!("\nand {more} more jobs\n")),
        }
        text + "\n"
    }

    fn append(&self, text: &str) -> io::Result<()> {
        let mut file = File::options().append(true).create(true).open(&self.path)?;
        file.write_all(text.as_bytes())?;
        close(file)
    }
}

impl Recorder for StepSummary {
    fn name(&self) -> String {
        format!("the summary {}", self.path.display())
    }

    fn interest(&self) -> Interest {
        Interest::ENDINGS_AND_RUN
    }

    fn record(&mut self, entry: &RecorderEntry) -> Result<(), RecorderError> {
        match &entry.event {
            Event::JobEnded(end) => self.ended(end),
            Event::RunEnded { elapsed, counts } => {
                self.has_ended = true;
                let table = self.table(&counted(counts, *elapsed, Style::Plain));
                let path = self.path.clone();
                let failed = |source| RecorderError::StepSummary { path, source };
                self.append(&table).map_err(failed)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn is_finished(&self) -> bool {
        self.has_ended
    }
}

/// Escapes all Markdown markup.
fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '|' | '&' | '~'
            | ':' | '@' | '$' | '!' => escaped.push_str(&format!("&#{};", c as u32)),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::samples::{ended, may_fail, needing, skipped};

    #[test]
    fn names_and_commands_are_no_markup() {
        let text = markdown("a | <b> [c](d) `e` *f* @g https://h &amp; \\");
        assert!(
            !text.contains(['|', '<', '>', '[', ']', '`', '*', '@', ':', '\\']),
            "{text}"
        );
        assert_eq!(markdown("cargo test -p api"), "cargo test -p api");
    }

    #[test]
    fn allowed_failures_come_second_and_a_skipped_job_has_its_reason() {
        let mut summary = StepSummary::new(PathBuf::new());
        for end in [
            ended(needing("build", &[]), 0),
            ended(may_fail("flaky"), 3),
            skipped(needing("e2e", &["test"]), "test: exit 1"),
            ended(needing("test", &["build"]), 1),
        ] {
            summary.ended(&end);
        }
        let table = summary.table("4 jobs");
        let (_, rows) = table.split_once("--: |\n").expect("a head");
        assert_eq!(
            rows,
            "| test | exit 1 | 1.0 s |\n| flaky | exit 3, allowed | 1.0 s |\n| build | ok | 1.0 s |\n\
             | e2e | skipped because test failed&#58; exit 1 |  |\n\n"
        );
    }

    #[test]
    fn failed_jobs_come_first_and_the_rest_is_counted() {
        let mut summary = StepSummary::new(PathBuf::new());
        summary.others = (0..MAX_ROWS).map(|n| format!("| ok {n} |\n")).collect();
        summary.failed = vec!["| bad |\n".to_owned()];
        summary.jobs = 250;
        let table = summary.table("250 jobs");
        assert!(table.contains("--: |\n| bad |\n| ok 0 |\n"), "{table}");
        assert!(
            table.ends_with("| ok 98 |\n\nand 150 more jobs\n\n"),
            "{table}"
        );
    }
}
