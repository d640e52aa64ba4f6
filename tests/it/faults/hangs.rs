//! Programs whose execution hangs, as on an unreachable file server: the run continues.

use std::time::Duration;

use crate::needs::held;
use crate::stage::{Held, Running, Stage};

/// Far less than the time for which the program hangs unless it is released.
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// A stage with a program whose execution hangs, and which creates a file when it runs.
fn hanging_program() -> Option<(Stage, Held)> {
    let stage = Stage::new()
        .script("x", "#!/bin/sh\n: > ran\n")
        .within(TIME_LIMIT);
    let held = held(&stage.dir().join("x"))?;
    Some((stage, held))
}

/// Waits until the exec of the program hangs, in a child that still runs prun's image.
fn wait_for_hanging(run: &mut Running) {
    let program = |pid: i32| std::fs::read_link(format!("/proc/{pid}/exe")).ok();
    run.wait_until("a start that hangs", |run| {
        let own = program(run.pid())?;
        let mut children = run.children().into_iter();
        children.find(|child| program(*child).as_ref() == Some(&own))
    });
}

#[test]
fn a_program_that_does_not_start_in_time_is_reported_and_never_runs() {
    let Some((stage, held)) = hanging_program() else {
        return;
    };
    let outcome = stage
        .args(["--json", "-t", "0.5", "sleep 20", "./x"])
        .stdout_any()
        .stderr_has("── ./x (could not be started within 0.5 s, [TIME])\n")
        .stderr_any()
        .code(1)
        .run();
    drop(held);
    let record = outcome.record(2);
    assert_eq!(record["status"], "timeout");
    assert_eq!(record["error"], "could not be started within 0.5 s");
    assert!(record["pid"].is_null() && record["exit_code"].is_null());
    assert_eq!(record["argv"][0], "./x");
    assert_eq!(outcome.record(1)["signal"], "SIGTERM");
    assert!(!outcome.path("ran").exists());
}

#[test]
fn other_jobs_start_while_one_start_hangs_and_it_runs_in_the_end() {
    let Some((stage, held)) = hanging_program() else {
        return;
    };
    let mut run = stage
        .args(["-j2", "./x", "echo 1", "echo 2", "echo 3; echo up > up"])
        .stdout("1\n2\n3\n")
        .start();
    run.wait_for_line_in("up");
    wait_for_hanging(&mut run);
    drop(held);
    assert!(run.finish().path("ran").exists());
}

#[test]
fn a_signal_ends_a_run_with_a_start_that_hangs() {
    let Some((stage, held)) = hanging_program() else {
        return;
    };
    let mut run = stage
        .args(["--json", "./x", "echo up > up; sleep 60"])
        .stdout_any()
        .stderr_any()
        .signal(libc::SIGINT)
        .start();
    run.wait_for_line_in("up");
    wait_for_hanging(&mut run);
    run.send(libc::SIGINT);
    let outcome = run.finish();
    drop(held);
    let record = outcome.record(1);
    assert_eq!(
        (&record["status"], &record["reason"], &record["attempts"]),
        (&"skipped".into(), &"signal".into(), &0.into())
    );
    assert!(!outcome.path("ran").exists());
}

#[test]
fn a_deadline_ends_a_run_with_a_start_that_hangs() {
    let Some((stage, held)) = hanging_program() else {
        return;
    };
    let outcome = stage
        .args(["--json", "--deadline", "0.5", "./x"])
        .stdout_any()
        .stderr_any()
        .code(124)
        .run();
    drop(held);
    assert_eq!(outcome.record(1)["status"], "skipped");
    assert_eq!(outcome.record(1)["reason"], "deadline");
}

#[test]
fn a_hung_start_that_is_tried_again_runs_once() {
    let Some((stage, held)) = hanging_program() else {
        return;
    };
    let mut run = stage
        .args(["--json=events", "-t", "0.5", "--retries", "20", "./x"])
        .stdout_any()
        .start();
    run.wait_for_stdout("job_retry");
    drop(held);
    let outcome = run.finish();
    let end = outcome
        .json()
        .into_iter()
        .find(|event| event["type"] == "job_end");
    assert_eq!(end.expect("it ends")["status"], "ok");
    assert!(outcome.path("ran").exists());
}

#[test]
fn a_job_log_and_its_replay_report_a_start_that_hung() {
    let Some((stage, held)) = hanging_program() else {
        return;
    };
    let reported = "── ./x (could not be started within 0.5 s, [TIME])\n";
    let outcome = stage
        .args(["--joblog", "log", "-t", "0.5", "./x"])
        .stderr_has(reported)
        .code(1)
        .run();
    drop(held);
    Stage::new()
        .file("log", outcome.read("log"))
        .args(["--replay", "log"])
        .stderr_has(reported)
        .code(1)
        .run();
}
