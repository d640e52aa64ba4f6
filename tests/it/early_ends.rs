//! Runs that end early: after failures, at a deadline, when a race is decided.

use std::time::Duration;

use crate::stage::Stage;

/// Far more than any of these runs needs, far less than their long jobs would last.
const TIME_LIMIT: Duration = Duration::from_secs(30);

fn stage() -> Stage {
    Stage::new().within(TIME_LIMIT)
}

/// The statuses and reasons of a run's records, in the order of the jobs.
fn endings(outcome: &crate::stage::Outcome) -> Vec<(String, String)> {
    let mut records = outcome.json();
    records.sort_by_key(|record| record["seq"].as_u64());
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
    records
        .iter()
        .map(|record| (text(&record["status"]), text(&record["reason"])))
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let own = |(status, reason): &(&str, &str)| (status.to_string(), reason.to_string());
    expected.iter().map(own).collect()
}

#[test]
fn fail_fast_ends_running_jobs_and_starts_no_more() {
    let outcome = stage()
        .args([
            "--json",
            "--fail-fast",
            "-j2",
            "exit 4",
            "echo begun; sleep 300",
            "touch never",
        ])
        .args(["touch never either"])
        .stdout_any()
        .stderr_has("prun: failure limit reached: cancelling 1 job (SIGKILL in 5.0 s)\n")
        .code(1)
        .run();
    let expected = [
        ("failed", "-"),
        ("canceled", "fail_fast"),
        ("skipped", "fail_fast"),
    ];
    assert_eq!(endings(&outcome)[..3], pairs(&expected));
    assert!(!outcome.path("never").exists());
}

#[test]
fn fail_fast_soon_lets_running_jobs_end() {
    let outcome = stage()
        .args(["--json", "--fail-fast=soon", "-j2"])
        .args([
            "exit 4",
            "while ! test -e told; do sleep 0.01; done; echo whole",
            "touch never",
        ])
        .stdout_any()
        .stderr_any()
        .code(1)
        .start();
    let mut run = outcome;
    run.wait_for_stderr(
        "prun: failure limit reached: waiting for 1 job; no more will be started\n",
    );
    std::fs::write(run.dir().join("told"), "").expect("the folder is writable");
    let outcome = run.finish();
    let expected = [("failed", "-"), ("ok", "-"), ("skipped", "fail_fast")];
    assert_eq!(endings(&outcome), pairs(&expected));
    assert_eq!(outcome.record(2)["stdout"], "whole\n");
}

#[test]
fn max_fail_limits_the_number_of_failures() {
    let outcome = stage()
        .args([
            "--json",
            "--max-fail",
            "2",
            "-j1",
            "false",
            "true",
            "false",
            "touch never",
        ])
        .stdout_any()
        .stderr_any()
        .code(1)
        .run();
    let expected = [
        ("failed", "-"),
        ("ok", "-"),
        ("failed", "-"),
        ("skipped", "fail_fast"),
    ];
    assert_eq!(endings(&outcome), pairs(&expected));
}

#[test]
fn a_failure_counts_after_its_last_retry() {
    let flaky = "test $PRUN_ATTEMPT = 2";
    stage()
        .args([
            "--fail-fast",
            "--retries",
            "1",
            "-j1",
            flaky,
            "echo reached",
        ])
        .stdout("reached\n")
        .run();
}

#[test]
fn without_fail_fast_everything_runs() {
    stage()
        .args(["-j1", "false", "echo reached"])
        .stdout("reached\n")
        .stderr_any()
        .code(1)
        .run();
}

#[test]
fn a_race_exits_with_the_code_of_the_first_to_end() {
    let outcome = stage()
        .args(["--json", "--race", "exit 9", "sleep 300"])
        .stdout_any()
        .stderr_has("prun: race decided: cancelling 1 job (SIGKILL in 5.0 s)\n")
        .code(9)
        .run();
    assert_eq!(
        endings(&outcome),
        pairs(&[("failed", "-"), ("canceled", "race")])
    );
}

#[test]
fn a_race_won_by_a_success_is_a_success() {
    stage()
        .args(["--race", "echo won", "sleep 300"])
        .stdout("won\n")
        .stderr_any()
        .run();
}

