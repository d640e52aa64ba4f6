//! Tests that need a process of their own: the limits, the descriptors, the signal dispositions
//! and the children of a process belong to all its threads, and the other tests run in these.

use std::env;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;

use super::at::At;

/// Names the test that is to be played in this process.
const TEST: &str = "PRUN_ENGINE_ISOLATED";

/// Names the file that says that it was played to its end: its output may be closed.
const PROOF: &str = "PRUN_ENGINE_PROOF";

/// The file beside it that says what was not tried.
const NOTE: &str = "note";

/// The whole name of the test that plays at `at` in `module`.
pub(super) fn name_of(module: &str, at: At) -> String {
    format!("{module}::{}", at.test_name())
}

/// Plays `body` in a process of its own, which is this test binary again. `test` is the test's
/// whole path with the crate's name in front, and `prelude` what `/bin/sh` does before.
#[track_caller]
pub(super) fn isolated(test: &str, prelude: &str, body: impl FnOnce()) {
    let (_crate, test) = test.split_once("::").expect("a path has a crate in it");
    if env::var_os(TEST).is_some_and(|name| name == test) {
        body();
        let proof = env::var_os(PROOF).expect("both variables are set together");
        fs::write(proof, "played").expect("the proof can be written");
        return;
    }
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    let (proof, told) = (dir.path().join("proof"), dir.path().join("told"));
    // Files and no pipes: a process that is left behind would hold those open.
    let stdout = File::create(&told).expect("a file can be made");
    let stderr = stdout.try_clone().expect("a descriptor can be copied");
    let status = Command::new("/bin/sh")
        .args(["-c", &format!("{prelude}\nexec \"$0\" \"$@\"")])
        .arg(env::current_exe().expect("the test binary has a path"))
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(TEST, test)
        .env(PROOF, &proof)
        .stdout(stdout)
        .stderr(stderr)
        .status()
        .expect("the test binary can be started once more");
    let told = fs::read(&told).expect("the output can be read");
    let told = String::from_utf8_lossy(&told);
    assert!(status.success(), "in its own process ({status}):\n{told}");
    assert!(proof.exists(), "{test} was not played:\n{told}");
    if let Ok(note) = fs::read(dir.path().join(NOTE)) {
        // Not by a macro: the harness would keep it to itself.
        let _ = io::stderr().write_all(&note);
    }
}

/// Tells whoever runs the tests that this one did less than it says, and why.
pub(super) fn note(text: &str) {
    let proof = env::var_os(PROOF).expect("only a test in its own process has a note");
    let note = Path::new(&proof).with_file_name(NOTE);
    fs::write(note, text).expect("the note can be written");
}
