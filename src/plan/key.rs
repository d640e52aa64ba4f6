//! Identifies a job across runs, by its content and not by its position.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use super::invocation::{Argv, Invocation};
use super::job::{Job, JobInput};
use super::template::SlotAssignment;
use crate::os::EnvChange;

/// Identifies a job by its content, and by how many jobs with the same content came before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key(u128);

impl Key {
    /// Returns the key of what `job` runs: command, values, directory, changes to the environment,
    /// input. Its name, its time limit and its position in a file are not part of it.
    pub(crate) fn of(job: &Job, cwd: &Path, env: &[EnvChange]) -> Self {
        let mut fields = Fields(Sha256::new());
        match &job.invocation {
            Invocation::Argv(argv) => {
                fields.add(b"argv");
                fields.add_all(argv);
            }
            Invocation::Line {
                line,
                direct,
                shell,
            } => {
                fields.add(b"line");
                fields.add(line.as_bytes());
                // The same text means something else to another shell, or without one.
                fields.add(if direct.is_some() {
                    b"direct"
                } else {
                    b"shell"
                });
                fields.add_all(
                    &shell
                        .as_ref()
                        .map(|shell| shell.argv(line))
                        .unwrap_or_default(),
                );
            }
            Invocation::Template(_) | Invocation::Replacement(_) | Invocation::Recorded { .. } => {
                fields.add(b"template");
                // The job's number and slot may differ from run to run.
                let to = SlotAssignment::without_value(0, 0);
                let Argv { direct, shell } = job.invocation.argv(&job.args, to);
                fields.add_all(&direct.unwrap_or_default());
                fields.add_all(&shell.unwrap_or_default());
                fields.add_changes(&job.invocation.variables(&job.args, to));
            }
        }
        fields.add(cwd.as_os_str().as_bytes());
        fields.add_changes(env);
        fields.add_changes(&job.env);
        match &job.stdin {
            None => fields.add_optional(None),
            Some(JobInput::Bytes(bytes)) => fields.add_optional(Some(bytes)),
            Some(JobInput::Block(block)) => {
                fields.add(b"block");
                fields.add_optional(block.digest());
            }
        }
        fields.finish()
    }

    /// Returns the key of the `n`th job with this content, from 0.
    pub(crate) fn occurrence(self, n: u32) -> Self {
        let mut fields = Fields(Sha256::new());
        fields.add(&self.0.to_be_bytes());
        fields.add(&n.to_be_bytes());
        fields.finish()
    }
}

/// A text that is not a key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a key: 32 hexadecimal digits")]
pub(crate) struct ParseKeyError(String);

impl FromStr for Key {
    type Err = ParseKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_hex = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        // Each half by itself is much faster than 128 bits at once.
        let half = |digits| u64::from_str_radix(digits, 16).map(u128::from).ok();
        let number = || Some(half(text.get(..16)?)? << 64 | half(text.get(16..)?)?);
        let number = is_hex.then(number).flatten();
        number
            .map(Self)
            .ok_or_else(|| ParseKeyError(text.to_owned()))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Hashes fields with length prefixes, so that no two lists of fields give the same bytes.
struct Fields(Sha256);

impl Fields {
    fn add_changes(&mut self, changes: &[EnvChange]) {
        for EnvChange { name, value } in changes {
            self.add(name.as_bytes());
            self.add_optional(value.as_deref().map(OsStr::as_bytes));
        }
    }

    fn add(&mut self, field: &[u8]) {
        self.0.update((field.len() as u64).to_be_bytes());
        self.0.update(field);
    }

    fn add_all(&mut self, fields: &[OsString]) {
        self.add(&(fields.len() as u64).to_be_bytes());
        fields.iter().for_each(|field| self.add(field.as_bytes()));
    }

    fn add_optional(&mut self, field: Option<&[u8]>) {
        self.add(if field.is_some() { b"some" } else { b"none" });
        self.add(field.unwrap_or_default());
    }

    fn finish(self) -> Key {
        let digest = self.0.finalize();
        let head = digest.first_chunk::<16>().expect("a SHA-256 has 32 bytes");
        Key(u128::from_be_bytes(*head))
    }
}

#[cfg(test)]
mod tests {
    use super::super::command::ShellRule;
    use super::*;
    use crate::plan::job::Origin;
    use std::sync::Arc;

    fn job(text: &str) -> Job {
        let origin = Origin {
            source: "jobs.txt".into(),
            line: 1,
        };
        Job::from_line(origin, text.as_bytes(), &ShellRule::Auto(Arc::default())).unwrap()
    }

    fn key(job: &Job) -> Key {
        Key::of(job, Path::new("/w"), &[])
    }

    #[test]
    fn position_and_name_do_not_count() {
        let mut moved = job("x: make a");
        moved.origin.line = 99;
        assert_eq!(key(&job("make a")), key(&moved));
    }

    #[test]
    fn everything_that_is_run_counts() {
        let plain = job("make a");
        let mut fed = job("make a");
        fed.stdin = Some(JobInput::Bytes(Vec::new()));
        let env = [EnvChange::set("A", "b")];
        let keys = [
            key(&plain),
            key(&job("make b")),
            key(&fed),
            Key::of(&plain, Path::new("/x"), &[]),
            Key::of(&plain, Path::new("/w"), &env),
            key(&plain).occurrence(0),
            key(&plain).occurrence(1),
        ];
        for (n, key) in keys.iter().enumerate() {
            assert!(!keys[..n].contains(key), "key {n} is an earlier one");
        }
    }

    #[test]
    fn a_key_is_read_back_and_never_changes() {
        let key = key(&job("make a"));
        assert_eq!(key.to_string().parse(), Ok(key));
        assert!("xyz".parse::<Key>().is_err());
        // Logs outlive releases.
        assert_eq!(key.to_string(), "e3ffe079419e8398dac4f0b5d92f7322");
    }
}