#[test]
fn a_race_for_the_first_success_goes_on_after_failures() {
    let outcome = stage()
        .args(["--json", "--race=ok", "exit 9", "sleep 300"])
        .args(["while test ! -e failed; do sleep 0.01; done; echo won"])
        .args(["touch failed; exit 1"])
        .stdout_any()
        .stderr_has("prun: race decided: cancelling")
        .run();
    assert_eq!(outcome.record(2)["reason"], "race");
    assert_eq!(outcome.record(3)["stdout"], "won\n");
}

#[test]
fn a_race_without_a_success_has_failed() {
    stage()
        .args(["-o", "none", "--race=ok", "exit 9", "exit 7"])
        .stderr_any()
        .code(1)
        .run();
}

#[test]
fn a_race_won_by_a_signal_exits_with_the_shells_code_for_it() {
    stage()
        .args(["--race", "kill -SEGV $$", "sleep 300"])
        .stderr_any()
        .code(128 + 11)
        .run();
}

#[test]
fn the_deadline_exits_with_code_124() {
    let outcome = stage()
        .args([
            "--json",
            "--deadline",
            "0.5",
            "-j2",
            "echo begun; sleep 300",
            "true",
        ])
        .args(["sleep 300", "touch never"])
        .stdout_any()
        .stderr_has("prun: deadline exceeded: cancelling 2 jobs (SIGKILL in 5.0 s)\n")
        .not_before(Duration::from_millis(500))
        .code(124)
        .run();
    let expected = [
        ("canceled", "deadline"),
        ("ok", "-"),
        ("canceled", "deadline"),
        ("skipped", "deadline"),
    ];
    assert_eq!(endings(&outcome), pairs(&expected));
    assert_eq!(outcome.record(1)["stdout"], "begun\n");
}

#[test]
fn a_third_signal_exits_at_once() {
    // The leader stops itself, and only KILL can end it; prun does not wait.
    let mut run = stage()
        .args([
            "--grace",
            "1h",
            "trap '' INT TERM; echo up > up; while :; do sleep 0.1; done",
        ])
        .in_shell("exec \"$@\"")
        .stderr_any()
        .signal(libc::SIGINT)
        .start();
    run.wait_for_line_in("up");
    run.send(libc::SIGINT);
    run.wait_for_stderr("again to kill now\n");
    run.send(libc::SIGTERM);
    run.send(libc::SIGHUP);
    run.finish();
}

#[test]
fn usr1_shows_the_running_jobs() {
    let wait = "echo up > up; while ! test -e told; do sleep 0.01; done";
    let mut run = stage()
        .args([format!("build: {wait}")])
        .stderr("prun: running 1 job\n── build ([TIME], slot 1, pid [PID])\n")
        .start();
    run.wait_for_line_in("up");
    run.send(libc::SIGUSR1);
    run.wait_for_stderr(", slot 1, pid ");
    std::fs::write(run.dir().join("told"), "").expect("the folder is writable");
    run.finish();
}

#[test]
fn an_ending_that_looks_like_a_cancellation_is_reported_at_once() {
    // By a shell's exit code and by signal: prun got no signal, so it does not wait for one.
    let names = ["HUP", "INT", "QUIT", "TERM"];
    let codes = [129, 130, 131, 143].map(|code| format!("exit {code}"));
    let jobs: Vec<_> = codes
        .into_iter()
        .chain(names.map(|name| format!("ulimit -c 0; kill -{name} $$")))
        .collect();
    let outcome = stage()
        .args(["--json", "-j1"])
        .args(&jobs)
        .stdout_any()
        .stderr_any()
        .code(1)
        .run();
    let records = outcome.json();
    assert_eq!(records.len(), jobs.len());
    let sum: f64 = records
        .iter()
        .filter_map(|record| record["wall_s"].as_f64())
        .sum();
    // A wait of 0.2 s per job would exceed this.
    assert!(sum < 1.5, "their times are {sum} s");
    assert!(
        outcome.elapsed < Duration::from_millis(1600),
        "{:?}",
        outcome.elapsed
    );
}

#[test]
fn a_race_won_by_an_ending_that_looks_like_a_cancellation_is_won() {
    stage()
        .args(["--race", "exit 143", "sleep 0.15; exit 0"])
        .stderr_any()
        .code(143)
        .run();
}
