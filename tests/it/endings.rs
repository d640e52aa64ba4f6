//! Time limits: TERM, then KILL after the grace, for the whole process group.

use std::time::Duration;

use serde_json::Value;

use crate::needs::needs;
use crate::signals::is_stopped;
use crate::stage::{Outcome, Running, Stage, is_alive, rounds};

/// Far more than any of these runs needs, far less than the jobs would sleep.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Runs one job until its time limit; returns its record.
fn run_until_timeout(options: &[&str], job: &str) -> (Value, Outcome) {
    let outcome = Stage::new()
        .args(["--json", "-t", "1"])
        .args(options)
        .arg(job)
        .stdout_any()
        .stderr_has(" (timed out after 1.0 s, [TIME])\n")
        .stderr_has("── 1 job: 1 timeout ([TIME])\n")
        .code(1)
        .not_before(Duration::from_secs(1))
        .within(TIME_LIMIT)
        .run();
    let record = outcome.record(1);
    assert_eq!(record["status"], "timeout");
    (record, outcome)
}

#[test]
fn a_timeout_ends_the_whole_group_and_keeps_the_output() {
    let job = "echo up; sleep 300 & sleep 300 & sh -c \"trap \\\"\\\" TERM; sleep 300\"";
    let outcome = Stage::new()
        .args(["--json", "-t", "0.5", "--grace", "0.5", job])
        .stdout_any()
        .stderr_has("── echo up; sleep 300 & sleep 300 & sh -c ")
        .stderr_has("(timed out after 0.5 s, [TIME])\n   up\n   $ echo up; ")
        .code(1)
        .not_before(Duration::from_millis(500))
        .within(TIME_LIMIT)
        .run();
    let record = outcome.record(1);
    assert_eq!(record["status"], "timeout");
    assert_eq!(record["stdout"], "up\n");
    assert_eq!(record["leaked"], false);
}

#[test]
fn a_job_that_acts_on_term_has_its_grace_to_clean_up() {
    let job = "trap 'echo cleaned; exit 7' TERM; echo up; sleep 300 & wait";
    let (record, _) = run_until_timeout(&["--grace", "60"], job);
    assert_eq!(record["stdout"], "up\ncleaned\n");
    assert_eq!(record["exit_code"], 7);
    assert_eq!(record["signal"], Value::Null);
}

#[test]
fn a_timeout_is_a_timeout_although_the_job_exits_with_0() {
    let job = "trap 'exit 0' TERM; sleep 300 & wait";
    let (record, _) = run_until_timeout(&["--grace", "60"], job);
    assert_eq!(record["exit_code"], 0);
}

#[test]
fn a_job_that_ignores_term_is_killed_at_the_end_of_the_grace() {
    let (record, outcome) =
        run_until_timeout(&["--grace", "1"], "trap '' TERM; echo up; sleep 300");
    assert_eq!(record["signal"], "SIGKILL");
    assert_eq!(record["stdout"], "up\n");
    assert!(outcome.elapsed >= Duration::from_secs(2));
}

#[test]
fn a_grandchild_that_ignores_term_is_killed_although_the_leader_is_gone() {
    let job = "trap '' TERM; sleep 300 & trap - TERM; sleep 300";
    let (record, outcome) = run_until_timeout(&["--grace", "1"], job);
    assert_eq!(record["signal"], "SIGTERM");
    assert!(outcome.elapsed >= Duration::from_secs(2));
    assert_eq!(record["leaked"], false);
}

#[test]
fn a_grandchild_is_killed_although_it_holds_no_pipe() {
    let job = "trap '' TERM; sleep 300 >&- 2>&- & trap - TERM; sleep 300";
    run_until_timeout(&["--grace", "0.5"], job);
}

#[test]
fn a_grace_of_0_kills_at_once() {
    let job = "trap 'echo gentle' TERM; sleep 300 & wait; wait";
    let (record, _) = run_until_timeout(&["--grace", "0"], job);
    assert_eq!(record["signal"], "SIGKILL");
    assert_eq!(record["stdout"], "");
}

