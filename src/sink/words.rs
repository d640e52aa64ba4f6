//! What a person reads of a job and of a run: names, commands, endings.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use crate::event::{Attempt, Cause, End, JobEnd, NumberedJob, Outcome, RunningJob, Status, Stop};
use crate::plan::{Spoken, Work, format_duration};
use crate::process::{join, quote};

/// A command longer than this is shortened where it stands for a name.
const LONGEST_LABEL: usize = 60;

/// The slot that a command is shown with before it has one.
const FIRST_SLOT: u32 = 1;

/// Whether a character could take over the terminal or make text look like other text.
fn is_treacherous(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2028}' | '\u{2029}' | '\u{2066}'..='\u{2069}')
}

/// Text from elsewhere, with its control and bidi characters escaped; tabs stay.
pub(crate) fn escape(text: &[u8]) -> String {
    let mut shown = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\t' => shown.push(c),
                c if c.is_ascii_control() => shown.push_str(&format!("\\x{:02x}", c as u32)),
                c if is_treacherous(c) => shown.extend(c.escape_unicode()),
                c => shown.push(c),
            }
        }
        for byte in chunk.invalid() {
            shown.push_str(&format!("\\x{byte:02x}"));
        }
    }
    shown
}

/// A word in the shell's own spelling for bytes that must not be shown as they are.
fn quote_visibly(word: &OsStr) -> String {
    let is_plain = |text: &str| !text.contains(is_treacherous);
    if let Some(text) = word.to_str().filter(|text| is_plain(text)) {
        return quote(OsStr::new(text)).to_string_lossy().into_owned();
    }
    let mut shown = String::from("$'");
    for chunk in word.as_bytes().utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\'' | '\\' => shown.extend(['\\', c]),
                c if is_treacherous(c) => {
                    let mut bytes = [0; 4];
                    let bytes = c.encode_utf8(&mut bytes).bytes();
                    shown.extend(bytes.map(|byte| format!("\\x{byte:02x}")));
                }
                c => shown.push(c),
            }
        }
        shown.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    shown.push('\'');
    shown
}

/// The command as its user wrote it.
pub(super) fn command(job: &NumberedJob) -> Cow<'_, OsStr> {
    match job.job.work.line() {
        Some(line) => Cow::Borrowed(line),
        None => Cow::Owned(join(planned_argv(job).0)),
    }
}

/// The words that are, or would be, executed.
pub(super) fn argv(end: &JobEnd) -> (Cow<'_, [OsString]>, bool) {
    match &end.last {
        Some(last) => (Cow::Borrowed(&last.argv), last.shell),
        None => {
            let (argv, shell) = planned_argv(&end.job);
            (Cow::Owned(argv), shell)
        }
    }
}

/// The words that would be executed first, in the first slot, and whether they are a shell's.
pub(super) fn planned_argv(job: &NumberedJob) -> (Vec<OsString>, bool) {
    let Spoken { direct, shell } = job.job.work.spoken(&job.job.args, job.seq, FIRST_SLOT);
    match direct {
        Some(argv) => (argv, false),
        None => (shell.unwrap_or_default(), true),
    }
}

/// The command in one line that can be pasted into a shell.
pub(super) fn paste(job: &NumberedJob) -> String {
    let is_line = match &job.job.work {
        Work::Line { .. } => true,
        Work::Recorded { .. } => job.job.args.is_empty(),
        Work::Argv(_) | Work::Template(_) => false,
    };
    if let Some(line) = job.job.work.line().filter(|_| is_line) {
        return match line.to_str() {
            Some(text) if !text.contains(is_treacherous) => text.to_owned(),
            _ => format!("sh -c {}", quote_visibly(line)),
        };
    }
    let (argv, _) = planned_argv(job);
    let words: Vec<String> = argv.iter().map(|word| quote_visibly(word)).collect();
    words.join(" ")
}

/// The command line of one job among those of its template.
pub(super) fn told_apart(job: &NumberedJob) -> Cow<'_, OsStr> {
    if job.job.args.is_empty() {
        return command(job);
    }
    match planned_argv(job) {
        (argv, false) => Cow::Owned(join(argv)),
        (_, true) => {
            let mut line = command(job).into_owned();
            line.push(" ::: ");
            line.push(join(&job.job.args));
            Cow::Owned(line)
        }
    }
}

/// What a job is called: its name, or its command.
pub(super) fn full_label(job: &NumberedJob) -> String {
    match &job.job.name {
        Some(name) => escape(name.as_bytes()),
        None => escape(told_apart(job).as_bytes()),
    }
}

