//! The JUnit report, which CI servers show: each job is a test case.
//!
//! A test case is written when its job ends, so that a million jobs need no memory; the counts, which precede
//! the test cases, are filled in at the end.
//!
//! A failure that was allowed is a skipped test case that says so, with its output, as pytest writes an expected
//! failure: with `<failure>` GitLab would count it as failed and Jenkins make the build unstable, and as a passed
//! test case nobody would see it.
//!
//! It conforms to the schema of Jenkins' xUnit plugin (`junit-10.xsd`) except for the properties of a test case,
//! such as the job's command, which other readers show.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::iter::Peekable;
use std::ops::Add;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::str::Chars;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use quick_junit::{
    NonSuccessKind, Property, Report, SerializeError, TestCase, TestCaseStatus, TestRerun,
    TestSuite,
};

use super::run_file::{Draft, FileFormat, RunFileError};
use crate::event::{Attempt, Counts, Event, JobEnd, Status};
use crate::process::Spool;
use crate::record::seconds;
use crate::sink::describe;
use crate::sink::human::{OutputTail, TAIL, last_lines};
use crate::sink::sink::Interest;

/// The number of bytes kept of each stream of a retried attempt; these are held until the job ends.
const EARLIER: u64 = 4 * 1024;

/// The name of the suite.
const NAME: &str = "prun";

/// Writes the report.
pub(crate) struct Junit {
    draft: Draft,
    started: SystemTime,
    /// The space for the head in the file.
    head: usize,
    /// Earlier attempts of jobs that were retried.
    earlier: HashMap<u64, Vec<TestRerun>>,
    /// Counts the names of test cases, by hash: CI servers merge test cases with the same name.
    names: HashMap<u64, u64>,
    hasher: RandomState,
    counts: Counts,
}

impl Junit {
    pub(crate) fn create(option: &'static str, path: &Path) -> Result<Self, RunFileError> {
        let failed = |error: io::Error| RunFileError::new(option, path, error);
        let started = SystemTime::now();
        let longest = head(
            [usize::MAX; 4],
            started,
            Duration::from_secs(u32::MAX.into()),
        );
        let head = longest.map_err(failed)?.len();
        let mut draft = Draft::create(option, path)?;
        draft.write_all(&vec![b' '; head]).map_err(failed)?;
        Ok(Self {
            draft,
            started,
            head,
            earlier: HashMap::new(),
            names: HashMap::new(),
            hasher: RandomState::new(),
            counts: Counts::default(),
        })
    }

    fn ended(&mut self, end: &JobEnd) -> io::Result<()> {
        self.counts.add(end.status, end.is_allowed_failure());
        let mut earlier = self.earlier.remove(&end.job.seq).unwrap_or_default();
        // If the run ended before a retry, the last attempt is among them.
        earlier.truncate(end.attempts.saturating_sub(1) as usize);
        let name = self.unique_name(text(describe::full_label(&end.job)));
        self.draft.write_all(case(name, end, earlier)?.as_bytes())
    }

    /// Returns the name, followed by a number if another test case has it.
    fn unique_name(&mut self, name: String) -> String {
        let mut unique = name.clone();
        loop {
            let count = self.names.entry(self.hasher.hash_one(&unique)).or_default();
            *count += 1;
            match *count {
                1 => return unique,
                count => unique = format!("{name} ({count})"),
            }
        }
    }
}

impl FileFormat for Junit {
    const WHAT: &'static str = "the JUnit report";

    fn interest(&self) -> Interest {
        Interest::ENDINGS_AND_RUN
    }

    fn draft(&self) -> &Draft {
        &self.draft
    }

