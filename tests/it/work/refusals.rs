//! Work of which nothing is run.

use serde_json::json;

use super::{job, stage, work};
use crate::stage::Stage;

#[test]
fn work_is_begun_once() {
    stage(work(json!({}), &[job(1, "touch \"$HOME\"/ran")]))
        .file("journal", "")
        .in_shell("\"$@\"; code=$?; test ! -e ran || exit 99; exit $code")
        .stderr_has("journal: it exists, so these jobs were begun before")
        .code(2)
        .run();
}

#[test]
fn nothing_of_work_is_run_that_is_not_whole() {
    let whole = work(json!({}), &[job(1, "touch \"$HOME\"/ran"), job(2, "true")]);
    for cut in [0, 1, whole.len() - 17, whole.len() - 1] {
        let outcome = stage(&whole[..cut])
            .stderr_has("prun: work:")
            .code(2)
            .stderr_any();
        let outcome = outcome.run();
        assert!(!outcome.path("journal").exists() && !outcome.path("ran").exists());
    }
}

#[test]
fn a_damaged_line_is_named_and_nothing_is_run() {
    let lines = work(json!({}), &[job(1, "touch \"$HOME\"/ran"), job(2, "true")]);
    let damaged = lines.replace("\"cmd\":\"true\"", "\"cmd\":true");
    let outcome = stage(damaged)
        .stderr_has("prun: work:3: invalid type")
        .code(2)
        .run();
    assert!(!outcome.path("journal").exists() && !outcome.path("ran").exists());
}

#[test]
fn the_work_of_another_version_is_refused() {
    let outcome = stage(work(json!({"v": 2, "new": 1}), &[job(1, "true")]))
        .stderr("prun: work:1: it was written by another version of prun: use the same version on both machines\n")
        .code(2)
        .run();
    assert!(!outcome.path("journal").exists());
}

#[test]
fn it_is_not_for_users() {
    for args in [
        &["--work"][..],
        &["--work", "a"],
        &["--work", "a", "b", "c"],
    ] {
        Stage::new()
            .args(args)
            .stderr_has("prun: --work is for internal use")
            .code(2)
            .run();
    }
    let help = Stage::new().arg("--help").stdout_any().run();
    assert!(!String::from_utf8_lossy(&help.stdout).contains("--work"));
}
