//! Which jobs count as done when a run is resumed.

use std::time::Duration;

use serde_json::Value;

use super::fixtures::{LARGE, endings, inject_faults, lines, wait_for_line};
use crate::needs::{PID_NAMESPACE, needs};
use crate::stage::{Outcome, Stage};

const TIME_LIMIT: Duration = Duration::from_secs(60);

/// A run in the folder of an earlier run, with the same log.
fn with_log_of(before: &Outcome) -> Stage {
    let dir = before.dir().to_str().expect("a temporary path is text");
    Stage::new()
        .args(["-C", dir, "--joblog", &format!("{dir}/run.log")])
        .within(TIME_LIMIT)
}

/// The same with `--resume`.
fn resume(before: &Outcome) -> Stage {
    with_log_of(before).arg("--resume")
}

const TWO: [&str; 2] = ["a: echo hello", "b: sleep 0.2"];

#[test]
fn a_success_whose_output_was_lost_is_not_done() {
    let lost = Stage::new()
        .in_shell("exec \"$@\" > /dev/full")
        .args(["--joblog", "run.log"])
        .args(TWO)
        .stderr_any()
        .code(3)
        .run();
    resume(&lost).args(TWO).stdout("hello\n").run();
    resume(&lost).args(TWO).stdout("").run();
}

#[test]
fn a_success_whose_output_could_not_be_kept_is_not_done() {
    let jobs = ["a: head -c 300000 /dev/zero", "b: true"];
    let lost = Stage::new()
        .in_shell("ulimit -f 8; exec \"$@\"")
        .args(["-j2", "--joblog", "run.log"])
        .args(jobs)
        .stdout_any()
        .stderr_any()
        .code(3)
        .run();
    resume(&lost).args(jobs).stdout(vec![0; 300_000]).run();
}

#[test]
fn output_that_is_delivered_late_counts_from_then_on() {
    let mut run = Stage::new()
        .args(["-j2", "--joblog", "run.log", LARGE, "b: true"])
        .hold_stdout()
        .stdout(vec![0; 1_000_000])
        .within(TIME_LIMIT)
        .start();
    wait_for_line(&mut run, "job_end", "large");
    assert!(endings(&run.dir().join("run.log")).contains(&("large".into(), "ok".into(), false)));
    run.release_stdout();
    let outcome = run.finish();
    assert!(endings(&outcome.path("run.log")).contains(&("large".into(), "ok".into(), true)));
    resume(&outcome).args(["-j2", LARGE, "b: true"]).run();
}

#[test]
fn the_last_attempt_in_the_log_decides() {
    let job = "a: test -e f";
    let stage = Stage::new()
        .file("f", "")
        .args(["--joblog", "run.log", job]);
    let outcome = stage.run();
    std::fs::remove_file(outcome.path("f")).expect("it exists");
    let log = outcome.path("run.log");
    // In its second run the job fails, and prun is killed while it waits for another attempt.
    let mut second = with_log_of(&outcome)
        .args(["--retries", "2", "--retry-delay", "1h", job])
        .signal(libc::SIGKILL)
        .start();
    second.wait_until("the first attempt", |_| {
        let retried = |line: &Value| line["type"] == "job_retry";
        lines(&log).iter().any(retried).then_some(())
    });
    second.send(libc::SIGKILL);
    second.finish();
    resume(&outcome).arg(job).stderr_any().code(1).run();
}

#[test]
fn a_job_that_was_killed_in_its_second_run_is_not_done() {
    let job = "a: echo x >> ran; test ! -e slow || exec sleep 300";
    let outcome = Stage::new().args(["--joblog", "run.log", job]).run();
    std::fs::write(outcome.path("slow"), "").expect("the folder is writable");
    let log = outcome.path("run.log");
    let mut second = with_log_of(&outcome)
        .arg(job)
        .signal(libc::SIGKILL)
        .leaves_processes()
        .start();
    second.wait_until("the second start", |_| {
        let starts = lines(&log);
        let starts = starts.iter().filter(|line| line["type"] == "job_start");
        (starts.count() == 2).then_some(())
    });
    second.send(libc::SIGKILL);
    // The stage kills the job that is left running.
    second.finish();
    std::fs::remove_file(outcome.path("slow")).expect("it exists");
    resume(&outcome).arg(job).run();
    assert_eq!(outcome.read_text("ran"), "x\nx\nx\n");
}

#[test]
fn a_log_that_is_removed_or_replaced_during_the_run_is_reported() {
    for taken in ["rm run.log", "mv run.log run.log.1; touch run.log"] {
        Stage::new()
            .args(["--joblog", "run.log", taken, "true"])
            .stderr_has("prun: the job log run.log was removed or replaced during the run")
            .code(3)
            .run();
    }
}

#[test]
fn a_log_on_a_file_system_without_fdatasync_is_written_with_a_warning() {
    if needs("strace") {
        let outcome = inject_faults(Stage::new(), &["fdatasync:error=EINVAL"])
            .args(["--joblog", "run.log", "true"])
            .stderr_has("prun: cannot sync the job log run.log: Invalid argument")
            .run();
        assert_eq!(endings(&outcome.path("run.log")).len(), 1);
    }
}

#[test]
fn a_pid_of_another_namespace_is_not_taken_for_a_running_job() {
    if !needs(PID_NAMESPACE) {
        return;
    }
    // Without a /proc of its own the run sees the pids of the outer namespace, which belong to
    // other processes.
    let killed = Stage::new()
        .in_shell(
            "unshare --user --map-root-user --pid --fork sh -c '\"$@\" & while ! test -e up; do sleep 0.02; done; kill -9 $!' sh \"$@\"",
        )
        .args(["--joblog", "run.log", "a: touch up; sleep 300"])
        .stderr_any()
        .within(TIME_LIMIT)
        .run();
    std::fs::remove_file(killed.path("up")).expect("it exists");
    let outcome = resume(&killed)
        .args(["-t", "1", "a: touch up; sleep 300"])
        .stderr_any()
        .code(1)
        .run();
    drop(outcome);
    assert!(killed.path("up").exists(), "it runs again");
}