#[test]
fn the_grace_ends_when_no_process_is_left() {
    // The leader exits first, a child a little later, both long before the grace of an hour.
    let job = "(trap 'sleep 0.3; echo late; exit' TERM; sleep 300 & wait) & sleep 300";
    let (record, _) = run_until_timeout(&["--grace", "1h"], job);
    assert_eq!(record["stdout"], "late\n");
}

#[test]
fn a_zombie_of_the_group_does_not_prolong_the_grace() {
    if !needs("python3") {
        return;
    }
    // The keeper leaves the group for its own session and never waits for its dead child.
    let keeper = "import os, time\nif os.fork() == 0: os._exit(0)\n\
                  os.setsid(); open('ready', 'w').close(); time.sleep(300)\n";
    let job = "python3 keeper.py > /dev/null 2>&1 & until [ -e ready ]; do sleep 0.01; done; \
               touch zombie; sleep 300";
    let outcome = Stage::new()
        .args(["--json", "-t", "4", "--grace", "1h", job])
        .file("keeper.py", keeper)
        .stdout_any()
        .stderr_any()
        .code(1)
        .within(TIME_LIMIT)
        .leaves_processes()
        .run();
    assert_eq!(outcome.record(1)["status"], "timeout");
    assert!(outcome.path("zombie").exists(), "the keeper came too late");
}

#[test]
fn a_job_that_stops_itself_is_ended() {
    let (record, _) = run_until_timeout(&["--grace", "1h"], "echo up; kill -STOP $$; echo woken");
    assert_eq!(record["signal"], "SIGTERM");
    assert_eq!(record["stdout"], "up\n");
}

#[test]
fn a_job_that_stops_its_group_and_ignores_term_is_killed() {
    let job = "trap '' TERM; sleep 300 & kill -STOP 0; wait";
    let (record, _) = run_until_timeout(&["--grace", "0.5"], job);
    assert_eq!(record["signal"], "SIGKILL");
}

#[test]
fn the_time_of_a_job_counts_from_its_own_start() {
    let outcome = Stage::new()
        .args([
            "--json",
            "-j1",
            "-t",
            "2",
            "sleep 1.2",
            "sleep 1.2",
            "sleep 1.2",
        ])
        .stdout_any()
        .not_before(Duration::from_millis(3600))
        .run();
    assert!(outcome.json().iter().all(|record| record["status"] == "ok"));
}

#[test]
fn a_job_in_time_is_left_alone() {
    Stage::new()
        .args(["-t", "1h", "--grace", "1h", "echo done"])
        .stdout("done\n")
        .within(TIME_LIMIT)
        .run();
}

#[test]
fn a_timeout_of_0_is_no_limit() {
    Stage::new()
        .args(["-t", "0", "sleep 0.2; echo done"])
        .stdout("done\n")
        .run();
}

#[test]
fn no_byte_that_was_written_before_is_lost() {
    let job = "trap 'head -c 50000 /dev/zero; exit' TERM; head -c 1000000 /dev/zero; \
               head -c 70000 /dev/zero >&2; sleep 300 & wait";
    let (record, _) = run_until_timeout(&["--grace", "1h"], job);
    assert_eq!(record["stdout_bytes"], 1_050_000);
    assert_eq!(record["stderr_bytes"], 70_000);
}

#[test]
fn a_time_limit_of_almost_zero_leaves_no_process() {
    let outcome = Stage::new()
        .args(["--json", "-j20", "-t", "1ms", "--grace", "10ms"])
        .stdin("sleep 300 & sleep 300\n/bin/sleep 300\ntrap '' TERM; sleep 300\n".repeat(30))
        .stdout_any()
        .stderr_any()
        .code(1)
        .within(TIME_LIMIT)
        .run();
    assert_eq!(outcome.json().len(), 90);
    assert!(
        outcome
            .json()
            .iter()
            .all(|record| record["status"] == "timeout")
    );
}

#[test]
fn the_digest_shows_a_timeout_and_the_output() {
    Stage::new()
        .args([
            "-t",
            "0.5",
            "--grace",
            "0.2",
            "echo out; echo err >&2; sleep 300",
        ])
        .stdout("out\n")
        .stderr(
            "err\n── echo out; echo err >&2; sleep 300 (timed out after 0.5 s, [TIME])\n   out\n   \
             err\n   $ echo out; echo err >&2; sleep 300\n── 1 job: 1 timeout ([TIME])\n",
        )
        .code(1)
        .within(TIME_LIMIT)
        .run();
}

