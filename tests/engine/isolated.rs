//! Tests that need a process of their own: limits, descriptors, signal dispositions and children belong
//! to all threads of a process, and other tests run in these.

use std::env;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

use super::at::At;
use crate::shared::needs::{SKIPPED_LINE, skip};

/// The variable with the name of the test to run in this process.
const TEST: &str = "PRUN_ENGINE_ISOLATED";

/// The variable with its directory, for its files.
const DIR: &str = "PRUN_ENGINE_DIR";

/// The file that shows that the test has completed: its output may be closed.
const PLAYED: &str = "played";

/// The full name of the test for `at` in `module`.
pub(crate) fn name_of(module: &str, at: At) -> String {
    format!("{module}::{}", at.test_name())
}

/// The directory of a test in its own process, which its prelude knows as `$PRUN_ENGINE_DIR`.
pub(crate) fn dir() -> PathBuf {
    let dir = env::var_os(DIR).expect("only a test in its own process has a folder");
    PathBuf::from(dir)
}

/// Runs `body` in a process of its own, which is this test binary again. `test` is the test's full path
/// including the crate, and `prelude` the commands that `/bin/sh` runs before.
#[track_caller]
pub(crate) fn isolated(test: &str, prelude: &str, body: impl FnOnce()) {
    let (_crate, test) = test.split_once("::").expect("a path has a crate in it");
    if env::var_os(TEST).is_some_and(|name| name == test) {
        body();
        fs::write(dir().join(PLAYED), "").expect("the proof can be written");
        return;
    }
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    let output = dir.path().join("output");
    // Files, not pipes: a process that is left behind would keep those open.
    let stdout = File::create(&output).expect("a file can be made");
    let stderr = stdout.try_clone().expect("a descriptor can be copied");
    let status = Command::new("/bin/sh")
        .args(["-c", &format!("{prelude}\nexec \"$0\" \"$@\"")])
        .arg(env::current_exe().expect("the test binary has a path"))
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(TEST, test)
        .env(DIR, dir.path())
        .stdout(stdout)
        .stderr(stderr)
        .status()
        .expect("the test binary can be started once more");
    let output = fs::read(&output).expect("the output can be read");
    let output = String::from_utf8_lossy(&output);
    assert!(status.success(), "in its own process ({status}):\n{output}");
    let played = dir.path().join(PLAYED).exists();
    assert!(played, "{test} did not complete:\n{output}");
    // The skipped tests of that process are reported with ours.
    let skipped = output
        .lines()
        .filter_map(|line| line.strip_prefix(SKIPPED_LINE));
    skipped.for_each(skip);
}
