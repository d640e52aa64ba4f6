//! Text for people about jobs and runs: names, commands, results.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use crate::event::{Attempt, Cancellation, Cause, End, JobEnd, NumberedJob, RunningJob};
use crate::plan::{Invocation, Shell, format_duration};
use crate::process::{Signal, append_quoted, quote};
use crate::record::{FIRST_SLOT, full_command, planned_argv};

/// The maximum length, in characters, of a command that serves as a name.
const MAX_LABEL: usize = 60;

/// Whether a character could control the terminal, make text look like other text, or is invisible.
/// `before` is the preceding character.
fn is_unsafe(before: Option<char>, c: char) -> bool {
    match c {
        // Direction marks and line separators.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' => true,
        // Joiners and variation selectors, allowed after a letter of a script or an emoji.
        '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' => {
            !before.is_some_and(|c| !c.is_ascii() || c.is_ascii_digit() || matches!(c, '#' | '*'))
        }
        // Other characters that are invisible, or look like a space.
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

/// Returns each character with the preceding one.
fn with_before(text: &str) -> impl Iterator<Item = (Option<char>, char)> {
    let before = std::iter::once(None).chain(text.chars().map(Some));
    before.zip(text.chars())
}

/// Escapes control and bidi characters in untrusted text; tabs stay.
pub(crate) fn escape(text: &[u8]) -> String {
    let mut shown = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        for (before, c) in with_before(chunk.valid()) {
            match c {
                '\t' => shown.push(c),
                c if c.is_ascii_control() => shown.push_str(&format!("\\x{:02x}", c as u32)),
                c if is_unsafe(before, c) => shown.extend(c.escape_unicode()),
                c => shown.push(c),
            }
        }
        for byte in chunk.invalid() {
            shown.push_str(&format!("\\x{byte:02x}"));
        }
    }
    shown
}

/// Whether a text can be shown unchanged, on one line.
pub(super) fn is_visible(text: &OsStr) -> bool {
    // Nearly every text is.
    let is_printable = |byte: &u8| matches!(byte, b' '..=b'~');
    text.as_bytes().iter().all(is_printable)
        || text
            .to_str()
            .is_some_and(|text| !with_before(text).any(|(before, c)| is_unsafe(before, c)))
}

/// Returns a format with which printf(1) writes these bytes, in printable characters.
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
                // A leading `-` would start an option.
                '-' if format.is_empty() => format.push_str(&octal(b"-")),
                c if is_unsafe(before, c) => {
                    format.push_str(&octal(c.encode_utf8(&mut [0; 4]).as_bytes()));
                }
                c => format.push(c),
            }
        }
        format.push_str(&octal(chunk.invalid()));
    }
    format
}

/// Returns a command substitution that expands to these bytes as one word, without the characters in
/// `without`. Trailing newlines are lost.
fn printed(bytes: &[u8], without: &[char]) -> String {
    let mut format = printf_format(bytes);
    // An interactive shell may expand `!` in double quotes (history expansion).
    for c in ['!'].iter().chain(without) {
        format = format.replace(*c, &format!("\\{:03o}", *c as u32));
    }
    let format = quote(OsStr::new(&format));
    format!("\"$(printf {})\"", format.to_string_lossy())
}

/// Quotes a word for a shell in printable characters, except for trailing newlines.
pub(super) fn quote_visibly(word: &OsStr) -> OsString {
    match is_visible(word) || word.as_bytes().ends_with(b"\n") {
        true => quote(word),
        false => printed(word.as_bytes(), &[]).into(),
    }
}

/// Quotes words in printable characters and joins them with blanks.
pub(super) fn join_visibly(words: &[OsString]) -> OsString {
    let mut text = Vec::with_capacity(words.iter().map(|word| word.len() + 3).sum());
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            text.push(b' ');
        }
        match is_visible(word) {
            true => append_quoted(word, &mut text),
            false => text.extend_from_slice(quote_visibly(word).as_bytes()),
        }
    }
    OsString::from_vec(text)
}