    fn add(&mut self, event: &Event, at: SystemTime) -> io::Result<()> {
        match event {
            Event::JobRetried(retry) => {
                let attempts = self.earlier.entry(retry.job.seq).or_default();
                attempts.push(rerun(&retry.attempt));
                Ok(())
            }
            Event::JobEnded(end) => self.ended(end),
            Event::RunStarted { .. } => {
                self.started = at;
                Ok(())
            }
            Event::RunEnded { elapsed, .. } => {
                self.draft.write_all(b"    </testsuite>\n</testsuites>\n")?;
                let counts = self.counts;
                let of = |status| (counts.of(status) - counts.allowed_of(status)) as usize;
                let [errors, skipped] = [
                    of(Status::SpawnError),
                    of(Status::Canceled) + of(Status::Skipped) + counts.allowed() as usize,
                ];
                let all = counts.total() as usize;
                let failures = all - of(Status::Ok) - errors - skipped;
                let mut head = head([all, failures, errors, skipped], self.started, *elapsed)?;
                // Spaces before the last bracket have no meaning.
                let blanks = " ".repeat(self.head.saturating_sub(head.len()));
                head.insert_str(head.len() - 2, &blanks);
                self.draft.rewind()?;
                self.draft.write_all(head.as_bytes())
            }
            _ => Ok(()),
        }
    }

    fn finish(self) -> io::Result<()> {
        self.draft.finish()
    }
}

/// Returns the text before the first test case. `counts`: jobs, failures, errors, skipped.
fn head(counts: [usize; 4], started: SystemTime, elapsed: Duration) -> io::Result<String> {
    let mut suite = TestSuite::new(NAME);
    let mut report = Report::new(NAME);
    [suite.tests, suite.failures, suite.errors, suite.skipped] = counts;
    [report.tests, report.failures, report.errors, _] = counts;
    suite.timestamp = Some(moment(started));
    (suite.time, report.time) = (Some(elapsed), Some(elapsed));
    report.test_suites.push(suite);
    let text = report.to_string().map_err(of_xml)?;
    // A suite without test cases is a self-closing element; this one continues.
    let (head, _) = text.rsplit_once("/>").unwrap_or_default();
    // The schema allows `skipped` in a suite only; the first one is in the root.
    Ok(format!("{head}>\n").replacen(" skipped=\"0\"", "", 1))
}

/// Returns the test case of a job.
fn case(name: String, end: &JobEnd, earlier: Vec<TestRerun>) -> io::Result<String> {
    let mut case = TestCase::new(name, status(end, earlier));
    case.set_classname(NAME);
    let mut fact = |name, value: String| case.properties.push(Property::new(name, value));
    fact("seq", end.job.seq.to_string());
    fact("command", text(describe::paste(&end.job)));
    fact(
        "cwd",
        text(describe::escape(end.job.cwd.as_os_str().as_bytes())),
    );
    fact("status", end.status.to_string());
    fact("attempts", end.attempts.to_string());
    if let Some(last) = &end.last {
        let start = last.started_at.duration_since(UNIX_EPOCH);
        fact(
            "start_unix_s",
            seconds(start.unwrap_or_default()).to_string(),
        );
    }
    if let Some(exit) = end.last.as_ref().and_then(|last| last.exit()) {
        let cpu = exit.usage.user + exit.usage.system;
        fact("cpu_s", seconds(cpu).to_string());
        fact("max_rss_bytes", exit.usage.max_rss_bytes.to_string());
    }
    if let Some(last) = &end.last {
        case.set_time(last.wall);
        case.system_out = output(last, &last.stdout, TAIL).map(Into::into);
        case.system_err = output(last, &last.stderr, TAIL).map(Into::into);
    }
    let mut suite = TestSuite::new(NAME);
    suite.add_test_case(case);
    let mut report = Report::new(NAME);
    report.add_test_suite(suite);
    let xml = report.to_string().map_err(of_xml)?;
    let begin = xml.find("        <testcase").unwrap_or_default();
    let end = xml.rfind("    </testsuite>").unwrap_or(xml.len());
    // A tab in an attribute would be read as a blank if it stood there as itself.
    Ok(xml[begin..end].replace(TAB, "&#9;"))
}

