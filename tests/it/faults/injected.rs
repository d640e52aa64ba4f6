//! System calls that fail in prun: a job has started if and only if it is reported as started, and no
//! process is left.

use std::time::Duration;

use super::fixtures::inject_faults;
use crate::needs::{MOUNT_NAMESPACE, MOUNTS, needs};
use crate::stage::{Outcome, Stage};

const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Three jobs that leave a mark when they run, under these faults.
fn three_jobs(faults: &[&str]) -> Stage {
    inject_faults(Stage::new(), faults)
        .args(["--json", "-j2"])
        .args([
            "echo x >> ran; sleep 0.02",
            "echo x >> ran",
            "echo x >> ran; (echo out)",
        ])
        .stdout_any()
        .stderr_any()
        .within(TIME_LIMIT)
}

/// A job ran once if its record has a pid, and never if it is a spawn error.
fn check(outcome: &Outcome) {
    let records = outcome.json();
    let started = records
        .iter()
        .filter(|record| record["pid"].is_u64())
        .count();
    let ran = std::fs::read(outcome.path("ran")).map_or(0, |text| text.len() / 2);
    assert_eq!((records.len(), started), (3, ran), "{records:#?}");
    for record in &records {
        let expected = if record["pid"].is_u64() {
            "ok"
        } else {
            "spawn_error"
        };
        assert_eq!(record["status"], expected, "{record}");
        assert_eq!(record["error"].is_string(), expected == "spawn_error");
    }
}

#[test]
fn a_full_poll_loop_starts_no_job_that_cannot_be_watched() {
    if !needs("strace") {
        return;
    }
    // The first two calls are tokio's own: without them prun cannot start.
    for from in [1, 2] {
        three_jobs(&[&format!("epoll_ctl:error=ENOSPC:when={from}+")])
            .stdout("")
            .stderr("prun: cannot start: No space left on device (os error 28)\n")
            .code(2)
            .run();
    }
    let mut began = 0;
    for from in 3..=14 {
        let fault = format!("epoll_ctl:error=ENOSPC:when={from}+");
        let script = "\"$@\"; echo $? > code";
        let stage = Stage::new().in_shell(script);
        let outcome = inject_faults(stage, &[&fault])
            .args(["--json", "-j2"])
            .args([
                "echo x >> ran; sleep 0.02",
                "echo x >> ran",
                "echo x >> ran; (echo out)",
            ])
            .stdout_any()
            .stderr_any()
            .within(TIME_LIMIT)
            .run();
        check(&outcome);
        let all_ok = outcome.json().iter().all(|record| record["status"] == "ok");
        assert_eq!(
            outcome.read_text("code"),
            if all_ok { "0\n" } else { "1\n" }
        );
        began += usize::from(outcome.path("ran").exists());
    }
    assert!(began > 5, "the fault came too early");
}

#[test]
fn the_end_of_a_job_is_seen_without_a_pidfd() {
    if !needs("strace") {
        return;
    }
    for fault in [
        "ENOSYS:when=1+",
        "EMFILE:when=1+",
        "EMFILE:when=2",
        "ENODEV:when=3+",
    ] {
        check(&three_jobs(&[&format!("pidfd_open:error={fault}")]).run());
    }
}

#[test]
fn a_process_or_pipe_that_cannot_be_created_is_tried_again() {
    if !needs("strace") {
        return;
    }
    for nth in 1..=6 {
        check(&three_jobs(&[&format!("pipe2:error=EMFILE:when={nth}")]).run());
        check(&three_jobs(&[&format!("pipe2:error=ENFILE:when={nth}..{}", nth + 2)]).run());
    }
    // The first thread is the writer's: without it prun cannot start.
    for nth in 2..=4 {
        check(&three_jobs(&[&format!("clone3:error=EAGAIN:when={nth}")]).run());
        check(&three_jobs(&[&format!("clone3:error=ENOMEM:when={nth}")]).run());
    }
}