/// Returns a command line in printable characters, on one line.
pub(super) fn visible_script(script: &OsStr) -> String {
    match script.to_str() {
        Some(text) if is_visible(script) => text.to_owned(),
        _ => script_without(script, &[]),
    }
}

/// The same for a line that is not needed any more.
pub(super) fn visible_line(script: OsString) -> String {
    match is_visible(&script) {
        true => script
            .into_string()
            .unwrap_or_else(|script| visible_script(&script)),
        false => visible_script(&script),
    }
}

/// Returns an equivalent command line without these ASCII characters.
pub(super) fn script_without(script: &OsStr, without: &[char]) -> String {
    let shell = Shell::default().argv(script);
    let operand = shell.last().map_or(script, OsString::as_os_str);
    format!("sh -c {}", printed(operand.as_bytes(), without))
}

/// Returns the command alone, on one line that can be pasted into a shell.
pub(super) fn paste(job: &NumberedJob) -> String {
    let is_line = match &job.job.invocation {
        Invocation::Line { .. } => true,
        Invocation::Recorded { .. } => job.job.args.is_empty(),
        Invocation::Argv(_) | Invocation::Template(_) | Invocation::Replacement(_) => false,
    };
    if let Some(line) = job.job.invocation.line().filter(|_| is_line) {
        return visible_script(line);
    }
    let (argv, _) = planned_argv(job, FIRST_SLOT);
    visible_line(join_visibly(&argv))
}

/// Returns the label of a job: its name, or its command.
pub(super) fn full_label(job: &NumberedJob) -> String {
    match &job.job.name {
        Some(name) => escape(name.as_bytes()),
        None => escape(full_command(job).as_bytes()),
    }
}

/// Returns the label of a job: its name, or its command, shortened.
pub(super) fn label(job: &NumberedJob) -> String {
    let command = full_label(job);
    if job.job.name.is_some() {
        return command;
    }
    match command.char_indices().nth(MAX_LABEL) {
        None => command,
        Some(_) => command.chars().take(MAX_LABEL - 1).chain(['…']).collect(),
    }
}

/// The label of a job among others of the same template: its name or its values.
pub(super) fn short_label(job: &NumberedJob) -> String {
    match (&job.job.name, job.job.args.as_slice()) {
        (None, [_, ..]) => {
            let values = job.job.args.iter().map(|value| escape(value.as_bytes()));
            values.collect::<Vec<_>>().join(" ")
        }
        _ => label(job),
    }
}

/// Describes how a job ended.
pub(super) fn ending(end: &JobEnd) -> String {
    if let Some(need) = &end.failed_need {
        let why = format!("{} because {} failed: {}", end.status, need.name, need.how);
        return escape(why.as_bytes());
    }
    let how = match &end.last {
        None => end.status.to_string(),
        Some(last) => attempt_ending(last),
    };
    match end.is_allowed_failure() {
        true => format!("{how}, allowed"),
        false => how,
    }
}

/// Describes how an attempt ended.
pub(super) fn attempt_ending(attempt: &Attempt) -> String {
    escape(attempt.ending().as_bytes())
}

/// Describes why the run ends early, what happens to the jobs, and what the next signal will do.
pub(super) fn stopping(stop: &Cancellation) -> String {
    let why = match (stop.cause, stop.end) {
        (Cause::Signal(signal), End::Killed) => format!("{signal} again"),
        (Cause::Signal(signal), _) => signal.to_string(),
        (Cause::FailFast, _) => "failure limit reached".to_owned(),
        (Cause::Deadline, _) => "deadline exceeded".to_owned(),
        (Cause::Race { .. }, _) => "race decided".to_owned(),
    };
    let jobs = match stop.running {
        0 => return format!("{why}: no jobs are running, and no more will be started"),
        1 => "1 job".to_owned(),
        n => format!("{n} jobs"),
    };
    let grace = format_duration(stop.grace);
    let again = match stop.cause {
        Cause::Signal(Signal::INT) => "press Ctrl-C",
        _ => "signal",
    };
    match (stop.end, stop.cause) {
        (End::Awaited, _) => format!("{why}: waiting for {jobs}; no more will be started"),
        (End::Killed, _) => format!("{why}: killing {jobs}; {again} again to exit now"),
        (End::Gentle, Cause::Signal(_)) => {
            format!("{why}: cancelling {jobs} (SIGKILL in {grace}); {again} again to kill now")
        }
        (End::Gentle, _) => format!("{why}: cancelling {jobs} (SIGKILL in {grace})"),
    }
}

