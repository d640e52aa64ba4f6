//! What is said after a run about a command line that was probably meant otherwise.

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use rustix::fs::{FileType, fstat};
use rustix::io::ioctl_fionread;

use crate::event::{Event, Status};

/// How a command line may have been misunderstood.
#[derive(Clone, Debug)]
pub(crate) enum Misunderstanding {
    /// Not in a known way.
    None,
    /// The words were run as one command line each.
    OfCommands(Vec<OsString>),
    /// Standard input was read, because of a placeholder.
    OfLines,
}

/// The events that show it.
#[derive(Debug)]
pub(crate) struct Signs {
    of: Misunderstanding,
    /// How many jobs ended.
    jobs: u64,
    /// How many of them were a word that is no program.
    unknown: u64,
}

impl Signs {
    pub(crate) fn new(of: Misunderstanding) -> Self {
        Self {
            of,
            jobs: 0,
            unknown: 0,
        }
    }

    /// Adds one event.
    pub(crate) fn fold(&mut self, event: &Event) {
        let Event::JobEnded(end) = event else {
            return;
        };
        self.jobs += 1;
        if end.status == Status::Failed && matches!(self.of, Misunderstanding::OfCommands(_)) {
            let code = end.last.as_ref().map(|last| last.shell_code());
            let line = end.job.job.invocation.line();
            let is_word = line.is_some_and(|line| is_word(line.as_bytes()));
            self.unknown += u64::from(is_word && code == Some(NOT_FOUND));
        }
    }

    /// Returns what to say at the end of the run. `unread`: whether standard input is a pipe that
    /// still holds bytes.
    pub(crate) fn advice(&self, unread: impl FnOnce() -> bool) -> Vec<String> {
        let mut advice = Vec::new();
        match &self.of {
            Misunderstanding::OfLines if self.jobs == 0 => {
                advice.push("standard input is empty: there was nothing to run".to_owned());
            }
            Misunderstanding::None | Misunderstanding::OfLines => {}
            Misunderstanding::OfCommands(words) => {
                if self.unknown > 1 {
                    let count = words.len();
                    let (command, values) = words.split_at(1.min(count));
                    let (command, values) = (joined(command), joined(values));
                    advice.push(format!(
                        "{count} words were {count} commands; one command for each argument: \
                         prun {command} ::: {values}"
                    ));
                }
                if unread() {
                    let command = match words.as_slice() {
                        [word] => joined(std::slice::from_ref(word)),
                        _ => "COMMAND".to_owned(),
                    };
                    advice.push(format!(
                        "standard input was not read; once for each line: prun -a - {command}"
                    ));
                }
            }
        }
        advice
    }
}

/// The exit code of a shell for a command that it does not find.
const NOT_FOUND: u8 = 127;

/// Whether a command line is a single word.
fn is_word(line: &[u8]) -> bool {
    !line.is_empty() && !line.iter().any(u8::is_ascii_whitespace)
}

/// Returns words as they are typed in a shell.
fn joined(words: &[OsString]) -> String {
    let words = words.iter().map(|word| word.as_bytes());
    let joined = shlex::bytes::try_join(words).unwrap_or_default();
    OsString::from_vec(joined).to_string_lossy().into_owned()
}

/// Whether standard input is a pipe that holds bytes.
pub(crate) fn stdin_is_unread() -> bool {
    let stdin = io::stdin();
    let is_pipe = fstat(&stdin).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode).is_fifo());
    is_pipe && ioctl_fionread(&stdin).is_ok_and(|bytes| bytes > 0)
}
