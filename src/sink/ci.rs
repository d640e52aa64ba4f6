//! What the CI systems understand: groups that can be folded, and annotations.

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use super::defuse::{Author, Defuser};
use super::vendor::Vendor;

impl Vendor {
    /// Begins a group, the `number`th of this run, that is shown folded.
    pub(super) fn open(self, title: &str, number: u64) -> String {
        let title = self.words(title);
        match self {
            Self::Plain => String::new(),
            Self::Github => format!("::group::{}\n", github_text(&title)),
            Self::Azure => format!("##[group]{title}\n"),
            Self::Buildkite => format!("--- {title}\n"),
            Self::Gitlab => {
                let (at, name) = (unix_seconds(), section(number));
                format!("\x1b[0Ksection_start:{at}:{name}[collapsed=true]\r\x1b[0K{title}\n")
            }
        }
    }

    /// Ends it. Buildkite's groups end where the next one begins: see [`Self::reopen`].
    pub(super) fn close(self, number: u64) -> String {
        match self {
            Self::Plain | Self::Buildkite => String::new(),
            Self::Github => "::endgroup::\n".to_owned(),
            Self::Azure => "##[endgroup]\n".to_owned(),
            Self::Gitlab => {
                let (at, name) = (unix_seconds(), section(number));
                format!("\x1b[0Ksection_end:{at}:{name}\r\x1b[0K\n")
            }
        }
    }

    /// What makes visible what comes after a folded group that has no end of its own.
    pub(super) fn reopen(self) -> Option<&'static str> {
        (self == Self::Buildkite).then_some("+++ prun\n")
    }

    /// A mark of a failed job that is shown where people look first.
    pub(super) fn annotation(self, label: &str, facts: &str) -> Option<String> {
        let (label, facts) = (self.words(label), self.words(facts));
        match self {
            Self::Github => {
                let title = github_text(&label).replace(':', "%3A").replace(',', "%2C");
                Some(format!("::error title={title}::{}", github_text(&facts)))
            }
            Self::Azure => Some(format!("##vso[task.logissue type=error]{label}: {facts}")),
            Self::Plain | Self::Gitlab | Self::Buildkite => None,
        }
    }

    /// A line of prun's own, in which names and commands, that come from elsewhere, do nothing.
    pub(super) fn words(self, line: &str) -> Cow<'_, str> {
        let mut harmless = Vec::with_capacity(line.len());
        let mut defuser = Defuser::new(&mut harmless, self, Author::Prun);
        // Writing to memory cannot fail.
        let _ = defuser.take(line.as_bytes());
        let _ = defuser.end_line();
        match harmless == line.as_bytes() {
            true => Cow::Borrowed(line),
            false => Cow::Owned(String::from_utf8_lossy(&harmless).into_owned()),
        }
    }
}

/// The value of a GitHub command; one line is one command.
fn github_text(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A name that no other section of the log has, be there more than one run in it.
fn section(number: u64) -> String {
    format!("prun_{}_{number}", std::process::id())
}

fn unix_seconds() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_github_command_cannot_end_it() {
        assert_eq!(
            Vendor::Github.annotation("a: b, 100%\n::x", "exit 1"),
            Some("::error title=a%3A b%2C 100%25%0A> %3A%3Ax::exit 1".to_owned())
        );
    }

    #[test]
    fn names_and_commands_are_no_commands_of_the_vendor() {
        let github = Vendor::Github;
        assert_eq!(github.words("   ::error::x"), "   > ::error::x");
        assert_eq!(github.words("a ##[error]x"), "a ## [error]x");
        assert_eq!(github.words("── a::b (ok)"), "── a::b (ok)");
        assert_eq!(Vendor::Azure.words("a ##vso[x]y"), "a ##vso [x]y");
        assert_eq!(Vendor::Plain.words("::error::x"), "::error::x");
    }
}