/// Lists the running jobs, oldest first.
pub(super) fn running(running: &[RunningJob]) -> Vec<String> {
    let mut lines = vec![match running.len() {
        0 => "prun: no jobs running".to_owned(),
        1 => "prun: running 1 job".to_owned(),
        n => format!("prun: running {n} jobs"),
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

    #[test]
    fn control_and_bidi_characters_are_escaped() {
        assert_eq!(escape(b"a\x1b[31m\x07\tb"), "a\\x1b[31m\\x07\tb");
        assert_eq!(escape("x\u{202e}y\u{9b}".as_bytes()), "x\\u{202e}y\\u{9b}");
        assert_eq!(escape(b"\xff\xfe"), "\\xff\\xfe");
    }

    #[test]
    fn invisible_characters_are_escaped() {
        for hidden in "\u{200b}\u{ad}\u{2060}\u{feff}\u{200d}\u{fe0f}\u{e0061}\u{3164}".chars() {
            let text = format!("a{hidden}b");
            assert_eq!(
                escape(text.as_bytes()),
                format!("a{}b", hidden.escape_unicode())
            );
        }
        for visible in [
            "\u{26a0}\u{fe0f}",
            "1\u{fe0f}\u{20e3}",
            "\u{1f469}\u{200d}\u{1f469}",
            "\u{645}\u{6cc}\u{200c}\u{62e}",
            "e\u{301}",
        ] {
            assert_eq!(escape(visible.as_bytes()), visible);
        }
    }

    /// Returns the output of a script.
    fn output_of(script: &str) -> Vec<u8> {
        let output = std::process::Command::new("/bin/sh")
            .args(["-c", script])
            .output();
        output.unwrap().stdout
    }

    fn is_printable(text: &str) -> bool {
        text.chars()
            .all(|c| c == ' ' || c.is_alphanumeric() || c.is_ascii_punctuation())
    }

    #[test]
    fn a_word_with_unprintable_bytes_can_be_pasted() {
        for word in [
            &b"a'b\\c\x1b]0;x\x07"[..],
            b"\xff",
            "\u{202e}%s!\té".as_bytes(),
            b"-n\na",
        ] {
            let shown = quote_visibly(OsStr::from_bytes(word));
            let shown = shown.to_str().unwrap();
            assert_eq!(output_of(&format!("printf %s {shown}")), word, "{shown}");
            assert!(is_printable(shown), "{shown}");
        }
        let plain = OsString::from_vec(b"it's".to_vec());
        assert_eq!(quote_visibly(&plain), r#"'it'"'"'s'"#);
    }

    #[test]
    fn a_line_with_unprintable_bytes_can_be_pasted() {
        for (line, expected) in [
            ("printf %s 'a\n\n'", "a\n\n"),
            ("cat <<X\na\tb\nX\n", "a\tb\n"),
            ("-x 2>/dev/null\nprintf %s \"it's\"", "it's"),
        ] {
            let shown = visible_script(OsStr::new(line));
            assert_eq!(output_of(&shown), expected.as_bytes(), "{shown}");
            assert!(is_printable(&shown), "{shown}");
        }
        assert_eq!(visible_script(OsStr::new("a | b")), "a | b");
    }
}
