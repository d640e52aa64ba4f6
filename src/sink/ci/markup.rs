//! The markup of CI logs: groups that can be folded, and annotations.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::time::{SystemTime, UNIX_EPOCH};

use super::escape::{Author, Escaper};
use super::vendor::Vendor;
use crate::sink::describe;

/// How serious an annotation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Severity {
    /// The job failed.
    Error,
    /// It failed, and was allowed to.
    Warning,
}

impl Severity {
    /// Returns the word of GitHub and Azure.
    fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl Vendor {
    /// Returns the start of a folded group, the `number`th of this run, whose content began at `at`.
    pub(crate) fn open(self, title: &str, number: u64, at: SystemTime) -> String {
        let title = self.escape_line(title);
        match self {
            Self::Plain => String::new(),
            Self::Github => format!("::group::{}\n", github_text(&title)),
            Self::Azure => format!("##[group]{title}\n"),
            Self::Buildkite => format!("--- {title}\n"),
            Self::Gitlab => {
                let (at, name) = (unix_seconds(at), section(number));
                format!("\x1b[0Ksection_start:{at}:{name}[collapsed=true]\r\x1b[0K{title}\n")
            }
            Self::Teamcity => format!("##teamcity[blockOpened name='{}']\n", teamcity_text(&title)),
        }
    }

    /// Returns the end of the group, whose content ended at `at`. A Buildkite group ends where the next one
    /// begins: see [`Self::reopen`].
    pub(crate) fn close(self, title: &str, number: u64, at: SystemTime) -> String {
        match self {
            Self::Plain | Self::Buildkite => String::new(),
            Self::Github => "::endgroup::\n".to_owned(),
            Self::Azure => "##[endgroup]\n".to_owned(),
            Self::Gitlab => {
                let (at, name) = (unix_seconds(at), section(number));
                format!("\x1b[0Ksection_end:{at}:{name}\r\x1b[0K\n")
            }
            Self::Teamcity => {
                let title = self.escape_line(title);
                format!("##teamcity[blockClosed name='{}']\n", teamcity_text(&title))
            }
        }
    }

    /// Returns the start of a visible group, for text after a folded group without an end of its own.
    pub(crate) fn reopen(self) -> Option<&'static str> {
        (self == Self::Buildkite).then_some("+++ prun\n")
    }

    /// Returns the annotation of a failed job, with its result and its last lines.
    pub(crate) fn annotation(
        self,
        severity: Severity,
        label: &str,
        facts: &str,
        lines: &[String],
    ) -> Option<String> {
        let label = self.escape_line(label);
        let facts = std::iter::once(facts).chain(lines.iter().map(String::as_str));
        let facts: Vec<Cow<'_, str>> = facts.map(|line| self.escape_line(line)).collect();
        let facts = facts.join("\n");
        let severity = severity.as_str();
        match self {
            Self::Github => {
                let title = github_text(&label).replace(':', "%3A").replace(',', "%2C");
                Some(format!(
                    "::{severity} title={title}::{}",
                    github_text(&facts)
                ))
            }
            Self::Azure => {
                let text = azure_text(&format!("{label}: {facts}"));
                Some(format!("##vso[task.logissue type={severity}]{text}"))
            }
            Self::Plain | Self::Gitlab | Self::Buildkite | Self::Teamcity => None,
        }
    }

    /// Escapes a line of prun's own, whose names and commands are untrusted.
    pub(crate) fn escape_line(self, line: &str) -> Cow<'_, str> {
        let mut harmless = Vec::with_capacity(line.len());
        let mut escaper = Escaper::new(self, Author::Prun);
        escaper.take(line.as_bytes(), &mut harmless);
        escaper.end_line(&mut harmless);
        match harmless == line.as_bytes() {
            true => Cow::Borrowed(line),
            false => Cow::Owned(String::from_utf8_lossy(&harmless).into_owned()),
        }
    }
}

impl Vendor {
    /// Returns a command to be pasted that has no effect in the log and the same meaning in a shell.
    pub(crate) fn command(self, command: String) -> String {
        match self.escape_line(&command) == command {
            true => command,
            // Every command of a CI log contains one of these.
            false => describe::script_without(OsStr::new(&command), &['#', '_', ':']),
        }
    }
}

/// Escapes the value of a GitHub command, which is one line.
fn github_text(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes the text of an Azure command, which is one line.
fn azure_text(text: &str) -> String {
    text.replace('%', "%AZP25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes a value in a TeamCity service message.
fn teamcity_text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '\'' | '[' | ']' => escaped.extend(['|', c]),
            '\n' => escaped.push_str("|n"),
            '\r' => escaped.push_str("|r"),
            // UTF-16: two units beyond the basic plane.
            c if !c.is_ascii() => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    escaped.push_str(&format!("|0x{unit:04x}"));
                }
            }
            c => escaped.push(c),
        }
    }
    escaped
}

/// Returns a unique name for a section, even with several runs in the log.
fn section(number: u64) -> String {
    format!("prun_{}_{number}", std::process::id())
}

fn unix_seconds(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_github_command_cannot_end_it() {
        assert_eq!(
            Vendor::Github.annotation(
                Severity::Error,
                "a: b, 100%\n::x",
                "exit 1",
                &["::x".into()]
            ),
            Some("::error title=a%3A b%2C 100%25%0A> %3A%3Ax::exit 1%0A> ::x".to_owned())
        );
    }

    #[test]
    fn values_of_an_azure_command_cannot_end_it() {
        assert_eq!(
            Vendor::Azure.annotation(
                Severity::Error,
                "a",
                "exit 1",
                &["50%".into(), "##vso[x]".into()]
            ),
            Some("##vso[task.logissue type=error]a: exit 1%0A50%AZP25%0A##vso [x]".to_owned())
        );
    }

    #[test]
    fn an_allowed_failure_is_a_warning() {
        let mark = |vendor: Vendor| vendor.annotation(Severity::Warning, "a", "exit 1", &[]);
        assert_eq!(
            mark(Vendor::Github).as_deref(),
            Some("::warning title=a::exit 1")
        );
        assert_eq!(
            mark(Vendor::Azure).as_deref(),
            Some("##vso[task.logissue type=warning]a: exit 1")
        );
        assert_eq!(mark(Vendor::Buildkite), None);
    }

    #[test]
    fn values_of_a_teamcity_message_cannot_end_it() {
        let at = UNIX_EPOCH;
        assert_eq!(
            Vendor::Teamcity.open("it's [a|b]\u{e9}\u{1f600}", 1, at),
            "##teamcity[blockOpened name='it|'s |[a||b|]|0x00e9|0xd83d|0xde00']\n"
        );
        assert_eq!(
            Vendor::Teamcity.escape_line("a ##teamcity[x]"),
            "a ##teamcity [x]"
        );
    }

    #[test]
    fn names_and_commands_are_escaped() {
        let github = Vendor::Github;
        assert_eq!(github.escape_line("   ::error::x"), "   > ::error::x");
        assert_eq!(github.escape_line("a ##[error]x"), "a ## [error]x");
        assert_eq!(github.escape_line("── a::b (ok)"), "── a::b (ok)");
        assert_eq!(Vendor::Azure.escape_line("a ##vso[x]y"), "a ##vso [x]y");
        assert_eq!(Vendor::Plain.escape_line("::error::x"), "::error::x");
    }
}
