//! The HTML report: one file without external resources.
//!
//! The page is a template with its own style and script; the run is embedded as JSON, from which the script draws.
//! No text of a job is ever markup: `<`, `>` and `&` are escaped in the JSON, the script creates text nodes, and
//! the content security policy allows only this script and this style, by their hashes.

use std::collections::HashMap;
use std::fmt::Display;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::run_file::{Draft, FileFormat, RunFileError};
use crate::event::{Attempt, Event, JobEnd, Status};
use crate::plan::Scheduling;
use crate::record::seconds;
use crate::sink::describe;
use crate::sink::human::OutputTail;
use crate::sink::sink::Interest;

const PAGE: &str = include_str!("report/page.html");
const STYLE: &str = include_str!("report/style.css");
const SCRIPT: &str = concat!(
    include_str!("report/colours.js"),
    include_str!("report/graph.js"),
    include_str!("report/summary.js"),
    include_str!("report/timeline.js"),
    include_str!("report/table.js"),
    include_str!("report/script.js")
);

/// The number of bytes kept of each stream of a failed job.
const OUTPUT: u64 = 16 * 1024;
/// The number of bytes kept of all output, so that a browser can open the page.
const ALL_OUTPUT: usize = 8 * 1024 * 1024;
/// The maximum number of prun's own messages.
const NOTES: usize = 100;

/// Writes the page.
pub(crate) struct Report {
    draft: Draft,
    /// The start of the run. All times are relative to it, so changes of the system clock do not matter.
    started: SystemTime,
    /// Earlier attempts of jobs that were retried.
    earlier: HashMap<u64, Vec<Value>>,
    /// The remaining space for output.
    capacity: usize,
    notes: Vec<String>,
    /// The separator before the next job.
    separator: &'static str,
}

impl Report {
    pub(crate) fn create(option: &'static str, path: &Path) -> Result<Self, RunFileError> {
        let mut draft = Draft::create(option, path)?;
        let (head, _) = page();
        let head = head + "{\"jobs\":[";
        let written = draft.write_all(head.as_bytes());
        written.map_err(|error| RunFileError::new(option, path, error))?;
        Ok(Self {
            draft,
            started: SystemTime::now(),
            earlier: HashMap::new(),
            capacity: ALL_OUTPUT,
            notes: Vec::new(),
            separator: "\n",
        })
    }

    fn note(&mut self, note: impl Display) {
        if self.notes.len() < NOTES {
            self.notes
                .push(describe::escape(note.to_string().as_bytes()));
        }
    }

    /// Returns slot, start, duration and status of an attempt.
    fn attempt(&self, attempt: &Attempt) -> Value {
        let (start, wall) = (moment(self.started + attempt.begun), seconds(attempt.wall));
        json!([attempt.slot, start, wall, attempt.status().as_str()])
    }

    fn ended(&mut self, end: &JobEnd) -> io::Result<()> {
        let mut tries = self.earlier.remove(&end.job.seq).unwrap_or_default();
        // If the run ended before a retry, the last attempt is among them.
        tries.truncate(end.attempts.saturating_sub(1) as usize);
        let last = end.last.as_deref();
        tries.extend(last.map(|last| self.attempt(last)));
        let exit = last.and_then(|last| last.exit());
        let mut job = json!({
            "seq": end.job.seq,
            "label": describe::full_label(&end.job),
            "cmd": describe::paste(&end.job),
            "status": end.status.as_str(),
            "reason": end.reason.map(|reason| reason.as_str()),
            "ending": describe::ending(end),
            "attempts": end.attempts,
            "tries": tries,
            "queued": end.queued.map(seconds),
            "wall": last.map(|last| seconds(last.wall)),
            "cpu": exit.map(|exit| seconds(exit.usage.user + exit.usage.system)),
            "rss": exit.map(|exit| exit.usage.max_rss_bytes),
        });
        if end.job.job.name.is_some() {
            // Only a job with a name can be needed.
            job["named"] = true.into();
        }
        if let Some(scheduling) = &end.job.job.scheduling {
            schedule(&mut job, scheduling);
        }
        if end.is_allowed_failure() {
            job["allowed"] = true.into();
        }
        if let Some(need) = &end.failed_need {
            job["cause"] = [&need.name, &need.how]
                .map(|text| visible(text))
                .to_vec()
                .into();
        }
        if let Some(last) = last.filter(|_| is_shown(end.status)) {
            for (text, cut, spool) in [
                ("out", "out_cut", &last.stdout),
                ("err", "err_cut", &last.stderr),
            ] {
                let tail = OutputTail::of(spool, last.terminal, OUTPUT.min(self.capacity as u64));
                self.capacity -= tail.bytes.len().min(self.capacity);
                job[text] = String::from_utf8_lossy(&tail.bytes).into();
                job[cut] = tail.cut.into();
            }
        }
        let text = format!("{}{}", self.separator, escaped(&job));
        self.separator = ",\n";
        self.draft.write_all(text.as_bytes())
    }
}

