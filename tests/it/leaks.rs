//! Processes that a job leaves behind continue to run, and delay nothing.

use std::time::Duration;

use crate::stage::{Outcome, Stage};

/// Far more than any of these runs needs, far less than the leftover processes would sleep.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// The message about a job that left a process with its pipe.
const LEAKED: &str = "a process left behind still holds its output open (leaked)\n";

/// A run of one job whose background process outlives it.
fn with_leftover(job: &str) -> Stage {
    Stage::new()
        .args(["--json", job])
        .stdout_any()
        .within(TIME_LIMIT)
        .leaves_processes()
}

/// Whether a process with this command line was alive after the run.
fn is_left(outcome: &Outcome, command: &str) -> bool {
    outcome.left.iter().any(|left| left.command == command)
}

#[test]
fn a_background_process_with_the_pipe_does_not_delay_the_end() {
    let outcome = with_leftover("echo hi; sleep 60 & exit 3")
        .stderr_has(LEAKED)
        .stderr_has("── echo hi; sleep 60 & exit 3 (exit 3, [TIME])\n")
        .code(1)
        .run();
    let record = outcome.record(1);
    assert_eq!(record["status"], "failed");
    assert_eq!(record["exit_code"], 3);
    assert_eq!(record["stdout"], "hi\n");
    assert_eq!(record["leaked"], true);
    assert!(is_left(&outcome, "sleep 60"), "{:?}", outcome.left);
}

#[test]
fn a_daemon_in_its_own_session_does_not_delay_the_end() {
    let outcome = with_leftover("setsid sleep 60 & echo hi")
        .stderr_has(LEAKED)
        .run();
    let record = outcome.record(1);
    assert_eq!(record["status"], "ok");
    assert_eq!(record["stdout"], "hi\n");
    assert_eq!(record["leaked"], true);
}

#[test]
fn a_chatty_background_process_does_not_delay_the_end() {
    let job = "(while :; do echo x; sleep 0.01; done) & echo main; exit 4";
    let outcome = with_leftover(job).stderr_has(LEAKED).code(1).run();
    let record = outcome.record(1);
    assert_eq!(record["exit_code"], 4);
    assert_eq!(record["leaked"], true);
    let text = record["stdout"].as_str().unwrap();
    assert!(text.lines().any(|line| line == "main"), "{text}");
}

#[test]
fn a_background_process_that_writes_without_pause_does_not_delay_the_end() {
    // The amount that it writes in its 200 ms is not checked.
    Stage::new()
        .arg("yes & echo main")
        .in_shell("exec \"$@\" > /dev/null")
        .stderr(format!("prun: yes & echo main: {LEAKED}"))
        .within(TIME_LIMIT)
        .leaves_processes()
        .run();
}

#[test]
fn a_background_process_can_write_on_after_its_job() {
    // It would die of SIGPIPE if its pipe were closed, and block if nobody read it.
    let daemon = "(while :; do head -c 9999 /dev/zero || exit; echo x >> log; done) & echo begun";
    let watcher = "seen=$(wc -l < log); until [ \"$(wc -l < log)\" -gt $((seen + 20)) ]; do \
                   sleep 0.01; done; echo more";
    let outcome = Stage::new()
        .args(["--json", "-j1", daemon, watcher])
        .file("log", "")
        .stdout_any()
        .stderr_has(LEAKED)
        .within(TIME_LIMIT)
        .leaves_processes()
        .run();
    assert_eq!(outcome.record(1)["leaked"], true);
    assert_eq!(outcome.record(2)["stdout"], "more\n");
}

#[test]
fn a_background_process_without_the_pipe_is_no_leak() {
    let outcome = with_leftover("sleep 60 > /dev/null 2>&1 & echo hi").run();
    assert_eq!(outcome.record(1)["leaked"], false);
    assert!(is_left(&outcome, "sleep 60"), "{:?}", outcome.left);
}

#[test]
fn a_leak_is_reported_by_the_name_of_its_job() {
    Stage::new()
        .arg("web: sleep 60 & echo hi")
        .stdout("hi\n")
        .stderr(format!("prun: web: {LEAKED}"))
        .within(TIME_LIMIT)
        .leaves_processes()
        .run();
}

#[test]
fn the_next_job_does_not_wait_for_leftover_processes() {
    Stage::new()
        .args(["-j1", "sleep 60 & echo a", "echo b"])
        .stdout("a\nb\n")
        .stderr_has(LEAKED)
        .within(TIME_LIMIT)
        .leaves_processes()
        .run();
}

#[test]
fn output_that_was_inherited_cannot_leak() {
    Stage::new()
        .args(["-o", "raw", "sleep 60 & echo hi"])
        .stdout("hi\n")
        .within(TIME_LIMIT)
        .leaves_processes()
        .run();
}

#[test]
fn the_end_of_the_run_leaves_daemons_alone() {
    // When the second job times out, only the daemon of the first one is left.
    let outcome = Stage::new()
        .args([
            "-t",
            "1",
            "--grace",
            "0",
            "sleep 60 > /dev/null 2>&1 &",
            "sleep 300",
        ])
        .stderr_any()
        .code(1)
        .within(TIME_LIMIT)
        .leaves_processes()
        .run();
    assert!(is_left(&outcome, "sleep 60"), "{:?}", outcome.left);
}

#[test]
fn leftover_processes_take_no_descriptors_from_later_jobs() {
    let jobs: String = (1..=20).map(|n| format!("sleep 70 & echo {n}\n")).collect();
    let expected: String = (1..=20).map(|n| format!("{n}\n")).collect();
    Stage::new()
        .args(["-k", "-j4"])
        .stdin(jobs)
        .in_shell("ulimit -n 40; exec \"$@\"")
        .stdout(expected)
        .stderr_has(LEAKED)
        .stderr_has(
            "prun: too many background processes of jobs hold output pipes open: closing the pipes that \
             were idle longest (their writers get SIGPIPE); in jobs, redirect the output of background \
             processes (>/dev/null 2>&1 &)\n",
        )
        .within(TIME_LIMIT)
        .leaves_processes()
        .run();
}

#[test]
fn a_leftover_process_that_writes_keeps_its_pipe_among_many_silent_ones() {
    let chatty = "(while echo x; do echo y >> log; sleep 0.05; done) & echo 0";
    let silent = "sleep 70 & echo 1\n".repeat(12);
    let outcome = Stage::new()
        .args(["-j1", "-k"])
        .stdin(format!(
            "{chatty}\n{silent}seen=$(wc -l < log); until [ $(wc -l < log) -gt $((seen + 5)) ]; do \
             sleep 0.01; done\n"
        ))
        .in_shell("ulimit -n 40; exec \"$@\"")
        .stdout_has("1\n1\n")
        .stderr_has("closing the pipes that were idle longest")
        .within(TIME_LIMIT)
        .leaves_processes()
        .run();
    drop(outcome);
}
