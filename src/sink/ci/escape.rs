//! Escapes untrusted text for the log of a CI system, where some text is a command.
//!
//! A job's own annotations pass, but its output cannot close the group around it, nor open a group that
//! hides what follows. A command that would is made plain text by an inserted character:
//!
//! * GitHub recognizes `::` at the start of a line, after spaces, and the older form `##[` anywhere. They are
//!   broken with `> ` before the former and a space inside the latter. Lines end with LF or CR. GitHub's set
//!   of spaces is wider than ASCII, so everything but printable ASCII is taken for a space.
//!   `::stop-commands::TOKEN` passes, as it protects the job's output; its end is written after the job's
//!   output, or our own commands would be ignored.
//! * Azure recognizes `##[` and, in our own lines with names, `##vso[` anywhere in a line.
//! * GitLab recognizes `section_start:` and `section_end:` anywhere.
//! * TeamCity recognizes `##teamcity[` anywhere: a job's own messages pass, except those for blocks.
//! * Buildkite recognizes `---`, `+++`, `~~~` and `^^^` at the start of a line only.

use super::vendor::Vendor;

/// Who wrote the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Author {
    /// A job, which may use commands that affect only itself.
    Job,
    /// prun, whose lines contain untrusted names and commands: no command is allowed.
    Prun,
}

/// Escapes a text piece by piece, so that it contains no command that would affect other text.
#[derive(Debug)]
pub(crate) struct Escaper {
    /// Commands at the start of a line, in lower case.
    at_start: &'static [&'static str],
    /// Commands anywhere in a line, in lower case; all end in the same byte.
    anywhere: &'static [&'static str],
    /// The start of a line, held back while it may still become a command.
    head: Vec<u8>,
    /// Whether the line has only spaces so far.
    is_start: bool,
    /// The last bytes of the text.
    tail: [u8; TAIL],
    /// The tokens of this job's stop commands.
    tokens: Vec<Vec<u8>>,
    /// Whether the stop of the last token has not been ended.
    is_stopped: bool,
    /// Whether the stops were ended temporarily by [`Self::interrupt`].
    is_interrupted: bool,
}

/// One less than the length of the longest command in `anywhere`.
const TAIL: usize = 21;

const STOP: &str = "::stop-commands";
/// Limits on stop-command tokens: length, number.
const MAX_TOKEN_LEN: usize = 200;
const MAX_TOKENS: usize = 8;

impl Escaper {
    pub(crate) fn new(vendor: Vendor, author: Author) -> Self {
        let at_start: &[&str] = match (vendor, author) {
            (Vendor::Github, Author::Job) => &["::group", "::endgroup", STOP],
            (Vendor::Github, Author::Prun) => &["::"],
            (Vendor::Buildkite, _) => &["---", "+++", "~~~", "^^^"],
            (Vendor::Plain | Vendor::Gitlab | Vendor::Azure | Vendor::Teamcity, _) => &[],
        };
        let anywhere: &[&str] = match (vendor, author) {
            (Vendor::Github, _) | (Vendor::Azure, Author::Job) => &["##["],
            (Vendor::Azure, Author::Prun) => &["##[", "##vso["],
            (Vendor::Gitlab, _) => &["section_start:", "section_end:"],
            (Vendor::Teamcity, Author::Job) => {
                &["##teamcity[blockopened", "##teamcity[blockclosed"]
            }
            (Vendor::Teamcity, Author::Prun) => &["##teamcity["],
            (Vendor::Plain | Vendor::Buildkite, _) => &[],
        };
        Self {
            at_start,
            anywhere,
            head: Vec::new(),
            is_start: true,
            tail: [0; TAIL],
            tokens: Vec::new(),
            is_stopped: false,
            is_interrupted: false,
        }
    }

    /// Adds these bytes to the log, or holds back the last of them until they can be judged.
    pub(crate) fn take(&mut self, mut bytes: &[u8], log: &mut Vec<u8>) {
        if std::mem::take(&mut self.is_interrupted)
            && let (true, Some(token)) = (self.is_stopped, self.tokens.last())
        {
            log.extend([STOP.as_bytes(), b"::", token, b"\n"].concat());
        }
        while let Some(&byte) = bytes.first() {
            let is_end = is_line_end(byte);
            if self.is_start && !is_end {
                bytes = &bytes[1..];
                if self.head.is_empty() && !byte.is_ascii_graphic() {
                    // A space: the line has not begun.
                    self.emit(&[byte], log);
                } else if self.head.is_empty() && !self.may_begin_with(byte) {
                    self.is_start = false;
                    self.emit(&[byte], log);
                } else {
                    self.head.push(byte);
                    self.judge(log);
                }
                continue;
            }
            if is_end {
                self.end_line(log);
            }
            let end = bytes.iter().position(|byte| is_line_end(*byte));
            let (line, rest) = bytes.split_at(end.map_or(bytes.len(), |end| end + 1));
            self.emit(line, log);
            self.is_start = end.is_some();
            bytes = rest;
        }
    }

    /// Ends the line: releases the bytes held back.
    pub(crate) fn end_line(&mut self, log: &mut Vec<u8>) {
        if self.is_start && !self.head.is_empty() {
            let is_command = self.begins_with(STOP) && !self.accept_stop();
            self.release(is_command, log);
        }
        self.is_start = true;
    }