fn status(end: &JobEnd, earlier: Vec<TestRerun>) -> TestCaseStatus {
    let mut status = match (end.status, kind(end.status)) {
        (Status::Ok, _) => TestCaseStatus::success(),
        (Status::Canceled | Status::Skipped, _) => TestCaseStatus::skipped(),
        _ if end.is_allowed_failure() => TestCaseStatus::skipped(),
        (_, kind) => TestCaseStatus::non_success(kind),
    };
    if end.status != Status::Ok {
        let ending = text(describe::ending(end));
        let message = match (end.reason, &end.last) {
            // The words for it name the reason.
            _ if end.failed_need.is_some() => ending.clone(),
            (_, Some(last)) if end.is_allowed_failure() => {
                format!("failed, allowed: {}", text(describe::attempt_ending(last)))
            }
            (Some(reason), _) => format!("{ending} ({})", reason.as_str()),
            (None, _) => ending.clone(),
        };
        status.set_message(message).set_type(end.status.as_str());
        if end.status.is_failure() {
            let lines = end.last.as_deref().map(last_lines).unwrap_or_default();
            let command = text(describe::paste(&end.job));
            let lines = text(lines.join("\n"));
            status.set_description(format!("{ending}\n$ {command}\n{lines}").trim_end());
        }
    }
    // Has no effect on a skipped test case.
    status.add_reruns(earlier);
    status
}

/// Returns an attempt that was retried.
fn rerun(attempt: &Attempt) -> TestRerun {
    let mut rerun = TestRerun::new(kind(attempt.status()));
    rerun
        .set_type(attempt.status().as_str())
        .set_message(text(describe::attempt_ending(attempt)));
    rerun.system_out = output(attempt, &attempt.stdout, EARLIER).map(Into::into);
    rerun.system_err = output(attempt, &attempt.stderr, EARLIER).map(Into::into);
    rerun
}

fn kind(status: Status) -> NonSuccessKind {
    match status {
        Status::SpawnError => NonSuccessKind::Error,
        _ => NonSuccessKind::Failure,
    }
}

/// Returns the last bytes of a stream, after a note about omitted ones.
fn output(attempt: &Attempt, spool: &Spool, most: u64) -> Option<String> {
    let OutputTail { bytes, cut } = OutputTail::of(spool, attempt.terminal, most);
    let shown = text(String::from_utf8_lossy(&bytes));
    match (cut, shown.is_empty()) {
        (0, true) => None,
        (0, false) => Some(shown),
        _ => Some(format!("[prun: {cut} earlier bytes omitted]\n{shown}")),
    }
}

/// Replaces a tab for the XML library, which drops tabs. The character occurs in no text, as XML forbids it.
const TAB: char = '\u{ffff}';

/// Converts text for XML: terminal sequences are removed, a carriage return becomes a newline, and other
/// control characters are escaped.
fn text(raw: impl AsRef<str>) -> String {
    let raw = raw.as_ref();
    let mut shown = String::with_capacity(raw.len());
    let mut rest = raw.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\n' => shown.push('\n'),
            '\t' => shown.push(TAB),
            '\r' if rest.peek() == Some(&'\n') => {}
            '\r' => shown.push('\n'),
            '\x1b' if skip_sequence(&mut rest) => {}
            c if c.is_control() && c.is_ascii() => shown.push_str(&format!("\\x{:02x}", c as u32)),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                shown.extend(c.escape_unicode());
            }
            c => shown.push(c),
        }
    }
    shown
}

/// Skips the rest of `ESC [ … letter`, if present.
fn skip_sequence(rest: &mut Peekable<Chars<'_>>) -> bool {
    let mut ahead = rest.clone();
    if ahead.next() != Some('[') {
        return false;
    }
    let last = ahead.find(|c| !matches!(c, ' '..='?'));
    let is_whole = last.is_some_and(|c| matches!(c, '@'..='~'));
    if is_whole {
        *rest = ahead;
    }
    is_whole
}

/// Converts a time to the type of the XML library.
fn moment<T: Default + Add<Duration, Output = T>>(at: SystemTime) -> T {
    // Its default is the epoch.
    T::default() + at.duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn of_xml(error: SerializeError) -> io::Error {
    io::Error::other(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_sequences_are_removed_and_other_controls_escaped() {
        assert_eq!(text("\x1b[1;31mred\x1b[0m\x1b[K"), "red");
        assert_eq!(
            text("a\r\nb\rc\0\x08\u{9b}\u{fffe}"),
            "a\nb\nc\\x00\\x08\\u{9b}\\u{fffe}"
        );
        assert_eq!(
            text("a\x1b]0;b\x1b[\u{e9}\x1b["),
            "a\\x1b]0;b\\x1b[\u{e9}\\x1b["
        );
        assert_eq!(text("a\tb"), format!("a{TAB}b"));
    }
}