#[test]
fn other_jobs_continue_when_one_times_out() {
    let outcome = Stage::new()
        .args(["--json", "-t", "1", "--grace", "0.5"])
        .args([
            "sleep 300",
            "echo b; exit 3",
            "echo c",
            "trap '' TERM; sleep 300",
        ])
        .stdout_any()
        .stderr_has("── 4 jobs: 1 ok, 1 failed, 2 timeout ([TIME])\n")
        .code(1)
        .within(TIME_LIMIT)
        .run();
    assert_eq!(outcome.json().len(), 4);
    assert_eq!(outcome.record(2)["exit_code"], 3);
    assert_eq!(outcome.record(3)["stdout"], "c\n");
}

#[test]
fn a_stuck_reader_does_not_delay_a_timeout() {
    let stuck = "head -c 3000000 /dev/zero";
    let job = "trap 'echo ended > ended; exit' TERM; sleep 300 & wait";
    let mut run = Stage::new()
        .args(["-t", "1", stuck, job])
        .hold_stdout()
        .stdout_any()
        .stderr_any()
        .code(1)
        .start();
    run.wait_for_line_in("ended");
    run.release_stdout();
    assert_eq!(run.finish().stdout.len(), 3_000_000);
}

/// Starts a job that runs until `let_job_end` exists, then stops prun. Returns the job's pid.
fn start_and_stop(options: &[&str]) -> (Running, i32) {
    let mut run = Stage::new()
        .arg("--json")
        .args(options)
        .arg("echo $$ > up; until [ -e go ]; do sleep 0.01; done")
        .stdout_any()
        .stderr_any()
        .within(TIME_LIMIT)
        .start();
    let job = run.wait_for_line_in("up").parse().expect("a number");
    run.send(libc::SIGSTOP);
    run.wait_until("the stop", |run| is_stopped(run.pid()).then_some(()));
    (run, job)
}

/// Lets the job end.
fn let_job_end(run: &Running) {
    std::fs::write(run.dir().join("go"), "").expect("the folder is writable");
}

/// Longer than any limit here.
const PAUSE: Duration = Duration::from_millis(2500);

#[test]
fn a_job_that_ends_in_time_while_prun_is_stopped_is_ok() {
    for limit in ["--timeout", "--deadline"] {
        let (mut run, job) = start_and_stop(&[limit, "2"]);
        let_job_end(&run);
        run.wait_until("its end", |_| (!is_alive(job)).then_some(()));
        std::thread::sleep(PAUSE);
        run.send(libc::SIGCONT);
        assert_eq!(run.finish().record(1)["status"], "ok", "{limit}");
    }
}

#[test]
fn a_job_that_ended_by_itself_before_the_signal_is_ok() {
    for _ in 0..rounds() {
        let mut run = Stage::new()
            .args([
                "--json",
                "echo $$ > up; until [ -e go ]; do sleep 0.01; done",
            ])
            .stdout_any()
            .stderr_any()
            .signal(libc::SIGTERM)
            .within(TIME_LIMIT)
            .start();
        let job = run.wait_for_line_in("up").parse().expect("a number");
        run.send(libc::SIGSTOP);
        run.wait_until("the stop", |run| is_stopped(run.pid()).then_some(()));
        let_job_end(&run);
        run.wait_until("its end", |_| (!is_alive(job)).then_some(()));
        run.send(libc::SIGTERM);
        run.send(libc::SIGCONT);
        assert_eq!(run.finish().record(1)["status"], "ok");
    }
}

#[test]
fn time_while_prun_is_stopped_does_not_count() {
    for limit in ["--timeout", "--deadline"] {
        let (mut run, _) = start_and_stop(&[limit, "2"]);
        std::thread::sleep(PAUSE);
        run.send(libc::SIGCONT);
        // Longer than a tick of the clock, shorter than the limit.
        std::thread::sleep(Duration::from_millis(500));
        let_job_end(&run);
        let record = run.finish().record(1);
        assert_eq!(record["status"], "ok", "{limit}");
        let wall = record["wall_s"].as_f64().expect("a number");
        assert!(wall < 2.0, "{wall}");
    }
}