impl FileFormat for Report {
    const WHAT: &'static str = "the report";

    fn interest(&self) -> Interest {
        Interest::ENDINGS_AND_RUN
    }

    fn draft(&self) -> &Draft {
        &self.draft
    }

    fn add(&mut self, event: &Event, at: SystemTime) -> io::Result<()> {
        match event {
            Event::JobRetried(retry) => {
                let attempt = self.attempt(&retry.attempt);
                let tries = self.earlier.entry(retry.job.seq).or_default();
                tries.push(attempt);
            }
            Event::JobEnded(end) => self.ended(end)?,
            Event::Canceled(stop) => self.note(describe::stopping(stop)),
            Event::Warned(text) | Event::InputFailed(text) => self.note(text),
            Event::RunEnded { elapsed, .. } => {
                let end = json!({
                    "at": moment(self.started + *elapsed),
                    "elapsed": seconds(*elapsed),
                    "notes": self.notes,
                });
                let (_, rest) = page();
                write!(self.draft, "\n],\n\"end\":{}}}{rest}", escaped(&end))?;
            }
            Event::RunStarted { .. } => self.started = at,
            Event::InputEnded { .. }
            | Event::JobStarted(_)
            | Event::JobPrinted(_)
            | Event::Suspended
            | Event::JobsWaited(_)
            | Event::Continued
            | Event::Asked(_)
            | Event::OutputFailed(_) => {}
        }
        Ok(())
    }

    fn finish(self) -> io::Result<()> {
        self.draft.finish()
    }
}

/// Adds how a job was scheduled: only what differs from most jobs, since there may be many.
fn schedule(job: &mut Value, scheduling: &Scheduling) {
    let Scheduling {
        needs,
        weight,
        pool,
        allow_failure,
        service,
    } = scheduling;
    if !needs.is_empty() {
        let names = needs.iter().map(|need| visible(&need.name));
        job["needs"] = names.collect::<Vec<_>>().into();
    }
    if weight.get() > 1 {
        job["weight"] = weight.get().into();
    }
    if let Some(pool) = pool {
        job["pool"] = visible(&pool.name);
    }
    if *allow_failure {
        job["may_fail"] = true.into();
    }
    if service.is_some() {
        job["service"] = true.into();
    }
}

fn visible(text: &str) -> Value {
    describe::escape(text.as_bytes()).into()
}

/// Whether the page shows the output of jobs with this status.
fn is_shown(status: Status) -> bool {
    !matches!(status, Status::Ok | Status::Canceled | Status::Skipped)
}

fn moment(at: SystemTime) -> f64 {
    let since: Duration = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    seconds(since)
}

/// Returns the page before its data, and after.
fn page() -> (String, String) {
    let hash = |text| format!("sha256-{}", STANDARD.encode(Sha256::digest(text)));
    let (head, rest) = PAGE.split_once("{data}").unwrap_or((PAGE, ""));
    let head = head
        .replace("{script}", &hash(SCRIPT))
        .replace("{style}", &hash(STYLE))
        .replace("{css}", STYLE);
    (head, rest.replace("{js}", SCRIPT))
}

/// Returns JSON that cannot end the enclosing element.
fn escaped(value: &Value) -> String {
    let mut text = String::new();
    for c in value.to_string().chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                text.push_str(&format!("\\u{:04x}", c as u32));
            }
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_can_be_markup() {
        let value = json!(["</script><!--&amp;\u{2028}\u{2029}\"\\"]);
        let text = escaped(&value);
        assert!(!text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']));
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn the_page_has_one_script_one_style_and_no_address() {
        let (head, rest) = page();
        let whole = head + "{}" + &rest;
        for (part, times) in [
            ("<style", 1),
            ("<script", 2),
            (" style=", 0),
            (" src=", 0),
            (" href=", 0),
            ("//", 0),
        ] {
            let markup = whole.replace(STYLE, "").replace(SCRIPT, "");
            assert_eq!(markup.matches(part).count(), times, "{part}");
        }
        assert!(!whole.contains("innerHTML") && !whole.contains("eval("));
    }
}
