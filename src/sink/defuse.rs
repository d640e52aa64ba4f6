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

use std::io::{self, Write};

use super::vendor::Vendor;

/// Who wrote the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Author {
    /// A job, which may use commands that concern nobody but itself.
    Job,
    /// prun, whose lines hold names and commands from elsewhere: none of these may be a command.
    Prun,
}

/// Writes text such that it holds no command that would concern others.
pub(super) struct Defuser<W> {
    out: W,
    /// What would be a command at the beginning of a line, in lower case.
    at_start: &'static [&'static str],
    /// What would be one anywhere; the last byte is kept apart from the others.
    anywhere: &'static [&'static str],
    /// Held back from the beginning of a line, while it may still become one of those.
    head: Vec<u8>,
    /// Whether only blanks were seen since the line began.
    is_start: bool,
    /// The last bytes that were written, in lower case.
    tail: [u8; TAIL],
    /// What ends the stops of this job.
    tokens: Vec<Vec<u8>>,
}

/// One less than the longest command that is looked for anywhere.
const TAIL: usize = 21;

const STOP: &str = "::stop-commands";
/// So long a token and so many of them are believed.
const LONGEST_TOKEN: usize = 200;
const MOST_TOKENS: usize = 8;

impl<W: Write> Defuser<W> {
    pub(super) fn new(out: W, vendor: Vendor, author: Author) -> Self {
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
            out,
            at_start,
            anywhere,
            head: Vec::new(),
            is_start: true,
            tail: [0; TAIL],
            tokens: Vec::new(),
        }
    }

    /// Writes these bytes, or holds back the last of them until more is known.
    pub(super) fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        for &byte in bytes {
            if matches!(byte, b'\n' | b'\r') {
                self.end_line()?;
                self.emit(byte)?;
            } else if !self.is_start {
                self.emit(byte)?;
            } else if self.head.is_empty() && !byte.is_ascii_graphic() {
                // A blank: the line has not begun.
                self.emit(byte)?;
            } else {
                self.head.push(byte);
                self.judge()?;
            }
        }
        Ok(())
    }

    /// Lets go of what is held back, since the line ends here.
    pub(super) fn end_line(&mut self) -> io::Result<()> {
        if self.is_start && !self.head.is_empty() {
            let stops = self.head.to_ascii_lowercase().starts_with(STOP.as_bytes());
            let is_believed = !stops || self.believe();
            self.release(!is_believed)?;
        }
        self.is_start = true;
        Ok(())
    }

    /// Ends one stream: the last line is completed.
    pub(super) fn end_piece(&mut self) -> io::Result<()> {
        self.end_line()?;
        match self.tail[TAIL - 1] {
            0 | b'\n' => Ok(()),
            _ => self.emit(b'\n'),
        }
    }

    /// Ends a job's output: the last line, and whatever keeps us from being heard.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.end_piece()?;
        for token in std::mem::take(&mut self.tokens) {
            self.out.write_all(&[b"::", &*token, b"::\n"].concat())?;
        }
        Ok(())
    }

    /// Looks whether what is held back is a command, none, or still may become one.
    fn judge(&mut self) -> io::Result<()> {
        let head = self.head.to_ascii_lowercase();
        if head.starts_with(STOP.as_bytes()) && self.at_start.contains(&STOP) {
            // Only the whole line tells.
            let longest = STOP.len() + "::".len() + LONGEST_TOKEN;
            return if head.len() > longest {
                self.release(true)
            } else {
                Ok(())
            };
        }
        let mut commands = self.at_start.iter().map(|command| command.as_bytes());
        if commands.any(|command| head.starts_with(command)) {
            return self.release(true);
        }
        let mut commands = self.at_start.iter().map(|command| command.as_bytes());
        if !commands.any(|command| command.starts_with(&head)) {
            return self.release(false);
        }
        Ok(())
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
        if !is_known {
            self.tokens.push(token.to_vec());
        }
        true
    }

    fn release(&mut self, is_forged: bool) -> io::Result<()> {
        self.is_start = false;
        let head = std::mem::take(&mut self.head);
        if is_forged {
            b"> ".iter().try_for_each(|byte| self.emit(*byte))?;
        }
        head.iter().try_for_each(|byte| self.emit(*byte))
    }

    /// Writes one byte, and a blank before it if it would complete a command.
    fn emit(&mut self, byte: u8) -> io::Result<()> {
        let lower = byte.to_ascii_lowercase();
        let completes = |command: &&str| {
            command
                .as_bytes()
                .split_last()
                .is_some_and(|(last, before)| lower == *last && self.tail.ends_with(before))
        };
        if self.anywhere.iter().any(completes) {
            self.out.write_all(b" ")?;
        }
        self.tail.rotate_left(1);
        self.tail[TAIL - 1] = lower;
        self.out.write_all(&[byte])
    }
}