#[test]
fn a_thread_that_cannot_be_created_is_reported_before_anything_starts() {
    if !needs("strace") {
        return;
    }
    for nth in [1, 2] {
        let outcome = inject_faults(Stage::new(), &[&format!("clone3:error=EAGAIN:when={nth}")])
            .stdin("touch started\n")
            .stderr("prun: cannot start: Resource temporarily unavailable (os error 11)\n")
            .code(2)
            .run();
        assert!(!outcome.path("started").exists());
    }
}

#[test]
fn a_group_is_signalled_by_number_if_it_cannot_be_by_pidfd() {
    if !needs("strace") {
        return;
    }
    let stubborn = "(trap '' TERM; echo up > up; sleep 300 & wait; sleep 300) & sleep 300";
    for fault in [
        "pidfd_open:error=ENOSYS:when=1+",
        "pidfd_send_signal:error=EINVAL:when=1+",
    ] {
        let outcome = inject_faults(Stage::new(), &[fault])
            .args([
                "--json",
                "-t",
                "1",
                "--grace",
                "0.5",
                stubborn,
                "kill -STOP $$",
            ])
            .stdout_any()
            .stderr_any()
            .code(1)
            .within(TIME_LIMIT)
            .run();
        for seq in [1, 2] {
            assert_eq!(outcome.record(seq)["status"], "timeout");
        }
    }
}

#[test]
fn a_job_log_that_cannot_be_synced_is_reported() {
    if !needs("strace") {
        return;
    }
    let outcome = inject_faults(Stage::new(), &["fdatasync:error=EIO:when=1"])
        .args(["--joblog", "run.log", "-j1", "echo a", "echo b"])
        .stdout("a\nb\n")
        .stderr("prun: cannot write the job log run.log: Input/output error (os error 5)\n")
        .code(3)
        .run();
    assert_eq!(outcome.read_text("run.log").lines().count(), 6);
}

#[test]
fn a_job_log_that_cannot_be_repaired_is_repaired_by_the_next_run() {
    // A disk that is full in the middle of a line; truncating the incomplete line fails, too.
    if !needs("strace") || !needs(MOUNT_NAMESPACE) {
        return;
    }
    let jobs: String = (0..100).map(|n| format!("echo {n} >> ran\n")).collect();
    let script = "mkdir small && mount -t tmpfs -o size=8k tmpfs small || exit 99
        \"$@\"; code=$?; cp small/run.log run.log; exit $code";
    let stage = Stage::new().under(MOUNTS).in_shell(script);
    let outcome = inject_faults(stage, &["ftruncate:error=EIO:when=1+"])
        .args(["-j1", "-f", "jobs", "--joblog", "small/run.log"])
        .file("jobs", &jobs)
        .stderr_has("prun: cannot write the job log small/run.log: No space left on device")
        .code(3)
        .within(TIME_LIMIT)
        .run();
    let log = outcome.read("run.log");
    assert!(!log.ends_with(b"\n"), "the half line was to stay");
    let dir = outcome.dir().to_str().expect("a temporary path is text");
    Stage::new()
        .args([
            "-C",
            dir,
            "-f",
            &format!("{dir}/jobs"),
            "--joblog",
            &format!("{dir}/run.log"),
        ])
        .arg("--resume")
        .stderr_has("bytes of an incomplete last line were removed\n")
        .run();
    // All jobs have run; those that are done in the log only once.
    let ran = outcome.read_text("ran");
    let times = |n: usize| ran.lines().filter(|line| *line == n.to_string()).count();
    let log = String::from_utf8_lossy(&log);
    for n in 0..100 {
        let end = format!("\"cmd\":\"echo {n} >> ran\"");
        let is_done = log
            .split_inclusive('\n')
            .any(|line| line.ends_with('\n') && line.contains(&end));
        assert!(
            times(n) == 1 || (times(n) == 2 && !is_done),
            "job {n} ran {} times",
            times(n)
        );
    }
}
