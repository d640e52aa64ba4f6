//! What a person reads of a job and of a run: names, commands, endings.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use crate::event::{Attempt, Cause, End, JobEnd, NumberedJob, Outcome, RunningJob, Status, Stop};
use crate::plan::{Invocation, Shell, format_duration};
use crate::process::quote;
use crate::record::{FIRST_SLOT, planned_argv, told_apart};

/// A command longer than this is shortened where it stands for a name.
const LONGEST_LABEL: usize = 60;

/// Whether a character could take over the terminal, make text look like other text, or is not seen
/// at all. `before` is the character that it follows.
fn is_treacherous(before: Option<char>, c: char) -> bool {
    match c {
        // Marks of direction and of lines.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' => true,
        // What joins or varies the character before it, which may be a letter of a script or an emoji.
        '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' => {
            !before.is_some_and(|c| !c.is_ascii() || c.is_ascii_digit() || matches!(c, '#' | '*'))
        }
        // The rest of those that have no shape, or that of a blank without being one.
        '\u{ad}'
        | '\u{34f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{200b}'
        | '\u{180b}'..='\u{180f}'
        | '\u{2060}'..='\u{206f}'
        | '\u{2800}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => true,
        c => c.is_control(),
    }
}

/// Each character with the one before it.
fn with_before(text: &str) -> impl Iterator<Item = (Option<char>, char)> {
    let before = std::iter::once(None).chain(text.chars().map(Some));
    before.zip(text.chars())
}

/// Text from elsewhere, with its control and bidi characters escaped; tabs stay.
pub(crate) fn escape(text: &[u8]) -> String {
    let mut shown = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        for (before, c) in with_before(chunk.valid()) {
            match c {
                '\t' => shown.push(c),
                c if c.is_ascii_control() => shown.push_str(&format!("\\x{:02x}", c as u32)),
                c if is_treacherous(before, c) => shown.extend(c.escape_unicode()),
                c => shown.push(c),
            }
        }
        for byte in chunk.invalid() {
            shown.push_str(&format!("\\x{byte:02x}"));
        }
    }
    shown
}

/// Whether a text can be shown as it is, on one line.
pub(super) fn is_visible(text: &OsStr) -> bool {
    text.to_str()
        .is_some_and(|text| !with_before(text).any(|(before, c)| is_treacherous(before, c)))
}

/// A format by which printf(1) writes these bytes, in characters that can be shown.
pub(super) fn printf_format(bytes: &[u8]) -> String {
    let mut format = String::with_capacity(bytes.len());
    let octal = |bytes: &[u8]| -> String { bytes.iter().map(|b| format!("\\{b:03o}")).collect() };
    for chunk in bytes.utf8_chunks() {
        for (before, c) in with_before(chunk.valid()) {
            match c {
                '\n' => format.push_str("\\n"),
                '\t' => format.push_str("\\t"),
                '\\' => format.push_str("\\\\"),
                '%' => format.push_str("%%"),
                // It would be an option.
                '-' if format.is_empty() => format.push_str(&octal(b"-")),
                c if is_treacherous(before, c) => {
                    format.push_str(&octal(c.encode_utf8(&mut [0; 4]).as_bytes()));
                }
                c => format.push(c),
            }
        }
        format.push_str(&octal(chunk.invalid()));
    }
    format
}

/// What a shell puts these bytes in place of, as one word; newlines at their end are lost. None of
/// these characters is in it.
fn printed(bytes: &[u8], without: &[char]) -> String {
    let mut format = printf_format(bytes);
    // In double quotes an interactive shell may take `!` for an event of its history.
    for c in ['!'].iter().chain(without) {
        format = format.replace(*c, &format!("\\{:03o}", *c as u32));
    }
    let format = quote(OsStr::new(&format));
    format!("\"$(printf {})\"", format.to_string_lossy())
}

