//! The invariants are checked: here with a substitute for prun that violates them.

use super::{assert_has, complaint, sh};

fn printing(records: &str, code: i32) -> super::Stage {
    sh(&format!("cat; exit {code}"))
        .arg("--json")
        .stdin(records)
        .stdout_any()
        .code(code)
}

#[test]
fn a_job_with_two_records_is_found() {
    let twice = "{\"seq\":1,\"status\":\"ok\"}\n".repeat(2);
    assert_has(
        &complaint(|| printing(&twice, 0).run()),
        "a job has two records",
    );
}

#[test]
fn records_that_do_not_agree_with_the_exit_code_are_found() {
    let (ok, failed) = (
        r#"{"seq":1,"status":"ok"}"#,
        r#"{"seq":1,"status":"failed"}"#,
    );
    printing(ok, 0).run();
    printing(failed, 1).run();
    assert_has(
        &complaint(|| printing(failed, 0).run()),
        "the exit code is 0",
    );
    assert_has(&complaint(|| printing(ok, 1).run()), "the exit code is 1");
}

#[test]
fn a_panic_is_found() {
    let message = complaint(|| sh("echo thread panicked at x >&2").stderr_any().run());
    assert_has(&message, "prun panicked");
}

#[test]
fn a_job_log_with_half_a_line_is_found() {
    let log = |text: &str| sh("").args(["--joblog", "log"]).file("log", text);
    log("{\"type\":\"run_start\"}\n").run();
    for text in [
        "{\"type\":\"run_start\"}\n{\"ty",
        "{\"type\":\"run_start\"}",
        "{}\n",
    ] {
        assert_has(
            &complaint(|| log(text).run()),
            "the job log has a line that is none",
        );
    }
}
