//! Retries: when, how often, and how they are reported.

use std::time::Duration;

use crate::stage::Stage;

/// Far more than any of these runs needs.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// A job that succeeds at its third attempt.
const THIRD: &str = "echo try $PRUN_ATTEMPT; test $PRUN_ATTEMPT -ge 3";

#[test]
fn a_success_after_a_retry_is_a_success() {
    let outcome = Stage::new()
        .args(["--json", "--retries", "5", THIRD])
        .stdout_any()
        .run();
    let record = outcome.record(1);
    assert_eq!(record["status"], "ok");
    assert_eq!(record["attempts"], 3);
    assert_eq!(record["exit_code"], 0);
    assert_eq!(
        record["stdout"], "try 3\n",
        "the record tells the last attempt"
    );
}

#[test]
fn every_attempt_is_shown() {
    Stage::new()
        .args(["--retries", "2", THIRD])
        .stdout("try 1\ntry 2\ntry 3\n")
        .run();
}

#[test]
fn retries_are_extra_attempts() {
    let outcome = Stage::new()
        .args([
            "--json",
            "--retries",
            "2",
            "echo x >> tries; exit $((PRUN_ATTEMPT + 3))",
        ])
        .stdout_any()
        .stderr_has("(exit 6, [TIME])\n")
        .stderr_has("── 1 job: 1 failed ([TIME])\n")
        .code(1)
        .run();
    let record = outcome.record(1);
    assert_eq!(record["attempts"], 3);
    assert_eq!(record["exit_code"], 6);
    assert_eq!(outcome.read_text("tries"), "x\nx\nx\n");
}

#[test]
fn a_job_that_succeeds_is_not_tried_again() {
    Stage::new()
        .args(["--retries", "9", "echo once"])
        .stdout("once\n")
        .run();
}

#[test]
fn without_retries_there_is_one_attempt() {
    Stage::new()
        .arg("echo x; exit 1")
        .stdout("x\n")
        .stderr_any()
        .code(1)
        .run();
}

#[test]
fn every_kind_of_failure_is_tried_again() {
    let job = "case $PRUN_ATTEMPT in 1) exit 1;; 2) kill -9 $$;; 3) sleep 300;; *) echo ok;; esac";
    let outcome = Stage::new()
        .args(["--json", "-t", "2", "--grace", "0", "--retries", "3", job])
        .stdout_any()
        .not_before(Duration::from_secs(2))
        .within(TIME_LIMIT)
        .run();
    let record = outcome.record(1);
    assert_eq!(record["status"], "ok");
    assert_eq!(record["attempts"], 4);
}

#[test]
fn each_attempt_has_its_own_time() {
    let job = "sleep 1.2; exit 1";
    let outcome = Stage::new()
        .args(["--json", "-t", "2", "--retries", "2", job])
        .stdout_any()
        .stderr_any()
        .code(1)
        .not_before(Duration::from_millis(3600))
        .within(TIME_LIMIT)
        .run();
    assert_eq!(outcome.record(1)["status"], "failed");
}

#[test]
fn a_timeout_is_reported_after_the_last_attempt_only() {
    let outcome = Stage::new()
        .args(["--json", "-t", "0.2", "--grace", "0", "--retries", "2", "sleep 300"])
        .stdout_any()
        .stderr("── sleep 300 (timed out after 0.2 s, [TIME])\n   $ sleep 300\n── 1 job: 1 timeout ([TIME])\n")
        .code(1)
        .not_before(Duration::from_millis(600))
        .within(TIME_LIMIT)
        .run();
    assert_eq!(outcome.record(1)["attempts"], 3);
}

#[test]
fn a_job_that_cannot_start_is_tried_again() {
    let outcome = Stage::new()
        .args(["--json", "--retries", "1", "-f", "jobs.jsonl"])
        .file("jobs.jsonl", "{\"argv\":[\"./nope\"]}\n")
        .stdout_any()
        .stderr_any()
        .code(1)
        .run();
    assert_eq!(outcome.record(1)["attempts"], 2);
}

#[test]
fn the_delay_doubles_each_time() {
    Stage::new()
        .args(["--retries", "3", "--retry-delay", "0.2", "exit 1"])
        .stderr_any()
        .code(1)
        .not_before(Duration::from_millis(200 + 400 + 800))
        .within(TIME_LIMIT)
        .run();
}

#[test]
fn a_job_that_waits_for_its_next_attempt_holds_no_slot() {
    let first = "test $PRUN_ATTEMPT = 2 && test -e other";
    Stage::new()
        .args([
            "-j1",
            "--retries",
            "1",
            "--retry-delay",
            "1",
            first,
            "touch other",
        ])
        .within(TIME_LIMIT)
        .run();
}

#[test]
fn an_attempt_gets_any_free_slot() {
    let job = "mkdir slot.$PRUN_SLOT && echo $PRUN_SLOT >> slots && sleep 0.02; \
               rmdir slot.$PRUN_SLOT; test $PRUN_ATTEMPT = 3";
    let outcome = Stage::new()
        .args(["-j2", "--retries", "2"])
        .stdin(format!("{job}\n").repeat(8))
        .run();
    let slots = outcome.read_text("slots");
    assert_eq!(slots.lines().count(), 24);
    assert!(
        slots.lines().all(|slot| ["1", "2"].contains(&slot)),
        "{slots}"
    );
}

#[test]
fn a_job_of_a_file_has_its_own_number_of_retries() {
    let outcome = Stage::new()
        .args(["--json", "-j1", "--retries", "1", "-f", "jobs.jsonl"])
        .file(
            "jobs.jsonl",
            "{\"cmd\":\"exit 1\",\"retries\":0}\n{\"cmd\":\"exit 1\"}\n{\"cmd\":\"exit 1\",\"retries\":2}\n",
        )
        .stdout_any()
        .stderr_any()
        .code(1)
        .run();
    let attempts: Vec<_> = (1..=3)
        .map(|seq| outcome.record(seq)["attempts"].clone())
        .collect();
    assert_eq!(attempts, [1, 2, 3]);
}

#[test]
fn jobs_that_wait_for_another_attempt_need_little_memory_and_no_descriptors() {
    let job = "head -c 100000 /dev/zero; echo x >> tried; exit 1";
    let mut run = Stage::new()
        .args(["--json", "-j2", "--retries", "1", "--retry-delay", "60"])
        .stdin(format!("{job}\n").repeat(400))
        .in_shell("ulimit -n 64; exec \"$@\"")
        .stdout_any()
        .stderr_any()
        .signal(libc::SIGINT)
        .start();
    run.wait_until("every job's first attempt", |run| {
        let tried = std::fs::read(run.dir().join("tried")).ok()?;
        (tried.len() == 2 * 400).then_some(())
    });
    run.wait_until("the last one's end", |run| {
        let open = std::fs::read_dir(format!("/proc/{}/fd", run.pid())).ok()?;
        (open.count() < 32).then_some(())
    });
    run.send(libc::SIGINT);
    let outcome = run.finish();
    let records = outcome.json();
    assert_eq!(records.len(), 400);
    for record in records {
        assert_eq!(record["stdout_bytes"], 100_000);
        assert_eq!(
            (&record["truncated"], &record["attempts"]),
            (&false.into(), &1.into())
        );
    }
    let memory = outcome.peak_memory();
    assert!(memory < 28 << 20, "{memory} bytes");
}
