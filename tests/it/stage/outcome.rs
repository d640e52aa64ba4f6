//! The result of a run: its output, its exit status, its files.

use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use serde_json::Value;

use super::{Folder, Left};

/// A run that ended as its stage expected. The folder exists as long as the outcome.
pub(crate) struct Outcome {
    /// The bytes of stdout; empty if the run had a terminal.
    pub(crate) stdout: Vec<u8>,
    /// The bytes of stderr; empty if the run had a terminal.
    pub(crate) stderr: Vec<u8>,
    /// The bytes written to the terminal, including its echo.
    pub(crate) screen: Vec<u8>,
    /// Exit code or signal.
    pub(crate) status: ExitStatus,
    /// From before the start until after the end.
    pub(crate) elapsed: Duration,
    /// The processes that were alive after the run, if the stage allowed them; they have been
    /// killed.
    pub(crate) left: Vec<Left>,
    pub(super) peak: Option<u64>,
    pub(super) folder: Folder,
}

impl Outcome {
    /// The folder in which the run started.
    pub(crate) fn dir(&self) -> &Path {
        &self.folder.work
    }

    /// The whole path of a file in the run's folder.
    pub(crate) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.folder.work.join(path)
    }

    /// The bytes of a file in the run's folder.
    #[track_caller]
    pub(crate) fn read(&self, path: impl AsRef<Path>) -> Vec<u8> {
        let path = self.path(path);
        std::fs::read(&path)
            .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
    }

    /// The text of a file in the run's folder.
    #[track_caller]
    pub(crate) fn read_text(&self, path: impl AsRef<Path>) -> String {
        String::from_utf8(self.read(path)).expect("the file holds UTF-8")
    }

    /// The lines of stdout, each a JSON value.
    #[track_caller]
    pub(crate) fn json(&self) -> Vec<Value> {
        let mut values = Vec::new();
        for line in self.stdout.split_inclusive(|&byte| byte == b'\n') {
            let value = serde_json::from_slice(line).unwrap_or_else(|error| {
                let line = String::from_utf8_lossy(line);
                panic!("a line of stdout is no JSON: {error}\n{line}")
            });
            assert!(line.ends_with(b"\n"), "stdout ends within a line: {value}");
            values.push(value);
        }
        values
    }

    /// The only record of the job with this number.
    #[track_caller]
    pub(crate) fn record(&self, seq: u64) -> Value {
        self.only(&format!("with seq {seq}"), |record| record["seq"] == seq)
    }

    /// The only record of the job with this name.
    #[track_caller]
    pub(crate) fn record_named(&self, name: &str) -> Value {
        self.only(&format!("named {name}"), |record| record["name"] == name)
    }

    /// How the job with this name ended by its record: its status, reason and error, `-` for null.
    #[track_caller]
    pub(crate) fn ending(&self, name: &str) -> String {
        let record = self.record_named(name);
        let text = |key: &str| record[key].as_str().unwrap_or("-").to_owned();
        format!("{} {} {}", text("status"), text("reason"), text("error"))
    }

    /// The run's peak of resident memory in bytes (`VmHWM`), without its children.
    ///
    /// The kernel discards this number when a process exits, so it is read every two milliseconds
    /// during the run: a peak in the last two milliseconds is missed. The maximum that `wait4`
    /// returns would miss nothing, but it is never below the peak of the process that started the
    /// run, nor below that of the run's own children.
    #[track_caller]
    pub(crate) fn peak_memory(&self) -> u64 {
        self.peak
            .expect("the run ended before its memory could be read")
    }

    /// Returns the only record that matches, among job records and `job_end` events.
    #[track_caller]
    fn only(&self, which: &str, matches: impl Fn(&Value) -> bool) -> Value {
        let mut found = self.json();
        found.retain(|record| {
            let kind = &record["type"];
            matches(record) && (kind.is_null() || kind == "job_end")
        });
        assert_eq!(found.len(), 1, "records {which}: {found:#?}");
        found.remove(0)
    }
}