/// What goes through it as output of a job.
impl<W: Write> Write for Defuser<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.take(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Output of a job as it is in the log, handed over in pieces of this size.
    fn logged(vendor: Vendor, output: &[u8], piece: usize) -> String {
        let mut log = Vec::new();
        let mut defuser = Defuser::new(&mut log, vendor, Author::Job);
        for piece in output.chunks(piece) {
            defuser.take(piece).unwrap();
        }
        defuser.finish().unwrap();
        String::from_utf8_lossy(&log).into_owned()
    }

    #[test]
    fn annotations_pass_and_groups_do_not() {
        let github = |text: &str| logged(Vendor::Github, text.as_bytes(), 1000);
        assert_eq!(github("::error::x\n"), "::error::x\n");
        assert_eq!(github("::endgroup::\n"), "> ::endgroup::\n");
        assert_eq!(
            github(" \u{a0}::EndGroup::\r::group::"),
            " \u{a0}> ::EndGroup::\r> ::group::\n"
        );
        assert_eq!(github("x ##[endgroup]"), "x ## [endgroup]\n");
        assert_eq!(github("a::group::"), "a::group::\n");
        let azure = |text: &str| logged(Vendor::Azure, text.as_bytes(), 1000);
        assert_eq!(azure("##vso[task.logissue]x\n"), "##vso[task.logissue]x\n");
        assert_eq!(azure("##[endgroup]\n"), "## [endgroup]\n");
        let gitlab = |text: &str| logged(Vendor::Gitlab, text.as_bytes(), 1000);
        assert_eq!(
            gitlab("\x1b[0Ksection_end:1:x"),
            "\x1b[0Ksection_end :1:x\n"
        );
        let buildkite = |text: &str| logged(Vendor::Buildkite, text.as_bytes(), 1000);
        assert_eq!(buildkite("--- a\n -- b\n"), "> --- a\n -- b\n");
    }

    #[test]
    fn a_stop_of_commands_ends_with_the_job() {
        let github = |text: &str| logged(Vendor::Github, text.as_bytes(), 1000);
        assert_eq!(
            github("::stop-commands::a1\n::stop-commands::b\n::a1::\n"),
            "::stop-commands::a1\n::stop-commands::b\n::a1::\n::a1::\n::b::\n"
        );
        assert_eq!(github("::stop-commands::a b"), "> ::stop-commands::a b\n");
        assert_eq!(
            github("::stop-commands x=y::a"),
            "> ::stop-commands x=y::a\n"
        );
        assert_eq!(
            github("::stop-commands::group"),
            "> ::stop-commands::group\n"
        );
    }

    proptest! {
        /// As the vendor's own parser looks for them.
        #[test]
        fn no_output_closes_a_group(
            words in prop::collection::vec(
                prop::sample::select(vec![
                    ":", "::", "::endgroup", "::", "##", "#", "[", "##[endgroup]", "\n", "\r", " ",
                    "\t", "\u{a0}", "\u{3000}", "x", "section_", "end:", "section_end:1:x",
                    "---", "-", "+++ ", "~~~", "ENDGROUP::", "Group::",
                ]),
                0..20,
            ),
            piece in 1usize..7,
        ) {
            let output = words.concat();
            let github = logged(Vendor::Github, output.as_bytes(), piece).to_lowercase();
            for line in github.split(['\n', '\r']).map(str::trim_start) {
                prop_assert!(!line.starts_with("::group") && !line.starts_with("::endgroup"));
                prop_assert!(!line.contains("##["));
            }
            let gitlab = logged(Vendor::Gitlab, output.as_bytes(), piece);
            prop_assert!(!gitlab.contains("section_end:"));
            let azure = logged(Vendor::Azure, output.as_bytes(), piece);
            prop_assert!(!azure.contains("##["));
            let buildkite = logged(Vendor::Buildkite, output.as_bytes(), piece);
            for line in buildkite.split(['\n', '\r']) {
                let is_header = ["---", "+++", "~~~", "^^^"].iter().any(|mark| line.starts_with(mark));
                prop_assert!(!is_header, "{buildkite:?}");
            }
            // Nothing but what was added is other than it was.
            let plain = |text: &str| text.replace(['>', ' ', '\n'], "");
            prop_assert_eq!(plain(&github), plain(&output.to_lowercase()));
        }
    }
}