/// What a job is called: its name, or its shortened command.
pub(super) fn label(job: &NumberedJob) -> String {
    let command = full_label(job);
    if job.job.name.is_some() {
        return command;
    }
    match command.char_indices().nth(LONGEST_LABEL) {
        None => command,
        Some(_) => command
            .chars()
            .take(LONGEST_LABEL - 1)
            .chain(['…'])
            .collect(),
    }
}

/// How a job ended, in words.
pub(super) fn ending(end: &JobEnd) -> String {
    match &end.last {
        None => end.status.to_string(),
        Some(last) => attempt_ending(last),
    }
}

/// How an attempt ended, in words.
pub(super) fn attempt_ending(attempt: &Attempt) -> String {
    match &attempt.outcome {
        Outcome::NotStarted(why) => format!("could not start: {}", escape(why.as_bytes())),
        Outcome::Lost(why) => why.clone(),
        Outcome::TimedOut { limit, .. } => format!("timed out after {}", format_duration(*limit)),
        Outcome::Canceled { .. } => Status::Canceled.to_string(),
        Outcome::NeededTerminal { .. } => "it needs the terminal: run it with --tty".to_owned(),
        Outcome::Exited(exit) => match (exit.code, exit.signal) {
            (Some(0), _) => Status::Ok.to_string(),
            (Some(code), _) => exit_code(attempt, code),
            (None, Some(signal)) if exit.core_dumped => format!("killed by {signal}, core dumped"),
            (None, Some(signal)) => format!("killed by {signal}"),
            (None, None) => Status::Failed.to_string(),
        },
    }
}

/// An exit code. By two of them a shell says that it could not execute a program, but so may any
/// program: the reason is told where the words were seen to fail before the shell was asked.
fn exit_code(attempt: &Attempt, code: i32) -> String {
    match &attempt.exec_error {
        Some(why) if matches!(code, 126 | 127) => {
            format!("exit {code}, {}", escape(why.as_bytes()))
        }
        _ => format!("exit {code}"),
    }
}

/// What ended the run, what becomes of the jobs, and what the next signal will do.
pub(super) fn stopping(stop: &Stop) -> String {
    let why = match (stop.cause, stop.end) {
        (Cause::Signal(signal), End::Killed) => format!("{signal} again"),
        (Cause::Signal(signal), _) => signal.to_string(),
        (Cause::FailFast, _) => "enough jobs have failed".to_owned(),
        (Cause::Deadline, _) => "the deadline has passed".to_owned(),
        (Cause::Race { .. }, _) => "the race is decided".to_owned(),
    };
    let jobs = match stop.running {
        0 => return format!("{why}: nothing runs, and nothing more is started"),
        1 => "1 job".to_owned(),
        n => format!("{n} jobs"),
    };
    let grace = format_duration(stop.grace);
    match (stop.end, stop.cause) {
        (End::Awaited, _) => format!("{why}: nothing more is started, {jobs} may end"),
        (End::Killed, _) => format!("{why}: killing {jobs}; once more leaves at once"),
        (End::Gentle, Cause::Signal(_)) => {
            format!("{why}: ending {jobs}, killed after {grace}; once more kills at once")
        }
        (End::Gentle, _) => format!("{why}: ending {jobs}, killed after {grace}"),
    }
}

/// The running jobs, oldest first.
pub(super) fn running(running: &[RunningJob]) -> Vec<String> {
    let mut lines = vec![match running.len() {
        0 => "prun: nothing runs".to_owned(),
        1 => "prun: 1 job runs".to_owned(),
        n => format!("prun: {n} jobs run"),
    }];
    lines.extend(running.iter().map(|RunningJob { start, elapsed }| {
        let (label, elapsed) = (label(&start.job), format_duration(*elapsed));
        format!(
            "── {label} ({elapsed}, slot {}, pid {})",
            start.slot, start.pid
        )
    }));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStringExt;

    #[test]
    fn control_and_bidi_characters_are_escaped() {
        assert_eq!(escape(b"a\x1b[31m\x07\tb"), "a\\x1b[31m\\x07\tb");
        assert_eq!(escape("x\u{202e}y\u{9b}".as_bytes()), "x\\u{202e}y\\u{9b}");
        assert_eq!(escape(b"\xff\xfe"), "\\xff\\xfe");
    }

    #[test]
    fn a_word_with_such_bytes_can_be_pasted() {
        for (word, shown) in [
            (&b"a'b\\c\x1b]0;x\x07"[..], r"$'a\'b\\c\x1b]0;x\x07'"),
            (b"\xff", r"$'\xff'"),
            ("\u{202e}".as_bytes(), r"$'\xe2\x80\xae'"),
        ] {
            assert_eq!(quote_visibly(OsStr::from_bytes(word)), shown);
        }
        let plain = OsString::from_vec(b"it's".to_vec());
        assert_eq!(quote_visibly(&plain), r#"'it'"'"'s'"#);
    }
}