/// A word in a shell's spelling, in characters that can be shown but for newlines at its end.
pub(super) fn quote_visibly(word: &OsStr) -> OsString {
    match is_visible(word) || word.as_bytes().ends_with(b"\n") {
        true => quote(word),
        false => printed(word.as_bytes(), &[]).into(),
    }
}

/// A command line in characters that can be shown, on one line.
pub(super) fn visible_script(script: &OsStr) -> String {
    match script.to_str() {
        Some(text) if is_visible(script) => text.to_owned(),
        _ => script_without(script, &[]),
    }
}

/// The same command line without any of these ASCII characters.
pub(super) fn script_without(script: &OsStr, without: &[char]) -> String {
    let shell = Shell::default().argv(script);
    let operand = shell.last().map_or(script, OsString::as_os_str);
    format!("sh -c {}", printed(operand.as_bytes(), without))
}

/// The command alone, in one line that can be pasted into a shell.
pub(super) fn paste(job: &NumberedJob) -> String {
    let is_line = match &job.job.work {
        Invocation::Line { .. } => true,
        Invocation::Recorded { .. } => job.job.args.is_empty(),
        Invocation::Argv(_) | Invocation::Template(_) => false,
    };
    if let Some(line) = job.job.work.line().filter(|_| is_line) {
        return visible_script(line);
    }
    let (argv, _) = planned_argv(job, FIRST_SLOT);
    let words: Vec<_> = argv.iter().map(|word| quote_visibly(word)).collect();
    visible_script(&words.join(OsStr::new(" ")))
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
        Outcome::Lost(why) | Outcome::NotStartedInTime { why, .. } => why.clone(),
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
    fn characters_that_are_not_seen_are_escaped() {
        for hidden in "\u{200b}\u{ad}\u{2060}\u{feff}\u{200d}\u{fe0f}\u{e0061}\u{3164}".chars() {
            let text = format!("a{hidden}b");
            assert_eq!(
                escape(text.as_bytes()),
                format!("a{}b", hidden.escape_unicode())
            );
        }
        for seen in [
            "\u{26a0}\u{fe0f}",
            "1\u{fe0f}\u{20e3}",
            "\u{1f469}\u{200d}\u{1f469}",
            "\u{645}\u{6cc}\u{200c}\u{62e}",
            "e\u{301}",
        ] {
            assert_eq!(escape(seen.as_bytes()), seen);
        }
    }

    /// What a shell makes of it.
    fn said(script: &str) -> Vec<u8> {
        let output = std::process::Command::new("/bin/sh")
            .args(["-c", script])
            .output();
        output.unwrap().stdout
    }

    fn is_shown(text: &str) -> bool {
        text.chars()
            .all(|c| c == ' ' || c.is_alphanumeric() || c.is_ascii_punctuation())
    }

    #[test]
    fn a_word_with_such_bytes_can_be_pasted() {
        for word in [
            &b"a'b\\c\x1b]0;x\x07"[..],
            b"\xff",
            "\u{202e}%s!\té".as_bytes(),
            b"-n\na",
        ] {
            let shown = quote_visibly(OsStr::from_bytes(word));
            let shown = shown.to_str().unwrap();
            assert_eq!(said(&format!("printf %s {shown}")), word, "{shown}");
            assert!(is_shown(shown), "{shown}");
        }
        let plain = OsString::from_vec(b"it's".to_vec());
        assert_eq!(quote_visibly(&plain), r#"'it'"'"'s'"#);
    }

    #[test]
    fn a_line_with_such_bytes_can_be_pasted() {
        for (line, expected) in [
            ("printf %s 'a\n\n'", "a\n\n"),
            ("cat <<X\na\tb\nX\n", "a\tb\n"),
            ("-x 2>/dev/null\nprintf %s \"it's\"", "it's"),
        ] {
            let shown = visible_script(OsStr::new(line));
            assert_eq!(said(&shown), expected.as_bytes(), "{shown}");
            assert!(is_shown(&shown), "{shown}");
        }
        assert_eq!(visible_script(OsStr::new("a | b")), "a | b");
    }
}