    /// Ends the job's stops while prun or another job writes commands of its own.
    pub(crate) fn interrupt(&mut self, log: &mut Vec<u8>) {
        if !std::mem::replace(&mut self.is_interrupted, true) {
            for token in &self.tokens {
                log.extend(end_of_stop(token));
                log.push(b'\n');
            }
        }
        self.tail = [0; TAIL];
    }

    /// Drops all stops of the job, which has ended.
    pub(crate) fn forget(&mut self) {
        self.tokens.clear();
        self.is_stopped = false;
    }

    /// Whether there are stops that have not been ended.
    pub(crate) fn has_stops(&self) -> bool {
        !self.tokens.is_empty() && !self.is_interrupted
    }

    fn may_begin_with(&self, byte: u8) -> bool {
        let mut commands = self.at_start.iter();
        commands.any(|command| command.as_bytes()[0] == byte)
    }

    fn begins_with(&self, command: &str) -> bool {
        let head = self.head.get(..command.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(command.as_bytes()))
    }

    /// Whether the bytes held back may become the end of a stop, `::TOKEN::`, and whether they are one.
    fn ends_stop(&self) -> (bool, bool) {
        let mut ends = self.tokens.iter().map(|token| end_of_stop(token));
        let begun = ends.find(|end| {
            let length = end.len().min(self.head.len());
            end[..length].eq_ignore_ascii_case(&self.head[..length])
        });
        let is_whole = begun
            .as_ref()
            .is_some_and(|end| end.len() <= self.head.len());
        (begun.is_some(), is_whole)
    }

    /// Releases the bytes held back, unless they may still become a command.
    fn judge(&mut self, log: &mut Vec<u8>) {
        if self.begins_with(STOP) && self.at_start.contains(&STOP) {
            // Decided at the end of the line.
            let longest = STOP.len() + "::".len() + MAX_TOKEN_LEN;
            if self.head.len() > longest {
                self.release(true, log);
            }
            return;
        }
        let is_one = |command: &&str| self.begins_with(command);
        if self.at_start.iter().any(is_one) {
            return self.release(true, log);
        }
        let may_be_one = |command: &&str| {
            let begin = command.as_bytes().get(..self.head.len());
            begin.is_some_and(|begin| begin.eq_ignore_ascii_case(&self.head))
        };
        let (may_end_stop, ends_stop) = self.ends_stop();
        if ends_stop {
            self.is_stopped = false;
        } else if may_end_stop || self.at_start.iter().any(may_be_one) {
            return;
        }
        self.release(false, log);
    }

    /// Stores the token of a stop, if it is valid. Returns whether it is.
    fn accept_stop(&mut self) -> bool {
        let Some(token) = self.head[STOP.len()..].strip_prefix(b"::") else {
            return false;
        };
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let is_fit = !token.is_empty() && token.iter().all(is_word);
        let names = self
            .at_start
            .iter()
            .filter_map(|command| command.strip_prefix("::"));
        let is_name = names
            .into_iter()
            .any(|name| token.eq_ignore_ascii_case(name.as_bytes()));
        let is_known = self.tokens.iter().any(|known| known == token);
        if !is_fit || is_name || (!is_known && self.tokens.len() == MAX_TOKENS) {
            return false;
        }
        // While commands are stopped, a further stop command has no effect.
        if !std::mem::replace(&mut self.is_stopped, true) {
            self.tokens.retain(|known| known != token);
            self.tokens.push(token.to_vec());
        } else if !is_known {
            self.tokens.insert(0, token.to_vec());
        }
        true
    }

    fn release(&mut self, is_command: bool, log: &mut Vec<u8>) {
        self.is_start = false;
        let mut head = std::mem::take(&mut self.head);
        if is_command {
            self.emit(b"> ", log);
        }
        self.emit(&head, log);
        head.clear();
        // Reuse the buffer.
        self.head = head;
    }

    /// Adds bytes to the log, with a space before each byte that would complete a command.
    fn emit(&mut self, bytes: &[u8], log: &mut Vec<u8>) {
        let last = self
            .anywhere
            .first()
            .and_then(|command| command.bytes().last());
        if let Some(last) = last {
            let mut from = 0;
            for (at, byte) in bytes.iter().enumerate() {
                if byte.eq_ignore_ascii_case(&last) && self.completes(&bytes[..=at]) {
                    log.extend_from_slice(&bytes[from..at]);
                    log.push(b' ');
                    from = at;
                }
            }
            log.extend_from_slice(&bytes[from..]);
            let kept = bytes.len().min(TAIL);
            self.tail.rotate_left(kept);
            self.tail[TAIL - kept..].copy_from_slice(&bytes[bytes.len() - kept..]);
        } else {
            log.extend_from_slice(bytes);
        }
    }

    /// Whether the text ends with a command once these bytes are added.
    fn completes(&self, bytes: &[u8]) -> bool {
        self.anywhere.iter().any(|command| {
            let text = bytes.iter().rev().chain(self.tail.iter().rev());
            let mut pairs = command.bytes().rev().zip(text);
            pairs.all(|(wanted, byte)| byte.to_ascii_lowercase() == wanted)
        })
    }
}

fn end_of_stop(token: &[u8]) -> Vec<u8> {
    [b"::", token, b"::"].concat()
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

#[cfg(test)]
mod tests;
