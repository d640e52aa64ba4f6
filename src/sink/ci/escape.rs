//! Text from elsewhere on its way into the log of a CI system, where some text is a command.
//!
//! A job's own annotations pass, but its output cannot close the group around it, nor open one that
//! hides what follows. What would is made plain text by one character that is added:
//!
//! * GitHub reads a command where a line, blanks apart, begins with `::`, and the older form `##[`
//!   anywhere in it. A `> ` before the one and a blank inside the other leave nothing to be found.
//!   Lines end with LF or CR there. What counts as a blank is wider than ASCII, so whatever is no
//!   printable ASCII is taken for one. `::stop-commands::TOKEN` passes, for it protects what a job
//!   prints; but its end is told after the job's output, or our own commands would not be heard.
//! * Azure reads `##[` and, in lines of ours that hold names, `##vso[` anywhere in a line.
//! * GitLab reads `section_start:` and `section_end:` anywhere.
//! * TeamCity reads `##teamcity[` anywhere: a job's own messages pass, but for those of blocks.
//! * Buildkite reads `---`, `+++`, `~~~` and `^^^` at the beginning of a line only.

use super::vendor::Vendor;

/// Who wrote the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Author {
    /// A job, which may use commands that concern nobody but itself.
    Job,
    /// prun, whose lines hold names and commands from elsewhere: none of these may be a command.
    Prun,
}

/// Goes along with a text, piece by piece, and makes that it holds no command which would concern
/// others.
#[derive(Debug)]
pub(crate) struct Escaper {
    /// What would be a command at the beginning of a line, in lower case.
    at_start: &'static [&'static str],
    /// What would be one anywhere, in lower case; all of them end in the same byte.
    anywhere: &'static [&'static str],
    /// Held back from the beginning of a line, while it may still become one of those.
    head: Vec<u8>,
    /// Whether only blanks were seen since the line began.
    is_start: bool,
    /// The last bytes of the text.
    tail: [u8; TAIL],
    /// What ends the stops of this job.
    tokens: Vec<Vec<u8>>,
    /// Whether the last of them has not come yet.
    is_stopped: bool,
    /// Whether the stops were ended for a while, by somebody else.
    is_interrupted: bool,
}

/// One less than the longest command that is looked for anywhere.
const TAIL: usize = 21;

const STOP: &str = "::stop-commands";
/// So long a token and so many of them are believed.
const LONGEST_TOKEN: usize = 200;
const MOST_TOKENS: usize = 8;

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

    /// Adds these bytes to the log, or holds back the last of them until more is known.
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
                    // A blank: the line has not begun.
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

    /// Lets go of what is held back, since the line ends here.
    pub(crate) fn end_line(&mut self, log: &mut Vec<u8>) {
        if self.is_start && !self.head.is_empty() {
            let is_forged = self.begins_with(STOP) && !self.believe();
            self.release(is_forged, log);
        }
        self.is_start = true;
    }

    /// Others write lines of their own now: ends what keeps them from being heard.
    pub(crate) fn interrupt(&mut self, log: &mut Vec<u8>) {
        if !std::mem::replace(&mut self.is_interrupted, true) {
            for token in &self.tokens {
                log.extend(end_of_stop(token));
                log.push(b'\n');
            }
        }
        self.tail = [0; TAIL];
    }

    /// Nothing more comes of this job: whatever stops it had are over, be they ended already or not.
    pub(crate) fn forget(&mut self) {
        self.tokens.clear();
        self.is_stopped = false;
    }

    /// Whether it had any that have not been ended.
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

    /// Whether what is held back may become the end of a stop, `::TOKEN::`; and whether it is that.
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

    /// Looks whether what is held back is a command, none, or still may become one.
    fn judge(&mut self, log: &mut Vec<u8>) {
        if self.begins_with(STOP) && self.at_start.contains(&STOP) {
            // Only the whole line tells.
            let longest = STOP.len() + "::".len() + LONGEST_TOKEN;
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

    /// Remembers the token of a stop, if it is one that can be ended.
    fn believe(&mut self) -> bool {
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
        if !is_fit || is_name || (!is_known && self.tokens.len() == MOST_TOKENS) {
            return false;
        }
        // While commands are stopped, another stop is none.
        if !std::mem::replace(&mut self.is_stopped, true) {
            self.tokens.retain(|known| known != token);
            self.tokens.push(token.to_vec());
        } else if !is_known {
            self.tokens.insert(0, token.to_vec());
        }
        true
    }

    fn release(&mut self, is_forged: bool, log: &mut Vec<u8>) {
        self.is_start = false;
        let mut head = std::mem::take(&mut self.head);
        if is_forged {
            self.emit(b"> ", log);
        }
        self.emit(&head, log);
        head.clear();
        // The buffer serves the next line.
        self.head = head;
    }

    /// Adds bytes to the log, and a blank before each that would complete a command.
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

    /// Whether the text, of which these bytes come next, ends with a command then.
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
